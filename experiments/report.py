"""Tables of measures on a terminal."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table


def print_table(title: str, rows: Mapping[str, Mapping[str, float]], measures: Sequence[str]) -> None:
    """Prints a row for each entry of ``rows`` and a column for each measure; a measure that a row lacks is blank."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for measure in measures:
        table.add_column(measure, justify="right")
    for name, values in rows.items():
        table.add_row(name, *(f"{values[measure]:.4g}" if measure in values else "" for measure in measures))
    Console(width=max(100, 14 * (len(measures) + 2))).print(table)
