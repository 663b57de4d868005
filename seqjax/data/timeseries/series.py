"""Reads time series from CSV files: equally spaced rows, numbers in named columns."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from seqjax.data.tables import column_at, open_lines, read_cells
from seqjax.data.timeseries.timestamps import TimeStyle, advance, find_step, parse_time
from seqjax.errors import InputError

MISSING = {"", "na", "n/a", "nan", "null", "none"}


@dataclass(frozen=True)
class Series:
    """Columns of numbers at equally spaced times.

    Attributes:
      name: Name of the series in messages, such as its file.
      columns: Names of the C columns.
      times: ``datetime64[s] [T]``, in UTC if the file gives zones, else as written.
      values: ``float64 [T, C]``, NaN where a value is missing.
      lines: Line number in the file of each row, ``[T]``; 0 for a row that was inserted into a gap.
      step: Time between two rows, in seconds or in calendar months.
      style: Format of the file's time stamps.
    """

    name: str
    columns: tuple[str, ...]
    times: np.ndarray
    values: np.ndarray
    lines: np.ndarray
    step: np.timedelta64
    style: TimeStyle

    def __len__(self) -> int:
        """Number of rows T."""
        return len(self.times)

    def column(self, name: str) -> np.ndarray:
        """One column, ``[T]``."""
        return self.values[:, self.columns.index(name)]

    def rows(self, start: int, stop: int) -> "Series":
        """The rows from ``start`` up to, but not including, ``stop``."""
        part = slice(start, stop)
        return replace(self, times=self.times[part], values=self.values[part], lines=self.lines[part])

    def times_after(self, count: int) -> np.ndarray:
        """The next ``count`` times after the last one, ``datetime64[s] [count]``."""
        return advance(self.times[-1], self.step, np.arange(1, count + 1))

    def require_complete(self) -> None:
        """Checks that no value is missing.

        Raises:
          InputError: With the line and the column of the first missing value.
        """
        rows, columns = np.nonzero(np.isnan(self.values))
        if len(rows) == 0:
            return
        row = rows[0]
        remedy = "fill it in, or set data.missing to 'mask'"
        if self.lines[row] == 0:
            stamp = self.style.write(self.times[row])
            raise InputError(f"{self.name}: after line {self.lines[row - 1]} the row for {stamp} is missing; {remedy}")
        raise InputError(
            f"{self.name}: line {self.lines[row]}, column {self.columns[columns[0]]!r}: the value is missing; {remedy}"
        )


def read_series(path: Path | str, *, time_column: str, columns: Sequence[str], time_format: str = "") -> Series:
    """Reads a CSV file with a header. Its cells may be separated by commas, semicolons or tabs.

    Args:
      path: The file.
      time_column: Name of the column of time stamps.
      columns: Names of the columns to read. Cells are numbers, TRUE or FALSE, or missing.
      time_format: Format of the time stamps for ``strptime``, or "" for ISO 8601.

    Raises:
      InputError: If the file does not exist, is empty or not text, or :func:`parse_series` raises it.
    """
    with open_lines(path) as file:
        return parse_series(file, name=str(path), time_column=time_column, columns=columns, time_format=time_format)


def parse_series(
    lines: Iterable[str],
    *,
    name: str,
    time_column: str,
    columns: Sequence[str],
    time_format: str = "",
) -> Series:
    """Parses a series from lines of CSV text with a header.

    Gaps are filled with rows of missing values. Empty lines are skipped.

    Args:
      lines: Lines of the text.
      name: Name of the text in error messages.
      time_column: Name of the column of time stamps.
      columns: Names of the columns to read.
      time_format: Format of the time stamps for ``strptime``, or "" for ISO 8601.

    Raises:
      InputError: With line and column, if a column is absent, a cell is not a number or not a time stamp, or times are
        repeated, out of order or not equally spaced.
    """
    header, rows = read_cells(lines, name)
    time_at = column_at(header, time_column, name)
    positions = [column_at(header, column, name) for column in columns]

    stamps: list[str] = []
    times: list[datetime] = []
    values: list[list[float]] = []
    numbers: list[int] = []
    for number, row in rows:
        text = row[time_at].strip()
        try:
            times.append(parse_time(text, time_format))
        except ValueError:
            wanted = f"of the form {time_format!r}" if time_format else "in ISO 8601, such as 2014-01-31 13:30"
            raise InputError(
                f"{name}: line {number}, column {time_column!r}: {text!r} is not a time stamp {wanted}"
            ) from None
        stamps.append(text)
        numbers.append(number)
        values.append([_number(row[at], name, number, header[at]) for at in positions])
    if len(times) < 2:
        raise InputError(f"{name} has {len(times)} rows; a series needs two or more")
    series = Series(
        name=name,
        columns=tuple(columns),
        times=_in_utc(times, name, numbers),
        values=np.array(values, np.float64).reshape(len(values), len(columns)),
        lines=np.array(numbers),
        step=np.timedelta64(0, "s"),
        style=TimeStyle.of(stamps[-1], time_format),
    )
    return _on_grid(series)


def _number(text: str, name: str, line: int, column: str) -> float:
    text = text.strip()
    if text.lower() in MISSING:
        return math.nan
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        raise InputError(f"{name}: line {line}, column {column!r}: {text!r} is not a number")
    return value


def _in_utc(times: list[datetime], name: str, lines: list[int]) -> np.ndarray:
    """Times as ``datetime64[s]``, in UTC if they have zones; either all or none must have one."""
    zoned = [time.tzinfo is not None for time in times]
    if any(zoned) and not all(zoned):
        odd = zoned.index(not zoned[0])
        raise InputError(f"{name}: line {lines[odd]}: time stamps with and without a zone are mixed; give all or none")
    if zoned[0]:
        times = [time.astimezone(UTC).replace(tzinfo=None) for time in times]
    return np.array(times, "datetime64[s]")


def _on_grid(series: Series) -> Series:
    """Finds the step between rows, checks that all times are multiples of it, and inserts the missing rows."""
    times, write = series.times, series.style.write
    gaps = np.diff(times)
    late = np.flatnonzero(gaps <= np.timedelta64(0, "s"))
    if len(late):
        row = late[0] + 1
        problem = "the same as" if gaps[late[0]] == np.timedelta64(0, "s") else "before that of"
        raise InputError(
            f"{series.name}: line {series.lines[row]}: time stamp {write(times[row])} is {problem} the line above; "
            "sort the rows by time and keep one of each"
        )
    spacing = find_step(times)
    if spacing is None:
        most = np.timedelta64(Counter(gaps.tolist()).most_common(1)[0][0], "s")
        row = np.flatnonzero(gaps % most != np.timedelta64(0, "s"))[0] + 1
        raise InputError(
            f"{series.name}: line {series.lines[row]}: time stamp {write(times[row])} is off the grid of "
            f"{most.astype(object)} steps; a series must be equally spaced"
        )
    step, positions = spacing
    length = int(positions[-1]) + 1
    if length > 100 * len(times):
        raise InputError(
            f"{series.name}: more than 99 of 100 rows are missing on a grid of {step.astype(object)} steps; "
            "a series must be equally spaced"
        )
    values = np.full((length, len(series.columns)), np.nan)
    values[positions] = series.values
    lines = np.zeros(length, int)
    lines[positions] = series.lines
    return replace(series, times=advance(times[0], step, np.arange(length)), values=values, lines=lines, step=step)
