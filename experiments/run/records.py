"""The record of a finished run: all that is known about a reported number."""

import json
import re
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from experiments.run.flags import config_module, flatten
from experiments.run.workdir import load_run, tuples
from seqjax.errors import InputError
from seqjax.training.writer import read_metrics

FOLDERS = re.compile(r"(?<![\w.])[~.]*/[^\s,'\"]*/")  # the folders of a path that starts at the root, at home or above


def make_record(workdir: Path, variant: str = "") -> tuple[str, dict[str, Any]]:
    """The name TASK/CONFIG[-VARIANT]-seedN of a run and its record, as JSON values.

    Raises:
      InputError: If the run is not finished, or changes keys of its config and has no variant.
    """
    about = load_run(workdir)
    if not (workdir / "test.json").exists():
        raise InputError(f"{workdir} holds no finished run (no test.json); train to its end first")
    resolved = ConfigDict(tuples(about["config"]))
    file, argument = _config_file(about["arguments"])
    if not variant and (changed := _changed_keys(file, argument, resolved)):
        raise InputError(f"the run in {workdir} changes {', '.join(changed)}; name its record with --variant=NAME")
    if about["commit"].endswith("-dirty"):
        print(f"{workdir}: the run was made from files that differ from its commit", file=sys.stderr)
    lines = read_metrics(workdir)
    record = {
        "config": file + (f":{argument}" if argument else ""),
        "variant": variant,
        "seed": resolved.seed,
        "command": command_line(about["arguments"]),
        **{key: _without_folders(about[key]) for key in ("date", "commit", "versions", "machine", "parameters")},
        "steps": lines[-1]["step"],
        "wall_seconds": lines[-1]["wall_seconds"],
        "cpu_seconds": lines[-1]["cpu_seconds"],
        "milliseconds_per_step": _milliseconds_per_step(lines),
        "measures": _measures(workdir),
        "resolved": _without_folders(resolved.to_dict()),
    }
    parts = [Path(file).stem, argument, variant.replace(" ", "_"), f"seed{resolved.seed}"]
    return f"{resolved.task}/{'-'.join(filter(None, parts))}", record


def _config_file(arguments: list[str]) -> tuple[str, str]:
    """The config file that a command line names, from the folder ``configs`` on, and the argument after its path."""
    flag = next(each.partition("=")[2] for each in arguments if re.match("--?config=", each))
    path, _, argument = flag.partition(":")
    return re.sub(r"^.*/(?=configs/)", "", path), argument


def _changed_keys(file: str, argument: str, resolved: ConfigDict) -> list[str]:
    """The keys that differ from the config file, but for the seed and the paths of data."""
    module, argument = config_module(f"{file}:{argument}")
    usual, used = flatten(module.get_config(argument)), flatten(resolved)
    return [key for key in used if used[key] != usual.get(key) and key != "seed" and not key.endswith("path")]


def command_line(arguments: list[str]) -> str:
    """The training command with these arguments, without its workdir and the folders of files."""
    kept = [each for each in arguments if not re.match("--?(config|workdir)=", each)]
    file, argument = _config_file(arguments)
    config = f"--config={file}:{argument}" if argument else f"--config={file}"
    return " ".join(["python -m experiments.train", config, *map(_without_folders, kept)])


def _milliseconds_per_step(lines: list[dict[str, float | int]]) -> float:
    """The median over the log lines; the first is left out where there are more, since it includes compilation."""
    speeds = [line["steps_per_second"] for line in lines if "steps_per_second" in line]
    return round(1000 / statistics.median(speeds[1:] or speeds), 3)


def _measures(workdir: Path) -> dict[str, Mapping[str, float]]:
    """The table of a test, with those numbers of the model that stand in ``test.json`` alone."""
    table = json.loads((workdir / "table.json").read_text(encoding="utf-8"))
    test = json.loads((workdir / "test.json").read_text(encoding="utf-8"))
    baselines = {f"{name.replace(' ', '_')}_{measure}" for name in table for measure in table[name]}
    extra = {key: x for key, x in test.items() if isinstance(x, int | float) and key not in baselines}
    return {**table, "model": {**table["model"], **extra}}


def _without_folders(value: Any) -> Any:
    """A value of a config, or an argument, without the folders of this machine."""
    if isinstance(value, dict):
        return {name: _without_folders(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_folders(item) for item in value]
    return FOLDERS.sub("", value) if isinstance(value, str) else value
