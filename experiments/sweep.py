"""Trains every variant that a config's ``sweep()`` names, and compares their tests in one table and picture.

Usage: python -m experiments.sweep --config=configs/NAME.py[:quick] --workdir=DIR [--seeds=N] [--config.key=value ...]

Each run has a folder of its own in DIR and a process of its own. Run again, the sweep goes on where it stopped.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from absl import flags
from ml_collections import config_flags

from experiments.run.flags import config_module, run
from experiments.run.results import print_table
from seqjax.errors import InputError
from seqjax.plots.text import plot_score_by_length
from seqjax.plots.training import plot_bars
from seqjax.training.writer import write_text

Table = dict[str, dict[str, float]]

CONFIG = config_flags.DEFINE_config_file("config", help_string="The experiment: a file in configs/.")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the sweep.")
SEEDS = flags.DEFINE_integer("seeds", 1, "Runs of each variant, with config.seed = 0, 1, ...", lower_bound=1)


def main() -> None:
    """Trains the variants one after the other, then compares them."""
    workdir = Path(WORKDIR.value or "")
    # What the user gave is handed on to every run as it stands; a variant's own keys come after it.
    given = [argument for argument in sys.argv[1:] if argument.startswith("--config")]
    tables: dict[str, list[Table]] = {}
    curves: dict[str, dict[str, list[float]]] = {}
    for name, overrides in _variants().items():
        for seed in range(SEEDS.value):
            folder = workdir / name.replace(" ", "_") / f"seed{seed}"
            keys = [f"--config.{key}={value}" for key, value in {**overrides, "seed": seed}.items()]
            print(f"{name}, seed {seed}: {folder}", flush=True)
            command = [sys.executable, "-m", "experiments.train", *given, *keys, f"--workdir={folder}"]
            status = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
            if status:
                sys.exit(status)
            tables.setdefault(name, []).append(json.loads((folder / "table.json").read_text(encoding="utf-8")))
            if seed == 0 and (curve := folder / "score_by_length.json").exists():
                curves[name] = json.loads(curve.read_text(encoding="utf-8"))
    rows = compare(tables)
    write_text(workdir / "sweep.json", json.dumps(rows, indent=2) + "\n")
    measures = list(next(iter(rows.values())))
    print_table(f"Test, {SEEDS.value} seed{'s' * (SEEDS.value > 1)} each", rows, measures)
    plot_bars(workdir / "sweep.png", {name: row[measures[0]] for name, row in rows.items()}, measures[0], tables)
    drawn = ["sweep.png"]
    if curves:
        plot_score_by_length(workdir / "score_by_length.png", curves)
        drawn.append("score_by_length.png")
    print(f"{workdir}: sweep.json, {', '.join(drawn)}")


def compare(tables: Mapping[str, Sequence[Table]]) -> Table:
    """One table out of those of all runs, given by variant and seed.

    A variant's row is the mean over its seeds, with standard deviations if there are several. What the model was
    compared with is a row for all variants where it came out the same, else one for each.
    """
    rows: Table = {name: _mean([table["model"] for table in seeds]) for name, seeds in tables.items()}
    firsts = {name: seeds[0] for name, seeds in tables.items()}
    for other in next(iter(firsts.values())):
        found = {name: table[other] for name, table in firsts.items() if other in table}
        if other == "model":
            continue
        if all(row == next(iter(found.values())) for row in found.values()):
            rows[other] = next(iter(found.values()))
        else:
            rows |= {f"{other}, {name}": row for name, row in found.items()}
    return rows


def _mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    merged = {measure: statistics.fmean(row[measure] for row in rows) for measure in rows[0]}
    if len(rows) > 1:
        merged |= {f"{measure} sd": statistics.stdev(row[measure] for row in rows) for measure in rows[0]}
    return merged


def _variants() -> dict[str, dict[str, Any]]:
    """What ``sweep()`` of the config file returns: names, and the keys that each changes."""
    file = next(argument.partition("=")[2] for argument in sys.argv if argument.startswith("--config="))
    module, argument = config_module(file)
    if not hasattr(module, "sweep"):
        raise InputError(f"{file} has no function sweep(), which names the variants to compare")
    variants: dict[str, dict[str, Any]] = module.sweep(argument)
    return variants


if __name__ == "__main__":
    run(main, required=("config", "workdir"))
