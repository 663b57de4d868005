"""Trains every variant that a config's ``sweep()`` names, and compares their tests in one table and picture.

Usage: python -m experiments.sweep --config=configs/TASK/NAME.py[:quick] --workdir=DIR [--seeds=N]
    [--config.key=value ...]

Each run has a folder DIR/VARIANT/seedN and a process of its own. Run again, the sweep goes on where it stopped.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from absl import flags
from ml_collections import config_flags

from experiments.run.comparison import write_comparison
from experiments.run.flags import config_module, run
from seqjax.errors import InputError

CONFIG = config_flags.DEFINE_config_file("config", help_string="The experiment: a file in configs/.")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the sweep.")
SEEDS = flags.DEFINE_integer("seeds", 1, "Runs of each variant, with config.seed = 0, 1, ...", lower_bound=1)


def main() -> None:
    """Trains the variants one after the other, then compares them."""
    workdir = Path(WORKDIR.value or "").expanduser()
    folders: dict[str, list[Path]] = {}
    for name, overrides in _variants().items():
        folders[name] = [workdir / name.replace(" ", "_") / f"seed{seed}" for seed in range(SEEDS.value)]
        for seed, folder in enumerate(folders[name]):
            print(f"{name}, seed {seed}: {folder}", flush=True)
            _train(folder, {**overrides, "seed": seed})
    write_comparison(workdir, folders)


def _variants() -> dict[str, dict[str, Any]]:
    """The variants that ``sweep()`` of the config file returns: the keys that each changes, by name."""
    file = next(argument.partition("=")[2] for argument in sys.argv if argument.startswith("--config="))
    module, argument = config_module(file)
    if not hasattr(module, "sweep"):
        raise InputError(f"{file} has no function sweep(), which names the variants to compare")
    variants: dict[str, dict[str, Any]] = module.sweep(argument)
    return variants


def _train(folder: Path, overrides: Mapping[str, Any]) -> None:
    """Trains a variant in a process of its own; ends the sweep with its exit code if it fails."""
    # The user's flags are handed on as they are; a variant's own keys come after them.
    given = [argument for argument in sys.argv[1:] if argument.startswith("--config")]
    keys = [f"--config.{key}={value}" for key, value in overrides.items()]
    command = [sys.executable, "-m", "experiments.train", *given, *keys, f"--workdir={folder}"]
    status = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    if status:
        sys.exit(status)


if __name__ == "__main__":
    run(main, required=("config", "workdir"))
