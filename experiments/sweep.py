"""Trains every variant that a config's ``sweep()`` names, and compares their tests in one table and picture.

Usage: python -m experiments.sweep --config=configs/TASK/NAME.py[:quick] --workdir=DIR [--seeds=N]
    [--config.key=value ...]

Each run has a folder DIR/VARIANT/seedN and a process of its own. Run again, the sweep goes on where it stopped.
"""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from absl import flags

from experiments.run.comparison import write_comparison
from experiments.run.flags import SIGNALS, config_module, define_config, read_config, run
from experiments.run.overrides import keys
from seqjax.errors import InputError

define_config()
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
    """The variants that ``sweep()`` of the config file returns: the keys that each changes, by name.

    Raises:
      InputError: The config is wrong, it has no function ``sweep``, or ``--config.seed`` is given.
    """
    read_config()
    file: str = flags.FLAGS["config"].value or ""
    module, argument = config_module(file)
    if not hasattr(module, "sweep"):
        raise InputError(f"{file} has no function sweep(), which names the variants to compare")
    if "seed" in keys(sys.argv[1:]):
        raise InputError("a sweep sets config.seed itself; give --seeds=N to train each variant with seeds 0 to N-1")
    variants: dict[str, dict[str, Any]] = module.sweep(argument)
    return variants


def _train(folder: Path, overrides: Mapping[str, Any]) -> None:
    """Trains a variant in a process of its own; ends the sweep with its exit code if it fails."""
    given = keys(sys.argv[1:])
    for key in given.keys() & overrides.keys():
        print(f"{folder}: {key} is {overrides[key]} in this variant, not {given[key]}", file=sys.stderr)
    changed = {**given, **overrides}
    flag = f"--config={flags.FLAGS['config'].value}"
    command = [sys.executable, "-m", "experiments.train", flag, *(f"--config.{key}={changed[key]}" for key in changed)]
    status = _wait(subprocess.Popen([*command, f"--workdir={folder}"], stdout=subprocess.DEVNULL))
    if status:
        sys.exit(status if status > 0 else 128 - status)


def _wait(process: "subprocess.Popen[bytes]") -> int:
    """The exit code of a process, which gets the signals that this one gets, so that it can save its state."""
    received: list[int] = []

    def hand_on(number: int, frame: FrameType | None) -> None:
        received.append(number)
        process.send_signal(number)

    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, hand_on)
    try:
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received and not status:  # it had finished, or did not yet listen
        signal.raise_signal(received[0])
    return status


if __name__ == "__main__":
    run(main, required=("config", "workdir"), outlives_output=True)
