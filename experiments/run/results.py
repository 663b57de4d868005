"""Results of a test: written to the folder of the run and printed, the same way for every task.

Rich and Matplotlib are imported where they are used: a task that refuses its config needs neither.
"""

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqjax.training.writer import read_metrics, write_text

Measures = Mapping[str, float]


class TestResult(NamedTuple):
    """The result of a test, as values.

    Attributes:
      table: Measures by model: "model" first, then the baselines it is compared with.
      extra: Further results of the model by name, as JSON values.
      plots: From the name of a file to a function that writes it to a path: pictures, pages, sound.
      title: Title of the printed table.
      lines: Lines to print above it, such as examples.
    """

    table: Mapping[str, Measures]
    extra: Mapping[str, Any] = {}
    plots: Mapping[str, Callable[[Path], object]] = {}
    title: str = "Test"
    lines: Sequence[str] = ()

    def flat(self) -> dict[str, Any]:
        """All results under one name each: the model's own, then each baseline's under ``baseline_measure``."""
        results: dict[str, Any] = {**self.table["model"], **self.extra}
        for name, measures in self.table.items():
            if name != "model":
                results |= {f"{name.replace(' ', '_')}_{measure}": value for measure, value in measures.items()}
        return results


def write_results(workdir: Path, result: TestResult) -> dict[str, Any]:
    """Writes ``test.json``, ``table.json`` and the plots into ``workdir``; prints the table and the files' names.

    A measure that is not finite is left out and named on standard error; in a list of measures it becomes null.

    Returns:
      The content of ``test.json``.
    """
    from seqjax.plots.training import plot_losses

    found: list[str] = []
    table = {name: _finite(measures, name, found) for name, measures in result.table.items()}
    result = result._replace(table=table, extra=_finite(result.extra, "", found))
    if found:
        print(f"not finite, so left out of the results: {', '.join(found)}", file=sys.stderr)
    flat = result.flat()
    write_text(workdir / "test.json", json.dumps(flat, indent=2, allow_nan=False) + "\n")
    write_text(workdir / "table.json", json.dumps(table, indent=2, allow_nan=False) + "\n")
    for name, plot in result.plots.items():
        plot(workdir / name)
    plot_losses(workdir / "loss.png", read_metrics(workdir))
    for line in result.lines:
        print(line)
    print_table(result.title, result.table, tuple(result.table["model"]))
    print(f"{workdir}: test.json, {', '.join([*result.plots, 'loss.png'])}")
    return flat


def _finite(value: Any, name: str, found: list[str]) -> Any:
    """JSON values without the numbers that are not finite, whose names are added to ``found``."""
    if isinstance(value, Mapping):
        named = {key: _finite(each, f"{name} {key}".strip(), found) for key, each in value.items()}
        return {key: each for key, each in named.items() if each is not None or value[key] is None}
    if isinstance(value, list | tuple):
        return [_finite(each, name, found) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        found += [] if name in found else [name]
        return None
    return value


def print_table(title: str, rows: Mapping[str, Measures], measures: Sequence[str]) -> None:
    """Prints a row for each entry of ``rows`` and a column for each measure; a measure that a row lacks is blank."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("")
    for measure in measures:
        table.add_column(measure, justify="right")
    for name, values in rows.items():
        table.add_row(name, *(f"{values[measure]:.4g}" if measure in values else "" for measure in measures))
    Console(width=max(100, 14 * (len(measures) + 2))).print(table)
