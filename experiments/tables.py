"""Fills the tables of README.md and docs/*.md from the records in docs/results.

Usage: python -m experiments.tables

A table is made from a template in a comment before it:

    <!-- results:
    | model | MAE {mae:.1f} | coverage {coverage:.1%} | published |
    |---|---|---|---|
    | LSTM {forecasting/demand-lstm-seed*} | | | 140 |
    | linear regression {forecasting/demand-lstm-seed0, linear regression} | | | |
    -->
    the table, which the command writes
    <!-- end -->

A title may end with a measure and its format: an empty cell below it shows this measure of the row's record. The first
cell of a row may end with a record, and after a comma the baseline that is meant, instead of the model. A cell may also
name all three itself, as in ``{forecasting/demand-lstm-seed0, linear regression, mae:.1f}`` or, of the model,
``{forecasting/demand-lstm-seed0, mae:.1f}``. Several parts may stand in a title or cell, with text between them.

A record is a file docs/results/RECORD.json (see ``experiments.record``); with ``*`` in its name, as in ``seed*``, the
mean over all that match is shown. A measure is one of ``measures``, or a number of the record itself, such as
``parameters``. A format is Python's, or ``min`` for seconds that are shown in minutes. A cell stays empty where the
record has no such measure. A number whose record has a key ``outdated`` (why: such as another split since) is followed
by a dagger.
"""

import json
import re
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.run.flags import run
from seqjax.errors import InputError
from seqjax.training.writer import write_text

ROOT = Path(__file__).parents[1]
TABLE = re.compile(r"(<!-- results:\n(.*?)-->\n).*?(<!-- end -->)", re.DOTALL)
REFERENCE = re.compile(r"\{([^{}]*)\}")

Records = Mapping[str, Mapping[str, Any]]


def main() -> None:
    """Writes the tables of all documents."""
    records = load_records(ROOT / "docs" / "results")
    for path in documents():
        write_text(path, fill(path.read_text(encoding="utf-8"), records))


def documents() -> list[Path]:
    """The documents that may have tables."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def load_records(folder: Path) -> Records:
    """All records by name, which is TASK/CONFIG[-VARIANT][-seedN]."""
    paths = sorted(folder.glob("*/*.json"))
    return {f"{path.parent.name}/{path.stem}": json.loads(path.read_text(encoding="utf-8")) for path in paths}


def fill(text: str, records: Records) -> str:
    """A document with its tables written anew.

    Raises:
      InputError: For a template that names a record or a baseline that does not exist.
    """
    return TABLE.sub(lambda match: match[1] + _table(match[2], records) + match[3], text)


def _table(template: str, records: Records) -> str:
    """A table in Markdown, from its template."""
    header, line, *rows = template.strip().splitlines()
    titles, columns = zip(*(_divide(cell) for cell in _cells(header)), strict=True)
    filled = [_row(titles), line]
    for row in rows:
        first, *cells = _cells(row)
        if len(cells) != len(columns) - 1:
            raise InputError(f"a table has {len(columns)} columns, but not in its row {row!r}")
        name, record = _divide(first)
        pairs = zip(cells, columns[1:], strict=True)
        values = [_empty_cell(record, column) if cell == "" else cell for cell, column in pairs]
        filled.append(_row([name, *(_replace(value, records) for value in values)]))
    return "\n".join(filled) + "\n"


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def _row(cells: Any) -> str:
    return "| " + " | ".join(cells) + " |"


def _divide(cell: str) -> tuple[str, str]:
    """The text of a title or first cell, and the references from the first brace on."""
    text, brace, rest = cell.partition("{")
    return text.strip(), brace + rest


def _empty_cell(record: str, column: str) -> str:
    """The references of a column, with the record of a row put in front of each."""
    return REFERENCE.sub(lambda match: "{" + f"{record[1:-1]}, {match[1]}" + "}", column) if record else ""


def _replace(cell: str, records: Records) -> str:
    return REFERENCE.sub(lambda match: _value(match[1], records), cell)


def _value(reference: str, records: Records) -> str:
    """The number that ``record, [baseline,] measure:format`` refers to; empty if the record has no such measure."""
    names, _, spec = reference.partition(":")
    *target, measure = (part.strip() for part in names.split(","))
    pattern, model = (*target, "model")[:2]
    named = [records[name] for name in records if re.fullmatch(pattern.replace("*", ".*"), name)]
    if not named:
        raise InputError(f"there is no record {pattern!r} in docs/results")
    if any(model not in record["measures"] for record in named):
        raise InputError(f"the record {pattern!r} has no baseline {model!r}")
    values = [lookup(record, model, measure) for record in named]
    if any(value is None for value in values):
        return ""
    value = statistics.fmean(values) if len(values) > 1 else values[0]
    mark = "†" if any("outdated" in record for record in named) else ""
    return (f"{value / 60:.1f} min" if spec == "min" else f"{value:{spec}}") + mark


def lookup(record: Mapping[str, Any], model: str, measure: str) -> Any:
    """A measure of the model or of a baseline, or a number of the record itself; None if there is none."""
    own = record.get(measure) if model == "model" else None
    return record["measures"].get(model, {}).get(measure, own)


if __name__ == "__main__":
    run(main, required=())
