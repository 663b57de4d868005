"""Trains every variant that a config's ``sweep()`` names, and compares their tests in one table and picture.

Usage: python -m experiments.sweep --config=configs/TASK/NAME.py[:quick] --workdir=DIR [--seeds=N]
    [--config.key=value ...]

Each run has a folder DIR/VARIANT/seedN and a process of its own. Run again, the sweep goes on where it stopped.
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
from seqjax.training.writer import write_text

Table = dict[str, dict[str, float]]

CONFIG = config_flags.DEFINE_config_file("config", help_string="The experiment: a file in configs/.")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the sweep.")
SEEDS = flags.DEFINE_integer("seeds", 1, "Runs of each variant, with config.seed = 0, 1, ...", lower_bound=1)


def main() -> None:
    """Trains the variants one after the other, then compares them."""
    workdir = Path(WORKDIR.value or "")
    tables: dict[str, list[Table]] = {}
    curves: dict[str, Any] = {}
    for name, overrides in _variants().items():
        folders = [workdir / name.replace(" ", "_") / f"seed{seed}" for seed in range(SEEDS.value)]
        for seed, folder in enumerate(folders):
            print(f"{name}, seed {seed}: {folder}", flush=True)
            _train(folder, {**overrides, "seed": seed})
        tables[name] = [json.loads((folder / "table.json").read_text(encoding="utf-8")) for folder in folders]
        test = json.loads((folders[0] / "test.json").read_text(encoding="utf-8"))
        if "score_by_length" in test:
            curves[name] = test["score_by_length"]
    _report(workdir, tables, curves)


def _train(folder: Path, overrides: Mapping[str, Any]) -> None:
    """Trains a variant in a process of its own; ends the sweep with its exit code if it fails."""
    # The user's flags are handed on as they are; a variant's own keys come after them.
    given = [argument for argument in sys.argv[1:] if argument.startswith("--config")]
    keys = [f"--config.{key}={value}" for key, value in overrides.items()]
    command = [sys.executable, "-m", "experiments.train", *given, *keys, f"--workdir={folder}"]
    status = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    if status:
        sys.exit(status)


def _report(workdir: Path, tables: Mapping[str, Sequence[Table]], curves: Mapping[str, Any]) -> None:
    """Writes and prints the comparison."""
    from seqjax.plots.text import plot_score_by_length  # These import Matplotlib.
    from seqjax.plots.training import plot_bars

    rows = compare(tables)
    write_text(workdir / "sweep.json", json.dumps(rows, indent=2) + "\n")
    measures = list(next(iter(rows.values())))
    print_table(f"Test, {SEEDS.value} seed{'s' * (SEEDS.value > 1)} each", rows, measures)
    plot_bars(workdir / "sweep.png", {name: row[measures[0]] for name, row in rows.items()}, measures[0], tables)
    written = ["sweep.json", "sweep.png"]
    if curves:
        plot_score_by_length(workdir / "score_by_length.png", curves)
        written.append("score_by_length.png")
    print(f"{workdir}: {', '.join(written)}")


def compare(tables: Mapping[str, Sequence[Table]]) -> Table:
    """Merges the tables of all runs, given by variant and seed, into one.

    A variant's row is the mean over its seeds, with standard deviations if there are several. A baseline has one row
    if it is the same for all variants, and otherwise one for each.
    """
    rows: Table = {name: _mean([table["model"] for table in seeds]) for name, seeds in tables.items()}
    firsts = {name: seeds[0] for name, seeds in tables.items()}
    for baseline in next(iter(firsts.values())):
        of_variants = {name: table[baseline] for name, table in firsts.items() if baseline in table}
        first = next(iter(of_variants.values()))
        if baseline == "model":
            continue
        if all(row == first for row in of_variants.values()):
            rows[baseline] = first
        else:
            rows |= {f"{baseline}, {name}": row for name, row in of_variants.items()}
    return rows


def _mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    merged = {measure: statistics.fmean(row[measure] for row in rows) for measure in rows[0]}
    if len(rows) > 1:
        merged |= {f"{measure} sd": statistics.stdev(row[measure] for row in rows) for measure in rows[0]}
    return merged


def _variants() -> dict[str, dict[str, Any]]:
    """The variants that ``sweep()`` of the config file returns: the keys that each changes, by name."""
    file = next(argument.partition("=")[2] for argument in sys.argv if argument.startswith("--config="))
    module, argument = config_module(file)
    if not hasattr(module, "sweep"):
        raise InputError(f"{file} has no function sweep(), which names the variants to compare")
    variants: dict[str, dict[str, Any]] = module.sweep(argument)
    return variants


if __name__ == "__main__":
    run(main, required=("config", "workdir"))
