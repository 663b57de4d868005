"""Reads time series from tables: stamps are read, rows are put in order and on a grid of equal steps."""

import csv
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqjax.data.files import read_content
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import Step, find_step, most_frequent, on_grid
from seqjax.data.timeseries.table import Table, TableForm, read_table
from seqjax.data.timeseries.time_columns import read_times
from seqjax.data.timeseries.values import NumberForm
from seqjax.data.timeseries.zones import on_one_clock
from seqjax.errors import InputError


@dataclass(frozen=True)
class TimeForm:
    """The times of a table.

    Attributes:
      columns: Names of the columns of times: one; a date and a time of day; parts such as a year and a month; or none,
        to count the rows.
      format: Their format; see :class:`~seqjax.data.timeseries.timestamps.TimeStyle`. "" is found from the stamps.
      timezone: Zone of the clock of stamps without an offset from UTC, which is set forward and back; "" for a clock
        that is not.
      holidays: Days and countries whose holidays are no business days.
    """

    columns: tuple[str, ...]
    format: str = ""
    timezone: str = ""
    holidays: tuple[str, ...] = ()


def names_of(text: str) -> tuple[str, ...]:
    """Names of columns, separated by commas; one with a comma stands in quotation marks."""
    return tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), []) if name.strip())


def read_series(
    path: Path | str,
    *,
    time_column: str,
    columns: Sequence[str],
    time_format: str = "",
    timezone: str = "",
    form: TableForm | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Series:
    """Reads a series from a file; see :func:`~seqjax.data.timeseries.table.read_table` for what it may be.

    Args:
      path: The file.
      time_column: Name of the column of time stamps, or names with commas between; see :class:`TimeForm`.
      columns: Names of the columns to read. Cells are numbers, TRUE or FALSE, or missing.
      time_format: Format of the time stamps; "" to find it.
      timezone: Zone of the clock of time stamps without an offset; "" for a clock that is not set forward and back.
      form: Form of the table; None to find it.
      warn: Called with a sentence on what was found and might be otherwise.

    Raises:
      InputError: If the file cannot be read, or is not as described; with line and column where it has them.
    """
    times = TimeForm(names_of(time_column), time_format, timezone)
    content = read_content(Path(path).expanduser())
    table = read_table(content, str(path), texts=times.columns, numbers=columns, form=form, warn=warn)
    return series_of(table, times, columns, warn=warn)


def series_of(
    table: Table,
    times: TimeForm,
    columns: Sequence[str],
    *,
    step: Step | None = None,
    window: tuple[int, int] | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Series:
    """Makes a series of a table. Rows are sorted by time; gaps are filled with rows of missing values.

    Args:
      table: The table, with the columns of the times and of the values.
      times: The times.
      columns: Names of the columns of values.
      step: The step of the rows, if it is known; it is taken where the rows alone do not tell, as five days of one week
        do not tell whether Saturdays would be missing.
      window: Number M of targets, the first columns, and number T of rows: if not all rows are equally spaced, the
        last T with a target and those after them are read alone.
      warn: Called with a sentence on rows that are sorted, and on a format or holidays that were found.

    Raises:
      InputError: With line and column, if a stamp cannot be read, two are equal, or they are not equally spaced.
    """
    if len(table.frame) < 2:
        raise InputError(f"{table.name} has {len(table.frame)} rows; a series needs two or more")
    for column in table.ids:
        ids = table.frame[column].to_numpy()
        if np.any(ids != ids[0]):
            row = int(np.argmax(ids != ids[0]))
            place = f"{table.name}: {table.place(row)}, column {column!r}"
            raise InputError(f"{place}: {ids[row]!r} follows {ids[0]!r}; give a file for each series")
    read = read_times(table, times.columns, times.format, warn)
    order, clock, style = on_one_clock(table, read, times.timezone, step)
    series = Series(
        name=table.name,
        columns=tuple(columns),
        times=clock[order],
        values=table.frame[list(columns)].to_numpy(np.float64)[order],
        lines=table.frame.index.to_numpy()[order],
        step=Step(1),
        style=style,
        unit=table.unit,
        signs=NumberForm(table.form.decimal, table.form.thousands, table.form.missing_markers),
    )
    texts, start = read.texts[order], 0
    try:
        regular = _on_grid(series, texts, times.holidays, step, warn)
    except InputError:
        start = _start_of(series, window) if window else 0
        if start == 0:
            raise
        series = series.rows(start, len(series))
        regular = _on_grid(series, texts[start:], times.holidays, step, warn)
        warn(f"{table.name}: rows above {series.place(0)} are not read, for not all of them are equally spaced")
    if early := np.flatnonzero(np.diff(order) < 0).tolist():
        place = table.place(int(order[early[0] + 1]))
        warn(f"{table.name}: rows are sorted by time; {place} is not in its place")
    return regular


def _start_of(series: Series, window: tuple[int, int]) -> int:
    """The first of the last rows that hold a window of observed targets."""
    targets, rows = window
    observed = np.flatnonzero(~np.isnan(series.values[:, :targets]).all(axis=1))
    return max(int(observed[-1]) + 1 - rows, 0) if len(observed) else 0


def _require_distinct(series: Series, texts: np.ndarray) -> None:
    """Raises ``InputError`` with the first row that has the time of another."""
    equal = np.flatnonzero(np.diff(series.times) == np.timedelta64(0, "s"))
    if len(equal) == 0:
        return
    row, other = sorted(equal[0] + np.arange(2), key=lambda each: -series.lines[each])
    place = f"{series.name}: {series.unit} {series.lines[row]}: time stamp {texts[row]}"
    there = f"{series.unit} {series.lines[other]}"
    if texts[row] == texts[other]:
        raise InputError(
            f"{place} is also in {there}; keep one of them, or give a file for each series"
            + series.clock_advice(series.times[row])
        )
    remedy = "set data.time_format so that it tells them apart" if series.style.pattern else "keep one of them"
    raise InputError(f"{place} is the same time as {texts[other]} in {there}; {remedy}")


def _on_grid(
    series: Series, texts: np.ndarray, holidays: Sequence[str], known: Step | None, warn: Callable[[str], None]
) -> Series:
    """Finds the step between rows, checks that all times are multiples of it, and inserts the missing rows."""
    _require_distinct(series, texts)
    times = series.times
    spacing = find_step(times, holidays, is_count=series.style.is_count)
    if known is not None and (spacing is None or spacing[0].name != known.name):
        positions = on_grid(known, times) if known.unit != "s" or known.name == "1 day" else None
        spacing = spacing if positions is None else (known, positions)
    if spacing is None:
        gaps = np.diff(times).astype(int)
        most = most_frequent(gaps)
        row = int(np.flatnonzero(gaps % most)[0]) + 1
        raise InputError(
            f"{series.name}: {series.unit} {series.lines[row]}: time stamp {texts[row]} is off the grid of "
            f"{Step(most).name}; rows must be equally spaced, or set data.time_column to '' to count them"
            + series.clock_advice(times[row])
        )
    step, positions = spacing
    length = int(positions[-1]) + 1
    if length > 100 * len(times):
        raise InputError(
            f"{series.name}: more than 99 of 100 rows are missing on a grid of {step.name}; rows must be equally "
            "spaced, or set data.time_column to '' to count them"
        )
    if step.unit == "B" and not step.holidays:
        closed = on_grid(step, times, strict=True)
        if closed is not None and (count := int(closed[-1]) + 1 - length):
            day = step.advance(times[0], np.setdiff1d(np.arange(closed[-1]), closed)[:1])[0].astype("datetime64[D]")
            warn(
                f"{series.name}: business days without a row, such as {day} ({count:,} in all), are read as holidays; "
                "data.holidays names those to come"
            )
    values = np.full((length, len(series.columns)), np.nan)
    values[positions] = series.values
    lines = np.zeros(length, int)
    lines[positions] = series.lines
    every = step.advance(times[0], np.arange(length))
    every[positions] = times
    if step.unit == "B":  # There may be rows on holidays, so that days are counted from the row before a gap.
        for at in np.flatnonzero(np.diff(positions) > 1):
            gap = np.arange(1, positions[at + 1] - positions[at])
            every[positions[at] + gap] = step.advance(times[at], gap)
    return replace(series, times=every, values=values, lines=lines, step=step)
