"""The folder of a run: the resolved config, what was learned from the data, and the best parameters."""

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from ml_collections import ConfigDict

from experiments.run.fingerprint import changes
from experiments.run.flags import flatten
from experiments.run.lock import locked
from experiments.run.machine import commit, machine, versions
from seqjax.errors import InputError
from seqjax.training.writer import write_text

Tree = TypeVar("Tree")

# Files and folders that a run writes after config.json.
WRITTEN = ("checkpoints", "metrics.jsonl", "tensorboard", "test.json", "table.json", "loss.png")
FORMAT = 3  # of the folder of a run; 1 had no fingerprint of the data, 2 no record of the split


def open_workdir(workdir: Path, about: Mapping[str, Any], learned: Mapping[str, Any]) -> None:
    """Writes ``config.json`` and ``learned.json`` of a run that begins. A run that is resumed keeps its own.

    Args:
      workdir: The folder; it is there.
      about: All that ``config.json`` holds besides the commit, versions, machine and digest of ``learned.json``:
        ``config``, ``arguments`` (the command line without the program), ``data`` (the fingerprint) and ``parameters``
        (their number).
      learned: What the task learned from its training data.
    """
    if has_checkpoints(workdir):
        return
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    made = {"date": date, "commit": commit(), "versions": versions(), "machine": machine()}
    record = {"format": FORMAT, **about, "learned": save_learned(workdir, learned), **made}
    write_text(workdir / "config.json", json.dumps(record, indent=2) + "\n")


def load_resumed(workdir: Path, config: ConfigDict, data: Mapping[str, Any], *, accept: bool) -> dict[str, Any] | None:
    """Loads what the run in a folder learned from its data; None if there are no checkpoints to resume from.

    Args:
      workdir: The folder of the run.
      config: The config, which has to be the one of the run.
      data: The fingerprint of the data, which has to be the one of the run too.
      accept: True to go on with other data; their fingerprint is noted.

    Raises:
      InputError: If the folder holds a run with another config or other data, or ``learned.json`` is damaged.
    """
    if not has_checkpoints(workdir):
        return None
    _require_same(load_config(workdir), config, workdir)
    require_same_data(workdir, data, accept=accept)
    return load_learned(workdir)


def require_same_data(workdir: Path, data: Mapping[str, Any], *, accept: bool) -> None:
    """Compares the data with those that a run was made with.

    Args:
      workdir: The folder of the run.
      data: The fingerprint of the data as they are now.
      accept: True to go on with data that changed; their fingerprint then replaces the former one.

    Raises:
      InputError: If the data changed, unless ``accept``.
    """
    run = load_run(workdir)
    found = changes(run["data"], data)
    if found and not accept:
        raise InputError(
            f"the data of the run in {workdir} changed: {'; '.join(found)}; name another workdir to train on the new "
            "data, or give --data_changed=accept to go on with the vocabulary, scaler or classes of the old data"
        )
    if run["data"] != data:  # also after files were moved, touched or copied
        former = {"former_data": [*run.get("former_data", []), run["data"]]} if found else {}
        write_text(workdir / "config.json", json.dumps({**run, **former, "data": data}, indent=2) + "\n")


@contextmanager
def run_folder(workdir: Path) -> Iterator[None]:
    """Makes the folder of a run if it is not there, and holds its lock. A new folder that stays empty is removed.

    Raises:
      InputError: If the folder cannot be made, another command is running in it, or it holds files of the same names
        that another program made.
    """
    is_new = not workdir.exists()
    try:
        workdir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"workdir {workdir} cannot be written ({error.strerror}); name another folder") from None
    try:
        with locked(workdir):
            _require_own(workdir)
            yield
    finally:
        if is_new:
            with suppress(OSError):  # it is not empty
                workdir.rmdir()


def _require_own(workdir: Path) -> None:
    """Raises ``InputError`` if a file that a run writes is there, but no ``config.json`` of a run."""
    if (workdir / "config.json").exists():
        load_run(workdir)
    elif found := next((name for name in WRITTEN if (workdir / name).exists()), None):
        raise InputError(f"{workdir / found} is there, but no run (no config.json); name another workdir")


