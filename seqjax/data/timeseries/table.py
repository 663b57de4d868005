"""Tables of numbers and times: the bytes of a file in, a pandas frame with line numbers out."""

import csv
import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqjax.data.files import unpacked
from seqjax.data.tables import column_at, csv_rows, read_cells
from seqjax.data.timeseries.header import Header, find_header
from seqjax.data.timeseries.lines import as_utf8, masked
from seqjax.data.timeseries.parquet import columns_of, read_parquet
from seqjax.data.timeseries.values import LARGEST, MISSING, NumberForm, find_number_form, is_numeric, parse_cells
from seqjax.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SERIES_IDS = {"unique_id", "series_id", "item_id", "ts_id"}  # columns by which other tools tell series apart


@dataclass(frozen=True)
class TableForm:
    """Form of a table; what is empty is found from the file.

    Attributes:
      separator: Character between cells; " " stands for one or more spaces or tabs.
      decimal: Decimal sign, "." or ",".
      thousands: Sign between thousands, such as "," or "."; "" for none.
      encoding: Encoding of the text, such as "latin-1"; "" for UTF-8, and for UTF-16 with its mark.
      comment: Beginning of lines that are no rows, such as "#".
      skip_lines: Numbers of lines that are no rows, from 1; from -1 for the last one upwards.
      missing_markers: Cells without a value, such as "-999", besides the usual ones.
    """

    separator: str = ""
    decimal: str = ""
    thousands: str = ""
    encoding: str = ""
    comment: str = ""
    skip_lines: tuple[int, ...] = ()
    missing_markers: tuple[str, ...] = ()


class Table(NamedTuple):
    """The columns of a table that are read.

    Attributes:
      name: Name of the table in messages.
      frame: Columns of text, then of ``float64`` with NaN for a missing value. Its index is the line of each row.
      form: The form that was read; its decimal sign and that of thousands are no longer empty.
      ids: Names of columns of text that were not asked for, and tell series apart in the files of other tools.
      unit: "line", or "row" in a file that has no lines.
    """

    name: str
    frame: "pd.DataFrame"
    form: TableForm
    ids: tuple[str, ...] = ()
    unit: str = "line"

    def place(self, row: int) -> str:
        """The line of a row, for messages."""
        return f"{self.unit} {self.frame.index[row]}"


class _Source(NamedTuple):
    """Reads columns of a file: those named first, of which those named second stay text. ``header`` has all names."""

    name: str
    header: tuple[str, ...]
    read: Callable[[Sequence[str], Sequence[str]], "pd.DataFrame"]
    unit: str = "line"


class _Body(NamedTuple):
    """The rows of a text: its bytes below the header, and their lines."""

    content: bytes
    header: Header
    lines: np.ndarray


def read_table(
    content: bytes,
    name: str,
    *,
    texts: Sequence[str],
    numbers: Sequence[str],
    form: TableForm | None = None,
    warn: Callable[[str], None],
) -> Table:
    """Reads some columns of a table.

    The table is text in columns with a header, JSON objects, one a line, or Parquet; plain or compressed. The header is
    the first line that names all columns; a file without one has the columns "0", "1" and so on. Empty rows are passed
    over.

    Args:
      content: The bytes of the file.
      name: Its name, for messages.
      texts: Names of columns of text, such as times.
      numbers: Names of columns of numbers, TRUE and FALSE; cells may be missing.
      form: Form of the table.
      warn: Called with a sentence on what was found from the file and might be otherwise.

    Raises:
      InputError: With line and column, for all that is not so.
    """
    form = form or TableForm()
    source = _source(content, name, (*texts, *numbers), form, warn)
    ids = [column for column in source.header if column.lower() in SERIES_IDS and column not in (*texts, *numbers)]
    asked, texts = texts, [*texts, *ids]
    if set(texts) & set(numbers):  # a year may be a time and a number
        cells, times = source.read(numbers, ()), source.read(texts, texts)
    else:
        cells = times = source.read((*texts, *numbers), texts)
    import pandas as pd

    form = _with_signs(form, name, [cells[column] for column in numbers], warn)
    signs = NumberForm(form.decimal, form.thousands, form.missing_markers)
    values = {column: _numbers(source, cells[column], column, signs) for column in numbers}
    read = pd.DataFrame({**{column: times[column] for column in texts}, **values}, index=cells.index)
    empty = read[list(numbers)].isna().all(axis=1)
    for column in asked:
        empty &= read[column].str.strip() == ""
    return Table(name, read[~empty] if asked and empty.any() else read, form, tuple(ids), source.unit)


