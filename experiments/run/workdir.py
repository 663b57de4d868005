"""The folder of a run: the resolved config, what was learned from the data, and the best parameters."""

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ml_collections import ConfigDict

from experiments.run.flags import flatten
from experiments.run.machine import commit, machine, versions
from seqjax.errors import InputError
from seqjax.training.writer import write_text

Tree = TypeVar("Tree")


def open_workdir(workdir: Path, config: ConfigDict, arguments: Sequence[str] = (), parameters: int = 0) -> None:
    """Makes the folder of a run and writes ``config.json``, unless the folder holds checkpoints.

    Args:
      workdir: The folder.
      config: The config of the run. If the folder holds checkpoints, it has to be theirs.
      arguments: The command line of the run, without the program.
      parameters: The number of the model's parameters.

    Raises:
      InputError: If the folder cannot be written, or holds a run with another config.
    """
    try:
        workdir.mkdir(parents=True, exist_ok=True)
        if not _has_checkpoints(workdir):
            record = {
                "config": config.to_dict(),
                "arguments": list(arguments),
                "parameters": parameters,
                "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
                "commit": commit(),
                "versions": versions(),
                "machine": machine(),
            }
            write_text(workdir / "config.json", json.dumps(record, indent=2) + "\n")
    except OSError as error:
        raise InputError(f"workdir {workdir} cannot be written ({error.strerror}); name another folder") from None
    _require_same(load_config(workdir), config, workdir)


def load_resumed(workdir: Path, config: ConfigDict) -> dict[str, Any] | None:
    """Loads what the run in a folder learned from its data; None if there are no checkpoints to resume from.

    Raises:
      InputError: If the folder holds a run with another config, or ``learned.json`` is damaged.
    """
    if not _has_checkpoints(workdir):
        return None
    _require_same(load_config(workdir), config, workdir)
    return load_learned(workdir)


def save_learned(workdir: Path, learned: Mapping[str, Any]) -> None:
    """Writes ``learned.json``: what a task learned from its training data, such as a vocabulary or a scaler."""
    write_text(workdir / "learned.json", json.dumps(learned) + "\n")


def load_learned(workdir: Path) -> dict[str, Any]:
    """The object that :func:`save_learned` wrote.

    Raises:
      InputError: If there is no such file, or it is damaged.
    """
    path = workdir / "learned.json"
    try:
        learned: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} is missing; train on this workdir first") from None
    except ValueError:
        raise InputError(f"{path} is damaged; train on another workdir") from None
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
    """All of ``config.json``: the config of a run, its arguments, parameters, date, commit, versions and machine.

    Raises:
      InputError: If there is no run.
    """
    try:
        run: dict[str, Any] = json.loads((workdir / "config.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{workdir} holds no run (no config.json); train there first") from None
    except ValueError:
        raise InputError(f"{workdir / 'config.json'} is damaged; train on another workdir") from None
    return run


def tuples(value: Any) -> Any:
    """A config read from JSON with its lists as tuples again: JSON has lists only, configs have tuples only."""
    if isinstance(value, dict):
        return {name: tuples(item) for name, item in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def _has_checkpoints(workdir: Path) -> bool:
    return any((workdir / "checkpoints" / "latest").glob("[0-9]*"))


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
