"""Comparison of the variants of a sweep: one table and picture from the results of their runs."""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.run.results import print_table
from seqjax.errors import InputError
from seqjax.training.writer import write_text

Table = dict[str, dict[str, float]]


def write_comparison(workdir: Path, folders: Mapping[str, Sequence[Path]]) -> None:
    """Writes ``sweep.json`` and pictures into ``workdir``, and prints the table.

    Args:
      workdir: The folder of the sweep.
      folders: The folders of finished runs, one for each seed, by variant.
    """
    from seqjax.plots.text import plot_score_by_length  # These import Matplotlib.
    from seqjax.plots.training import plot_bars

    tables = {name: [_read(folder / "table.json") for folder in seeds] for name, seeds in folders.items()}
    tests = {name: _read(seeds[0] / "test.json") for name, seeds in folders.items()}
    rows = compare(tables)
    write_text(workdir / "sweep.json", json.dumps(rows, indent=2, allow_nan=False) + "\n")
    measures = list(dict.fromkeys(measure for name in folders for measure in rows[name]))
    if not measures:
        raise InputError(f"no variant in {workdir} has a measure that is finite; there is nothing to compare")
    seeds = len(next(iter(folders.values())))
    print_table(f"Test, {seeds} seed{'s' * (seeds > 1)} each", rows, measures)
    bars = {name: row[measures[0]] for name, row in rows.items() if measures[0] in row}
    plot_bars(workdir / "sweep.png", bars, measures[0], tables)
    written = ["sweep.json", "sweep.png"]
    if curves := {name: test["score_by_length"] for name, test in tests.items() if "score_by_length" in test}:
        plot_score_by_length(workdir / "score_by_length.png", curves)
        written.append("score_by_length.png")
    print(f"{workdir}: {', '.join(written)}")


def compare(tables: Mapping[str, Sequence[Table]]) -> Table:
    """Merges the tables of all runs, given by variant and seed, into one.

    A variant's row is the mean over its seeds, with standard deviations if there are several; a measure that is not
    finite for every seed is left out. A baseline has one row if it is the same for all variants, and otherwise one for
    each.
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
    measures = [measure for measure in rows[0] if all(measure in row for row in rows)]
    merged = {measure: statistics.fmean(row[measure] for row in rows) for measure in measures}
    if len(rows) > 1:
        merged |= {f"{measure} sd": statistics.stdev(row[measure] for row in rows) for measure in measures}
    return merged


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
