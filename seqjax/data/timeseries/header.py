"""The header of a table of text: the line that names the columns, and the separator of cells."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from seqjax.data.tables import column_at
from seqjax.errors import InputError

SEPARATORS = (",", ";", "\t", "|", " ")
HEAD = 1 << 17  # bytes in which the header is looked for
LINES = 100  # lines that are tried


class Header(NamedTuple):
    """The names of the columns.

    Attributes:
      line: Number of its last line; 0 if there is none.
      end: Bytes up to the first row.
      cells: The names.
      separator: Character between cells; " " stands for spaces and tabs.
      is_plain: True if a quotation mark is an ordinary character.
    """

    line: int
    end: int
    cells: tuple[str, ...]
    separator: str
    is_plain: bool


def find_header(
    content: bytes, wanted: Sequence[str], separator: str, name: str, warn: Callable[[str], None]
) -> Header:
    """Finds the first line that names all columns.

    A text that has none, but whose columns are called by numbers, has the columns "0", "1" and so on.

    Args:
      content: The text, in UTF-8.
      wanted: Names of columns.
      separator: Character between cells; "" to find it.
      name: Name of the text, for messages.
      warn: Called with a remark on lines above the header, and on a text without one.

    Raises:
      InputError: If the text is empty, or a column is missing or twice there.
    """
    if len(separator.encode()) > 1:
        raise InputError(f"data.separator is {separator!r}, but must be one character, such as ';'")
    lines = re.findall(r"[^\n]*\n|[^\n]+$", content[:HEAD].decode(errors="ignore"))
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if not filled:
        raise InputError(f"{name} is empty; it must hold a header and rows")
    separators = (separator,) if separator else SEPARATORS
    tried = [(start, sign) for start in filled[:LINES] for sign in separators]
    for start, sign in sorted(tried, key=lambda each: each[1] == " "):  # words of a title are no columns
        cells, stop = _split(lines, start, sign)
        uncommented = (cells[0].lstrip("#").strip(), *cells[1:])
        found = next((each for each in (cells, uncommented) if set(wanted) <= set(each)), None)
        if found is not None:
            if filled.index(start):
                warn(f"{name}: the header is in line {start + 1}; the lines above it are not read")
            for column in wanted:
                column_at(list(found), column, name)
            return _header(lines, stop, found, sign)
    sign = max(separators, key=lambda each: (len(_split(lines, filled[0], each)[0]), each != " "))
    cells, _ = _split(lines, filled[0], sign)
    if all(column.isdecimal() and int(column) < len(cells) for column in wanted):
        warn(f"{name} names no columns; they are numbered from 0 to {len(cells) - 1}")
        return Header(0, 0, tuple(map(str, range(len(cells)))), sign, '"' not in lines[filled[0]] and sign == "\t")
    missing = next(column for column in wanted if column not in cells)
    alike = [cell for cell in cells if cell.lower() == missing.strip().lower()]
    if alike:
        raise InputError(f"{name} has no column {missing!r}, but {alike[0]!r}; write it so")
    column_at(list(cells), missing, name)  # raises
    raise InputError(f"{name} has no column {missing!r}")


def _header(lines: Sequence[str], stop: int, cells: Sequence[str], sign: str) -> Header:
    text = "".join(lines[:stop])
    return Header(stop, len(text.encode()), tuple(cells), sign, sign == "\t" and '"' not in lines[stop - 1])


def _split(lines: Sequence[str], start: int, sign: str) -> tuple[tuple[str, ...], int]:
    """The cells of the row that begins in a line, without spaces around them, and the line after it."""
    if sign == " ":
        return tuple(re.split(r"[ \t]+", lines[start].strip())), start + 1
    plain = sign == "\t" and '"' not in lines[start]
    reader = csv.reader(
        io.StringIO("".join(lines[start : start + LINES]), newline=""),
        delimiter=sign,
        quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL,
    )
    try:
        cells = next(reader)
    except csv.Error:
        return (lines[start],), start + 1
    return tuple(" ".join(cell.split()) for cell in cells) or ("",), start + reader.line_num