def known_data(workdir: Path) -> dict[str, Any] | None:
    """The fingerprint of the data of the run in a folder; None if there is no run to resume."""
    data: dict[str, Any] | None = load_run(workdir)["data"] if has_checkpoints(workdir) else None
    return data


def save_learned(workdir: Path, learned: Mapping[str, Any]) -> str:
    """Writes ``learned.json``, what a task learned from its data, such as a vocabulary or a scaler; its digest."""
    text = json.dumps(learned) + "\n"
    write_text(workdir / "learned.json", text)
    return hashlib.sha256(text.encode()).hexdigest()


def load_learned(workdir: Path) -> dict[str, Any]:
    """The object that :func:`save_learned` wrote.

    Raises:
      InputError: If there is no such file, or it is damaged or not the one that the run wrote.
    """
    path = workdir / "learned.json"
    try:
        content = path.read_bytes()
        learned: dict[str, Any] = json.loads(content)
    except FileNotFoundError:
        raise InputError(f"{path} is missing; train on another workdir") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); try again") from None
    except ValueError:
        raise InputError(f"{path} is damaged; train on another workdir") from None
    digest = hashlib.sha256(content).hexdigest()
    if load_run(workdir).get("learned", digest) != digest:  # Runs of earlier versions have no digest.
        raise InputError(f"{path} is not as the run wrote it; put that file back, or train on another workdir")
    return learned


def restore_best(workdir: Path, params: Tree) -> Tree:
    """The parameters that were best on validation, in the structure of ``params``.

    Raises:
      InputError: If there are none, or they are damaged.
    """
    from seqjax.training import checkpoint  # imports JAX and Orbax

    return checkpoint.restore_best(workdir / "checkpoints", params)


def load_config(workdir: Path) -> ConfigDict:
    """The config that the run in ``workdir`` was made with.

    Raises:
      InputError: If there is no run.
    """
    return ConfigDict(tuples(load_run(workdir)["config"]))


def load_run(workdir: Path) -> dict[str, Any]:
    """All of ``config.json``: the config of a run, its arguments, data, parameters, date, commit, versions and machine.

    Raises:
      InputError: If there is no run, or one that another version of seqjax made.
    """
    path = workdir / "config.json"
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{workdir} holds no run (no config.json); train there first") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); try again") from None
    except ValueError:
        raise InputError(f"{path} is damaged; train on another workdir") from None
    if not isinstance(run, dict) or run.get("format") != FORMAT:
        version = run.get("versions", {}).get("seqjax", "unknown") if isinstance(run, dict) else "unknown"
        made = f"seqjax {version}, commit {run.get('commit', 'unknown')}" if isinstance(run, dict) else "something else"
        raise InputError(
            f"{workdir} holds a run that was made by {made}, which this version cannot go on with; "
            "use that version for it, or name another workdir"
        )
    groups = run.get("config")
    if not isinstance(groups, dict) or not {"task", "seed", "data", "model"} <= groups.keys():
        raise InputError(f"{path} is damaged, its config lacks a group; train on another workdir")
    return run


def tuples(value: Any) -> Any:
    """A config read from JSON with its lists as tuples again: JSON has lists only, configs have tuples only."""
    if isinstance(value, dict):
        return {name: tuples(item) for name, item in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def has_checkpoints(workdir: Path) -> bool:
    """True if the folder holds a checkpoint of a run, damaged ones included."""
    return any((workdir / "checkpoints").glob("*/[0-9]*"))


def _require_same(old: ConfigDict, new: ConfigDict, workdir: Path) -> None:
    before, after = flatten(old), flatten(new)
    changes = [
        f"{key} was {before.get(key, 'absent')!r} and is {after.get(key, 'absent')!r}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]
    if changes:
        raise InputError(
            f"workdir {workdir} holds a run with another config: {'; '.join(changes)}; "
            "name another workdir, or leave the config as it was to resume"
        )