def _source(content: bytes, name: str, wanted: Sequence[str], form: TableForm, warn: Callable[[str], None]) -> _Source:
    """Finds the columns of a file."""
    content = unpacked(content, name)
    if content.startswith(b"PAR1"):
        parquet = read_parquet(content, name)
        return _Source(name, tuple(parquet.columns), partial(columns_of, parquet, name), "row")
    content = as_utf8(content, form.encoding, name, warn)
    if content[:1000].lstrip().startswith((b"{", b"[{", b"[\n")):
        cells, rows = read_cells(io.StringIO(content.decode(), newline=""), name)
        pairs, names = list(rows), tuple(cells)
        frame = _frame([row for _, row in pairs], [line for line, _ in pairs], names)
        for column in wanted:
            column_at(cells, column, name)
    else:
        content = masked(content, form.comment, form.skip_lines, name)
        header = find_header(content, wanted, form.separator, name, warn)
        if header.separator == " ":
            spaced = re.sub(rb"(?m)^[ \t]+|[ \t]+$", b"", content[header.end :])
            content = content[: header.end] + re.sub(rb"[ \t]+", b" ", spaced)
        body = _layout(content, header)
        if body is not None:
            return _Source(name, header.cells, partial(_read_columns, body, form))
        names, frame = header.cells, _read_cell_by_cell(content, header, name)
    return _Source(name, names, lambda columns, _: _named(frame, names, columns))


def _read_columns(body: _Body, form: TableForm, wanted: Sequence[str], plain: Sequence[str]) -> "pd.DataFrame":
    """Reads columns of a regular text by pandas; those in ``plain`` stay text."""
    import pandas as pd

    header = body.header
    at = [header.cells.index(column) for column in wanted]
    markers = [*MISSING, *(mark.upper() for mark in MISSING), "NaN", "None", "NaT", *form.missing_markers]
    text_at = [position for position, column in zip(at, wanted, strict=True) if column in plain]
    frame = pd.read_csv(
        io.BytesIO(body.content),
        sep=header.separator,
        header=None,
        names=range(len(header.cells)),
        usecols=sorted(set(at)),
        dtype=dict.fromkeys(text_at, object),
        na_values={position: markers for position in at if position not in text_at},
        keep_default_na=False,
        decimal="," if form.decimal == "," else ".",
        quoting=csv.QUOTE_NONE if header.is_plain else csv.QUOTE_MINIMAL,
        low_memory=False,
        index_col=False,
    )[at]
    frame.columns = pd.Index(wanted)
    frame.index = pd.Index(body.lines)
    return frame


def _with_signs(form: TableForm, name: str, cells: Sequence["pd.Series"], warn: Callable[[str], None]) -> TableForm:
    """The form with the decimal sign and that of thousands, found from cells that are no numbers if not given."""
    import pandas as pd

    unclear = [column.astype(str) for column in cells if not is_numeric(column)]
    found = None
    if unclear and not form.decimal and not form.thousands:
        found = find_number_form(map(str, pd.unique(pd.concat(unclear))))
    if found is None:
        return replace(form, decimal=form.decimal or ".")
    signs, shown = found
    if not signs.decimal:
        raise InputError(
            f"{name}: {shown!r} is {shown.replace(',', '.')} or {shown.replace(',', '')}; set data.decimal to ',' or "
            "data.thousands to ','"
        )
    warn(
        f"{name}: numbers such as {shown!r} are read with data.decimal={signs.decimal!r} and "
        f"data.thousands={signs.thousands!r}"
    )
    return replace(form, decimal=signs.decimal, thousands=signs.thousands)


