"""The columns of times of a table: one of stamps, a date and a time of day, parts of a date, or none."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from seqjax.data.timeseries.table import Table
from seqjax.data.timeseries.time_formats import find_stamps, read_with_dates
from seqjax.data.timeseries.timestamps import ROWS, Stamps, TimeStyle, check_pattern, time_fault
from seqjax.data.timeseries.values import NumberForm, parse_cells
from seqjax.errors import InputError

# Names of columns that hold a part of a date, in small letters.
PARTS = {
    "year": ("year", "yr", "yyyy"),
    "quarter": ("quarter", "qtr"),
    "month": ("month", "mon", "mo", "mm"),
    "day": ("day", "dy", "dd"),
    "hour": ("hour", "hr", "hh"),
    "minute": ("minute", "min", "mi"),
    "second": ("second", "sec", "ss"),
}
LIMITS = {"year": (1, 9999), "quarter": (1, 4), "month": (1, 12), "day": (1, 31), "hour": (0, 24)}


class Times(NamedTuple):
    """The times of a table in the order of its rows.

    Attributes:
      stamps: The times.
      texts: As they are written, ``object [T]``.
      style: Their format.
    """

    stamps: Stamps
    texts: np.ndarray
    style: TimeStyle


def read_times(table: Table, columns: Sequence[str], pattern: str, warn: Callable[[str], None]) -> Times:
    """Reads the times of a table.

    Args:
      table: The table, with these columns as text.
      columns: Names of the columns of times; none to count the rows.
      pattern: Format of the stamps, those of a date and a time of day with a space between; "" to find it.
      warn: Called with a remark on a format that was found.

    Raises:
      InputError: With line and column of the first stamp that cannot be read.
    """
    if not columns:
        rows = np.arange(len(table.frame))
        return Times(Stamps(rows.astype("datetime64[s]")), rows.astype(str).astype(object), TimeStyle(pattern=ROWS))
    parts = [next((part for part, names in PARTS.items() if name.lower() in names), "") for name in columns]
    if len(columns) > 1 and all(parts) and "year" in parts:
        return _from_parts(table, dict(zip(parts, columns, strict=True)))
    texts = table.frame[columns[0]].str.strip().to_numpy(object)
    for column in columns[1:]:
        texts = texts + " " + _time_of_day(table.frame[column].str.strip().to_numpy(object))
    name = ",".join(columns)

    def place(row: int) -> str:
        return f"{table.name}: {table.place(row)}, column {name!r}"

    if pattern:
        check_pattern(pattern)
        stamps, bad = read_with_dates(texts, pattern)
        if bad.any():
            row = int(np.argmax(bad))
            raise time_fault(texts[row], pattern, place(row))
    else:
        stamps, pattern, remark = find_stamps(texts, place)
        if remark:
            warn(f"{table.name}: time stamps such as {texts[0]!r} {remark}")
    if stamps.offsets is not None and np.isnat(stamps.offsets).any():
        zoned = ~np.isnat(stamps.offsets)
        odd = int(np.argmax(zoned != zoned[0]))
        raise InputError(
            f"{table.name}: {table.place(odd)}: time stamps with and without a zone are mixed; give all or none"
        )
    detailed = max(map(len, texts))  # A program may write the time of midnight as a date alone.
    sample = next(text for text in reversed(texts) if len(text) == detailed)
    return Times(stamps, texts, TimeStyle.of(re.sub(r"([T ])24:00", r"\g<1>00:00", sample), pattern))


def _time_of_day(texts: np.ndarray) -> np.ndarray:
    """Times of day; hours alone, and hours and minutes without a colon, get one."""
    if all(re.fullmatch(r"\d{1,2}", text) for text in texts):
        return np.array([f"{text:0>2}:00" for text in texts], object)
    if all(re.fullmatch(r"\d{1,4}", text) for text in texts):
        return np.array([f"{text:0>4}"[:2] + ":" + f"{text:0>4}"[2:] for text in texts], object)
    return texts


def _from_parts(table: Table, columns: dict[str, str]) -> Times:
    """Times from the columns of their parts, such as {"year": "Year", "month": "Mo"}."""
    numbers = {}
    for part, column in columns.items():
        values = parse_cells(table.frame[column], table.name, column, NumberForm())
        low, high = LIMITS.get(part, (0, 60))
        bad = ~((values >= low) & (values <= high) & (values % 1 == 0))
        if bad.any():
            row = int(np.argmax(bad))
            text = table.frame[column].iloc[row]
            raise InputError(
                f"{table.name}: {table.place(row)}, column {column!r}: {text!r} is no {part}; "
                f"give whole numbers from {low} to {high}"
            )
        numbers[part] = values.astype(int)
    months = 12 * (numbers["year"] - 1970) + numbers.get("month", 3 * numbers.get("quarter", 1) - 2) - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]") + (numbers.get("day", 1) - 1)
    wrong = days.astype("datetime64[M]").astype(int) != months
    texts = days.astype(str).astype(object)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"{table.name}: {table.place(row)}, column {columns['day']!r}: the month has no day {numbers['day'][row]}"
        )
    clock = days.astype("datetime64[s]")
    for part, seconds in (("hour", 3600), ("minute", 60), ("second", 1)):
        clock = clock + np.timedelta64(1, "s") * (seconds * numbers.get(part, np.zeros(1, int)))
    has_hours = "hour" in columns
    if has_hours:
        texts = np.char.replace(clock.astype(str), "T", " ").astype(object)
    return Times(Stamps(clock), texts, TimeStyle(separator=" " if has_hours else ""))
