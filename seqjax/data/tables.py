"""Reads tables of text: lines in, rows of cells with their line numbers out."""

import csv
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from seqjax.errors import InputError


@contextmanager
def open_lines(path: Path | str) -> Iterator[Iterable[str]]:
    """Opens a UTF-8 file as lines for the csv module: a byte order mark is dropped, line endings are kept.

    Raises:
      InputError: If the file does not exist, is a folder or may not be read.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file in it")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except PermissionError:
        raise InputError(f"{path} may not be read; change its permissions") from None


def package_file(package: str, file: str) -> Path:
    """Path of a data file in an installed package. The package is not imported.

    Raises:
      InputError: If the package or the file is not installed.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(folder) / file).exists():
            return path
    raise InputError(f"the package {package!r} with {file} is not installed; install seqjax with its extra 'data'")


def read_cells(lines: Iterable[str], name: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Splits CSV text into its header and its rows with their line numbers. Empty lines are skipped.

    Cells are separated by commas, semicolons or tabs, whichever is most frequent in the header. In text separated by
    tabs a quotation mark is an ordinary character, unless the header has one.

    Args:
      lines: Lines of the text.
      name: Name of the text in error messages.

    Returns:
      The cells of the header, and an iterator of line number (from 1) and cells.

    Raises:
      InputError: If the text is empty, not CSV or not UTF-8, or a row is not as long as the header.
    """
    rows = _split(iter(lines), name)
    try:
        header = [cell.strip() for cell in next(rows)[1]]
    except StopIteration:
        raise InputError(f"{name} is empty; it must hold a header and rows") from None

    def checked() -> Iterator[tuple[int, list[str]]]:
        for number, row in rows:
            if len(row) != len(header):
                raise InputError(f"{name}: line {number} has {len(row)} cells, but the header has {len(header)}")
            yield number, row

    return header, checked()


def column_at(header: list[str], column: str, name: str) -> int:
    """Position of a column in the header of the table ``name``.

    Raises:
      InputError: If there is no such column.
    """
    if column not in header:
        raise InputError(f"{name} has no column {column!r}; it has {', '.join(map(repr, header))}")
    return header.index(column)


def _split(lines: Iterator[str], name: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(sys.maxsize)  # A cell may hold a long text.
    start, ended = 0, 0  # the line of the header, and after it the line on which the last row ended
    reader = None
    try:
        start, first = next(((number, line) for number, line in enumerate(lines, 1) if line.strip()), (0, ""))
        delimiter = max(",;\t", key=first.count)
        if first:
            yield start, next(csv.reader([first], delimiter=delimiter))
        plain = delimiter == "\t" and '"' not in first
        reader = csv.reader(
            lines, delimiter=delimiter, quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL, strict=True
        )
        for row in reader:
            if row and any(cell.strip() for cell in row):
                yield start + ended + 1, row
            ended = reader.line_num
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is no UTF-8 text ({error.reason}); save it as CSV in UTF-8") from None
    except csv.Error as error:
        line = start + ended + 1 if reader else start
        raise InputError(
            f"{name}: the row that begins in line {line} is no CSV text: {error}; look for a stray quotation mark"
        ) from None