def _numbers(source: _Source, cells: "pd.Series", column: str, form: NumberForm) -> np.ndarray:
    """The numbers of a column, ``[T]``; cells that pandas does not read as numbers are parsed one by one."""
    plain = not form.thousands and form.decimal == "."  # pandas would read 1.5 as 15, with a point between thousands
    array = cells.to_numpy(np.float64, na_value=np.nan) if plain and is_numeric(cells) else None
    if array is None or np.any(np.abs(array) >= LARGEST):
        texts = source.read([column], [column])[column]
        if not is_numeric(texts):
            array = parse_cells(texts, source.name, column, form)
        elif array is None:
            array = texts.to_numpy(np.float64, na_value=np.nan)
    marks = [float(mark) for mark in form.missing if re.fullmatch(r"[-+]?\d+\.?\d*(e[-+]?\d+)?", mark)]
    return np.where(np.isin(array, marks), np.nan, array) if marks else array


def _layout(content: bytes, header: Header) -> _Body | None:
    """The rows of a text if each line below the header is empty or has a cell for each name, else None."""
    body = content[header.end :]
    if not body.strip():
        return None
    body = body if body.endswith(b"\n") else body + b"\n"
    separator = header.separator.encode()
    kept = separator + (b"\n" if header.is_plain else b'\n"')
    marks = np.frombuffer(body.translate(None, bytes(set(range(256)) - set(kept))), np.uint8)
    quotes = marks == ord('"')
    if quotes.any():
        if np.any(np.logical_xor.accumulate(quotes) & ~quotes):  # a separator or an end of line in quotes
            return None
        marks = marks[~quotes]
    cells = np.diff(np.flatnonzero(marks == ord("\n")), prepend=-1)
    right = cells == len(header.cells)
    if not right.all() or len(header.cells) == 1:
        lengths = np.diff(np.flatnonzero(np.frombuffer(body, np.uint8) == ord("\n")), prepend=-1)
        if np.any(~right & (lengths > 1)):
            return None
        right = lengths > 1
    return _Body(body, header, header.line + 1 + np.flatnonzero(right))


def _read_cell_by_cell(content: bytes, header: Header, name: str) -> "pd.DataFrame":
    """Reads text with quoted separators or lines of other lengths, and says what is wrong with them."""
    csv.field_size_limit(sys.maxsize)
    lines = io.StringIO(content[header.end :].decode(), newline="")
    rows: Iterator[tuple[int, list[str]]] = csv_rows(lines, name, header.separator, header.is_plain, header.line)
    width = len(header.cells)
    found, numbers = [], []
    for number, row in rows:
        if len(row) == width + 1 and not row[-1].strip():  # a separator at the end of the line
            row = row[:-1]
        if len(row) != width:
            advice = f"if it is no row, set data.skip_lines to ({number},)"
            if len(row) > width and header.separator == ",":
                advice = "numbers with a decimal comma need quotes, or another separator; " + advice
            raise InputError(f"{name}: line {number} has {len(row)} cells, but the header has {width}; {advice}")
        found.append(row)
        numbers.append(number)
    return _frame(found, numbers, header.cells)


def _frame(rows: Sequence[Sequence[str]], lines: Sequence[int], header: Sequence[str]) -> "pd.DataFrame":
    """A frame of text; its columns are numbered, for names may be there twice."""
    import pandas as pd

    columns = {at: np.array([row[at] for row in rows], object) for at in range(len(header))}
    return pd.DataFrame(columns, index=pd.Index(np.array(lines, int)), dtype=object)


def _named(frame: "pd.DataFrame", header: Sequence[str], columns: Sequence[str]) -> "pd.DataFrame":
    """Columns of a frame of text by their names."""
    return frame[[header.index(column) for column in columns]].set_axis(list(columns), axis=1)
