"""The folder of a run: the resolved config, what was learned from the data, and the checkpoints."""

import importlib.metadata
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from experiments.run.flags import flatten
from seqjax.errors import InputError
from seqjax.training.checkpoint import Checkpoints
from seqjax.training.writer import write_text


def save_learned(workdir: Path, learned: Mapping[str, Any]) -> None:
    """Writes ``learned.json``: what a task learned from its training data, such as a vocabulary or a scaler."""
    write_text(workdir / "learned.json", json.dumps(learned) + "\n")


def load_learned(workdir: Path) -> dict[str, Any]:
    """What :func:`save_learned` wrote.

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


def restore_best(config: ConfigDict, params: Any, workdir: Path) -> Any:
    """The parameters that were best on validation, in the structure of ``params``."""
    return Checkpoints(workdir / "checkpoints", config.train.max_to_keep).restore_best(params)


def open_workdir(workdir: Path, config: ConfigDict) -> None:
    """Makes the folder of a run and writes ``config.json`` in it. If it holds checkpoints, the config has to be theirs.

    Raises:
      InputError: If the folder cannot be written, or holds a run with another config.
    """
    path = workdir / "config.json"
    try:
        workdir.mkdir(parents=True, exist_ok=True)
        if not any((workdir / "checkpoints" / "latest").glob("[0-9]*")):
            record = {"config": config.to_dict(), "versions": versions(), "commit": commit()}
            write_text(path, json.dumps(record, indent=2) + "\n")
    except OSError as error:
        raise InputError(f"workdir {workdir} cannot be written ({error.strerror}); name another folder") from None
    _require_same(load_config(workdir), config, workdir)


def load_config(workdir: Path) -> ConfigDict:
    """The config that the run in ``workdir`` was made with.

    Raises:
      InputError: If there is no run.
    """
    try:
        record = json.loads((workdir / "config.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{workdir} holds no run (no config.json); train there first") from None
    except ValueError:
        raise InputError(f"{workdir / 'config.json'} is damaged; train on another workdir") from None
    return ConfigDict(tuples(record["config"]))


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


def tuples(value: Any) -> Any:
    """What JSON made of a config, with tuples again: JSON has lists only, configs have tuples only."""
    if isinstance(value, dict):
        return {name: tuples(item) for name, item in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def versions() -> dict[str, str]:
    """The versions of the packages that results depend on."""
    names = ("seqjax", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "grain", "numpy")
    return {name: importlib.metadata.version(name) for name in names}


def commit() -> str:
    """The commit of the checkout that runs, marked if files differ from it; "unknown" outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
