"""Texts with their summaries, from docstrings or from a table."""

import importlib.metadata
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqjax.data.tables import column_at, read_cells
from seqjax.data.text.docstrings import read_docstrings
from seqjax.data.text.files import read_text
from seqjax.data.text.pairs import folded
from seqjax.data.text.words import one_line
from seqjax.errors import InputError

PART_NAMES: Mapping[str, int] = {"train": 0, "training": 0, "dev": 1, "valid": 1, "validation": 1, "test": 2}


@dataclass(frozen=True)
class Summaries:
    """N texts, each with one or more summaries.

    Attributes:
      name: Where they are from, for messages.
      sources: The texts, which may have several lines.
      references: The summaries of each text, on one line each; the first one is learned.
    """

    name: str
    sources: tuple[str, ...]
    references: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        """Number of texts N."""
        return len(self.sources)

    @property
    def groups(self) -> tuple[str, ...]:
        """The texts without differences in capitals and spaces; equal ones belong to one part."""
        return tuple(map(folded, self.sources))

    def take(self, rows: Sequence[int] | np.ndarray) -> "Summaries":
        """Selects the texts at the indices ``rows``."""
        columns = (self.sources, self.references)
        return Summaries(self.name, *(tuple(column[row] for row in rows) for column in columns))  # type: ignore[arg-type]

    def without(self, *others: "Summaries") -> "Summaries":
        """Removes the texts that are in ``others`` too, apart from capitals and spaces."""
        known = {group for other in others for group in other.groups}
        return self.take([row for row, group in enumerate(self.groups) if group not in known])

    def distinct(self) -> "Summaries":
        """Removes all but the first of equal texts, apart from capitals and spaces."""
        first = {group: row for row, group in reversed(list(enumerate(self.groups)))}
        return self.take(sorted(first.values()))


def docstring_summaries(packages: Sequence[str]) -> Summaries:
    """The bodies of docstrings with their first lines; see :func:`~seqjax.data.text.docstrings.read_docstrings`."""
    bodies, lines = zip(*read_docstrings(packages), strict=True)
    return Summaries(f"docstrings of {', '.join(packages)}", bodies, tuple((one_line(line),) for line in lines))


def distributions_of(packages: Iterable[str]) -> tuple[str, ...]:
    """The distributions that brought packages, such as "scikit-learn" for "sklearn"."""
    known = importlib.metadata.packages_distributions()
    return tuple(sorted({name for package in packages for name in known.get(package, (package,))}))


def read_summaries(
    path: Path | str, *, source_column: str, target_column: str, references_column: str = "", part_column: str = ""
) -> tuple[Summaries, np.ndarray | None]:
    """Reads texts and summaries from a table: CSV, TSV or JSON objects, one a line, perhaps compressed.

    Args:
      path: The file.
      source_column: Name of the column of texts.
      target_column: Name of the column of summaries.
      references_column: Name of a column of further summaries of the same text, JSON lists of texts; "" for none.
      part_column: Name of a column that holds "train", "dev" (or "valid") or "test"; "" for none.

    Returns:
      The texts, and the part of each ``[N]``, 0 to 2, or None without a column of parts.

    Raises:
      InputError: For a file that cannot be read or has no rows, a missing column, and a row that does not fit.
    """
    name = str(path)
    header, cells = read_cells(io.StringIO(read_text(path), newline=""), name)
    columns = [column for column in (source_column, target_column, references_column, part_column) if column]
    place = {column: column_at(header, column, name) for column in columns}
    sources, references, parts = [], [], []
    for number, row in cells:
        sources.append(row[place[source_column]])
        more = _list_of_texts(row[place[references_column]], f"{name}: line {number}") if references_column else []
        references.append(tuple(one_line(each) for each in (row[place[target_column]], *more)))
        if part_column:
            parts.append(_part(row[place[part_column]], f"{name}: line {number}"))
    if not sources:
        raise InputError(f"{name} holds no rows; give a text and its summary in each")
    return Summaries(name, tuple(sources), tuple(references)), np.array(parts) if part_column else None


def _list_of_texts(cell: str, line: str) -> Iterator[str]:
    try:
        found = json.loads(cell or "[]")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise InputError(
            f'{line}: the further summaries are {cell[:40]!r}; give a JSON list of texts, such as ["a","b"]'
        )
    return (each for each in found if each.strip())


def _part(cell: str, line: str) -> int:
    part = PART_NAMES.get(cell.strip().lower())
    if part is None:
        raise InputError(f"{line}: the part is {cell[:40]!r}; it must be 'train', 'dev', 'valid' or 'test'")
    return part
