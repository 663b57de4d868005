"""Reads tables of text: lines in, rows of cells with their line numbers out."""

import codecs
import csv
import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from seqjax.errors import InputError

NAMED, LONGEST = 12, 40  # columns that a message names, and characters of a name


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
    """Splits a table into its header and its rows with their line numbers. Empty lines are skipped.

    A table is CSV text, or JSON objects, one a line, whose names are the header. Cells of CSV are separated by commas,
    semicolons or tabs, whichever is most frequent in the header. In text separated by tabs a quotation mark is an
    ordinary character, unless the header has one.

    Args:
      lines: Lines of the text.
      name: Name of the text in error messages.

    Returns:
      The cells of the header, and an iterator of line number (from 1) and cells.

    Raises:
      InputError: If the text is empty, neither CSV nor JSON or not UTF-8, or a row is not as long as the header.
    """
    rows = _split(_readable(lines, name), name)
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
      InputError: If there is no such column, or there are several.
    """
    if column not in header:
        found = ", ".join(repr(cell if len(cell) <= LONGEST else cell[:LONGEST] + "...") for cell in header[:NAMED])
        more = ", ..." if len(header) > NAMED else ""
        raise InputError(f"{name} has no column {column!r}; it has {found}{more}; the first line must name the columns")
    if header.count(column) > 1:
        raise InputError(f"{name} has {header.count(column)} columns {column!r}; rename all but one")
    return header.index(column)


def _readable(lines: Iterable[str], name: str) -> Iterator[str]:
    """Yields the lines of a text in UTF-8; refuses anything else in one sentence."""
    try:
        for number, line in enumerate(lines, 1):
            if "\0" in line:
                raise InputError(
                    f"{name}: line {number} holds zero bytes, as UTF-16 and packed files do; save it as CSV in UTF-8"
                )
            yield line
    except UnicodeDecodeError as error:
        marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        found = "it is UTF-16" if error.start == 0 and error.object.startswith(marks) else error.reason
        raise InputError(f"{name} is no UTF-8 text ({found}); save it as CSV in UTF-8") from None


def csv_rows(
    lines: Iterable[str], name: str, delimiter: str, plain: bool, start: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """Splits lines of CSV text into rows with the number of the line in which each begins. Empty rows are skipped.

    Args:
      lines: Lines of the text.
      name: Name of the text in error messages.
      delimiter: Character between cells.
      plain: True if a quotation mark is an ordinary character.
      start: Number of the line before the first.

    Raises:
      InputError: If the text is not CSV.
    """
    csv.field_size_limit(sys.maxsize)  # A cell may hold a long text.
    reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL, strict=True)
    ended = 0  # the line on which the last row ended
    try:
        for row in reader:
            if row and any(cell.strip() for cell in row):
                yield start + ended + 1, row
            ended = reader.line_num
    except csv.Error as error:
        raise _no_csv(name, start + ended + 1, error) from None


def _no_csv(name: str, line: int, error: csv.Error) -> InputError:
    return InputError(
        f"{name}: the row that begins in line {line} is no CSV text: {error}; look for a stray quotation mark"
    )


def _split(lines: Iterator[str], name: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(sys.maxsize)
    start, first = next(((number, line) for number, line in enumerate(lines, 1) if line.strip()), (0, ""))
    if re.match(r"\s*(\{|\[\s*(\{|$))", first):
        yield from _json_rows(start, first, lines, name)
        return
    delimiter = max(",;\t", key=first.count)
    if first:
        try:
            yield start, next(csv.reader([first], delimiter=delimiter))
        except csv.Error as error:
            raise _no_csv(name, start, error) from None
    yield from csv_rows(lines, name, delimiter, delimiter == "\t" and '"' not in first, start)


def _json_rows(start: int, first: str, lines: Iterator[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """The names of the first JSON object, and the values of each object in their order; null is an empty cell."""
    header: list[str] = []
    for number, line in enumerate(chain([first], lines), start):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise InputError(
                f"{name}: line {number} is no JSON object ({error}); give CSV or one object a line"
            ) from None
        if not isinstance(record, dict):
            raise InputError(f"{name}: line {number} is no JSON object; give CSV or one object a line")
        if not header:
            header = list(record)
            yield number, header
        if record.keys() != set(header):
            odd = min(record.keys() ^ set(header))
            has = "lacks" if odd in header else "has"
            raise InputError(
                f"{name}: line {number} {has} {odd!r}, unlike the first object; give all objects the same names"
            )
        yield number, [_cell(record[key]) for key in header]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
