"""Reads time series from CSV files: equally spaced rows, numbers in named columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from seqjax.data.tables import column_at, open_lines, read_cells
from seqjax.data.timeseries.timestamps import (
    TimeStyle,
    advance,
    check_pattern,
    find_step,
    most_frequent,
    parse_time,
    pattern_of,
    step_name,
    time_advice,
)
from seqjax.data.timeseries.values import parse_number
from seqjax.errors import InputError

SERIES_IDS = {"unique_id", "series_id", "item_id", "ts_id"}  # columns by which other tools tell series apart


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

    def place(self, row: int) -> str:
        """The line of a row in the file, or its time if the file has no such line, for messages."""
        return f"line {self.lines[row]}" if self.lines[row] else f"the row for {self.style.write(self.times[row])}"

    def require_complete(self) -> None:
        """Checks that no value is missing.

        Raises:
          InputError: With the line and the column of the first missing value.
        """
        rows, columns = np.nonzero(np.isnan(self.values))
        if len(rows) == 0:
            return
        row, missing = rows[0], [self.columns[column] for column in columns[rows == rows[0]]]
        remedy = "fill it in, or train with data.missing='mask'"
        if self.lines[row] == 0:
            before = self.lines[:row][self.lines[:row] > 0]
            after = f"after line {before[-1]} " if len(before) else ""
            stamp = self.style.write(self.times[row])
            remedy += self._clock_advice(self.times[row])
            raise InputError(f"{self.name}: {after}the row for {stamp} is missing; {remedy}")
        if np.isnan(self.values[:, columns[0]]).all():
            raise InputError(f"{self.name}: column {missing[0]!r} has no value; leave it out of the config")
        if np.isnan(self.values[row:, columns[0]]).all():
            remedy = "fill it in, leave out the rows from there on, or train with data.missing='mask'"
        raise InputError(f"{self.name}: line {self.lines[row]}, column {missing[0]!r}: the value is missing; {remedy}")

    def _clock_advice(self, time: np.datetime64) -> str:
        """Advice on a row that is absent or twice there, if clocks may have been changed at its time."""
        stamp = time.astype("datetime64[s]").item()
        if not self.style.local_clock or stamp.weekday() < 6 or stamp.hour > 3:
            return ""
        return "; if clocks were changed then, give all times with their offset from UTC"


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
    time_at = _column_at(header, time_column, name)
    positions = [_column_at(header, column, name) for column in columns]
    ids = [at for at, column in enumerate(header) if column.lower() in SERIES_IDS and at not in positions]
    if time_format:
        check_pattern(time_format)

    stamps: list[str] = []
    times: list[datetime] = []
    values: list[list[float]] = []
    numbers: list[int] = []
    first: list[str] = []
    for number, row in rows:
        text = row[time_at].strip()
        first = first or row
        time_format = time_format or pattern_of(text)
        times.append(_time(text, time_format, f"{name}: line {number}, column {time_column!r}"))
        stamps.append(text)
        numbers.append(number)
        values.append([parse_number(row[at], name, number, header[at]) for at in positions])
        for at in ids:
            if row[at] != first[at]:
                raise InputError(
                    f"{name}: line {number}, column {header[at]!r}: {row[at]!r} follows {first[at]!r}; "
                    "give a file for each series"
                )
    if len(times) < 2:
        raise InputError(f"{name} has {len(times)} rows; a series needs two or more")
    detailed = max(map(len, stamps))  # A program may write the time of midnight as a date alone.
    series = Series(
        name=name,
        columns=tuple(columns),
        times=_in_utc(times, name, numbers),
        values=np.array(values, np.float64).reshape(len(values), len(columns)),
        lines=np.array(numbers),
        step=np.timedelta64(0, "s"),
        style=TimeStyle.of(next(stamp for stamp in reversed(stamps) if len(stamp) == detailed), time_format),
    )
    return _on_grid(series, stamps, np.array([time.replace(tzinfo=None) for time in times], "datetime64[s]"))


def _column_at(header: list[str], column: str, name: str) -> int:
    """Position of the only column of this name."""
    if header.count(column) > 1:
        raise InputError(f"{name} has {header.count(column)} columns {column!r}; rename all but one")
    return column_at(header, column, name)


def _time(text: str, time_format: str, place: str) -> datetime:
    """A time stamp in whole seconds, in UTC if it has a zone."""
    try:
        time = parse_time(text, time_format)
        if time.tzinfo is not None:
            time.astimezone(UTC)
    except OverflowError:
        raise InputError(f"{place}: {text!r} is outside the years 1 to 9999") from None
    except ValueError:
        wanted = (
            f"of the form {time_format!r}; write it so, or train with another data.time_format"
            if time_format
            else f"in ISO 8601, such as 2014-01-31 13:30; {time_advice(text)}"
        )
        raise InputError(f"{place}: {text!r} is not a time stamp {wanted}") from None
    if time.microsecond:
        raise InputError(f"{place}: {text!r} has a fraction of a second; give times in whole seconds")
    return time


def _in_utc(times: list[datetime], name: str, lines: list[int]) -> np.ndarray:
    """Times as ``datetime64[s]``, in UTC if they have zones; either all or none must have one."""
    zoned = [time.tzinfo is not None for time in times]
    if any(zoned) and not all(zoned):
        odd = zoned.index(not zoned[0])
        raise InputError(f"{name}: line {lines[odd]}: time stamps with and without a zone are mixed; give all or none")
    if zoned[0]:
        times = [time.astimezone(UTC).replace(tzinfo=None) for time in times]
    return np.array(times, "datetime64[s]")


def _on_grid(series: Series, stamps: list[str], local: np.ndarray) -> Series:
    """Finds the step between rows, checks that all times are multiples of it, and inserts the missing rows.

    Args:
      series: The rows of the file.
      stamps: Their time stamps as they are written.
      local: Their times on the clock of their own offsets, ``datetime64[s] [T]``.
    """
    _require_ascending(series, stamps)
    times, lines = series.times, series.lines
    spacing = find_step(times)
    if spacing is None:
        gaps = np.diff(times)
        most = np.timedelta64(most_frequent(gaps.astype(int)), "s")
        row = np.flatnonzero(gaps % most != np.timedelta64(0, "s"))[0] + 1
        remedy = "a series must be equally spaced"
        if np.all(np.diff(local) > np.timedelta64(0, "s")) and find_step(local) is not None:
            remedy = "the rows are equally spaced on the local clock, so leave out the offsets from UTC"
        raise InputError(
            f"{series.name}: line {lines[row]}: time stamp {stamps[row]} is off the grid of {step_name(most)}; {remedy}"
        )
    step, positions = spacing
    length = int(positions[-1]) + 1
    if length > 100 * len(times):
        raise InputError(
            f"{series.name}: more than 99 of 100 rows are missing on a grid of {step_name(step)}; "
            "a series must be equally spaced"
        )
    values = np.full((length, len(series.columns)), np.nan)
    values[positions] = series.values
    lines = np.zeros(length, int)
    lines[positions] = series.lines
    return replace(series, times=advance(times[0], step, np.arange(length)), values=values, lines=lines, step=step)


def _require_ascending(series: Series, stamps: list[str]) -> None:
    """Raises ``InputError`` with the first row that is not later than the one before it."""
    late = np.flatnonzero(np.diff(series.times) <= np.timedelta64(0, "s"))
    if len(late) == 0:
        return
    before, row = late[0], late[0] + 1
    place = f"{series.name}: line {series.lines[row]}: time stamp {stamps[row]}"
    equal = series.times[row] == series.times[before]
    if equal and stamps[row] != stamps[before]:
        raise InputError(
            f"{place} is read as the same time as {stamps[before]} above; data.time_format must tell them apart"
            if series.style.pattern
            else f"{place} is the same time as {stamps[before]} above; keep one of them"
        )
    raise InputError(
        f"{place} is {'the same as' if equal else 'before that of'} the line above; sort the rows by time and keep "
        f"one of each{series._clock_advice(series.times[row])}"
    )
