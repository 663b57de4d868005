"""The one clock on which the rows of a series are equally spaced, and their order on it."""

from dataclasses import replace

import numpy as np

from seqjax.data.timeseries.local_time import local_times, utc_times
from seqjax.data.timeseries.step import Step, find_step
from seqjax.data.timeseries.table import Table
from seqjax.data.timeseries.time_columns import Times
from seqjax.data.timeseries.timestamps import TimeStyle
from seqjax.errors import InputError

FIRST, LAST = np.datetime64("0001-01-01T00:00:00", "s"), np.datetime64("9999-12-31T23:59:59", "s")


def on_one_clock(table: Table, times: Times, zone: str, step: Step | None) -> tuple[np.ndarray, np.ndarray, TimeStyle]:
    """Finds the clock on which rows are equally spaced, and their order.

    Days and longer steps are equal on a local clock, even if it is set forward or back; shorter ones in UTC.

    Args:
      table: The table, for messages.
      times: Its times.
      zone: Name of the zone of the clock; "" for none.
      step: The step, if it is known.

    Returns:
      The rows in ascending order ``int [T]``, their times in the order of the file ``datetime64[s] [T]``, and the style
      of the stamps, which says on which clock these are.

    Raises:
      InputError: For a time that the clock of the zone does not show, or that is outside the years 1 to 9999.
    """
    (clock, offsets), style = times.stamps, times.style
    if zone and style.is_count:
        raise InputError(f"data.timezone is {zone!r}, but {table.name} has no times; set it to ''")
    if offsets is not None:
        utc = clock - offsets
        outside = (utc < FIRST) | (utc > LAST)
        if outside.any():
            row = int(np.argmax(outside))
            raise InputError(f"{table.name}: {table.place(row)}: {times.texts[row]!r} is outside the years 1 to 9999")
        local = local_times(utc, zone) if zone else clock
        is_local = _in_days(local, step) if zone else _in_days(local, step) and not _is_regular(utc)
        if is_local:
            return np.argsort(local, kind="stable"), local, replace(style, is_local=True, timezone=zone)
        return np.argsort(utc, kind="stable"), utc, style
    if not zone or _in_days(clock, step):
        return np.argsort(clock, kind="stable"), clock, style
    rows = np.arange(len(clock))
    if np.sum(np.diff(clock) < np.timedelta64(0, "s")) > len(clock) // 2:
        rows = rows[::-1]  # The last row is the first: of two equal times the lower one is the earlier.
    utc, absent = utc_times(clock[rows], zone)
    if absent.any():
        row = int(rows[np.argmax(absent)])
        raise InputError(
            f"{table.name}: {table.place(row)}: clocks in {zone} never showed {times.texts[row]}, when they were set "
            "forward; set data.timezone to '' if these were not"
        )
    clock = np.empty_like(utc)
    clock[rows] = utc
    return np.argsort(clock, kind="stable"), clock, replace(style, timezone=zone)


def _in_days(clock: np.ndarray, step: Step | None) -> bool:
    """True if times are equally spaced by days or more."""
    if step is None:
        times = np.unique(clock)
        found = find_step(times) if len(times) > 1 else None
        step = found[0] if found else None
    return step is not None and (step.unit in ("M", "B") or (step.unit == "s" and step.count % 86400 == 0))


def _is_regular(times: np.ndarray) -> bool:
    distinct = np.unique(times)
    return len(distinct) > 1 and find_step(distinct) is not None
