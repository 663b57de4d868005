"""The time between two rows of a series: seconds, months, business days, or a count of rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqjax.data.timeseries.holiday_days import holiday_days, years_of

DAY = 86400  # seconds
WEEK = "1111100"  # the days of business from Monday on, in NumPy's notation
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SECONDS = {"week": 7 * DAY, "day": DAY, "hour": 3600, "minute": 60, "second": 1}
MONTHS = {"year": 12, "quarter": 3, "month": 1}
CLOSED = 0.1  # share of business days without a row that may be holidays


@dataclass(frozen=True)
class Step:
    """Spacing of the rows of a series.

    Attributes:
      count: Number of units.
      unit: "s" for seconds, "M" for months, "B" for business days, "row" for rows without times.
      week: Days of business from Monday on, such as "1111100"; of unit "B".
      holidays: Days and countries whose holidays are no business days; see :func:`holiday_days`.
      day: Position in the month, of unit "M": "first" or "last" business day, or a day such as "30", of which short
        months have their last; "" for the position of the first row, counted from the month's start or end.
    """

    count: int
    unit: str = "s"
    week: str = WEEK
    holidays: tuple[str, ...] = ()
    day: str = ""

    @property
    def name(self) -> str:
        """The span in words, such as "30 minutes" or "1 business day"."""
        if self.unit == "B":
            open_days = [day for day, mark in zip(DAYS, self.week, strict=True) if mark == "1"]
            if self.week != WEEK:
                return f"{_counted(self.count, 'day')} of {', '.join(day[:3] for day in open_days)}"
            return _counted(self.count, "business day")
        if self.unit == "row":
            return _counted(self.count, "row")
        units = MONTHS if self.unit == "M" else SECONDS
        unit = next(unit for unit, size in units.items() if self.count % size == 0)
        return _counted(self.count // units[unit], unit)

    @property
    def seconds(self) -> float:
        """Length in seconds, that of months and business days on the average; 0 for a count of rows."""
        lengths = {"s": 1.0, "M": 365.2425 / 12 * DAY, "B": 7 * DAY / self.week.count("1"), "row": 0.0}
        return self.count * lengths[self.unit]

    def __mul__(self, count: int) -> "Step":
        return replace(self, count=self.count * int(count))

    __rmul__ = __mul__

    def advance(self, start: np.datetime64, counts: np.ndarray) -> np.ndarray:
        """Times ``counts [N]``, at least 0, steps after ``start``, ``datetime64[s] [N]``.

        A step in months leads from a month's last day to a last day.
        """
        if self.unit == "B":
            day = start.astype("datetime64[D]")
            last = day + (30 + 3 * self.count * int(np.max(counts, initial=0)))  # a week has five days or more
            closed = np.setdiff1d(self._closed(np.array([day, last])), [day])  # a day with a row is no holiday
            ahead = np.busday_offset(day, counts * self.count, weekmask=self.week, holidays=closed, roll="preceding")
            return np.asarray(ahead.astype("datetime64[s]") + (start - day.astype("datetime64[s]")))
        if self.unit != "M":
            return np.asarray(start + counts * np.timedelta64(self.count, "s"))
        month = start.astype("datetime64[M]")
        if self.day:
            time = start - start.astype("datetime64[D]").astype("datetime64[s]")
            days: np.ndarray = _in_months(month + counts * self.count, self.day) + time
            return days
        within = start - month.astype("datetime64[s]")
        if (start + np.timedelta64(DAY, "s")).astype("datetime64[M]") != month:  # a last day
            within = within - ((month + 1).astype("datetime64[s]") - month.astype("datetime64[s]"))
            month = month + 1
        times: np.ndarray = (month + counts * self.count).astype("datetime64[s]") + within
        return times

    def positions(self, times: np.ndarray) -> np.ndarray | None:
        """Steps from the first of ascending times to each, ``int [T]``; None if one is not on the grid."""
        if self.unit == "B":
            days = times.astype("datetime64[D]")
            closed = np.setdiff1d(self._closed(days), days)  # a day with a row is no holiday
            if not np.all(np.is_busday(days, self.week)) or np.ptp(times - days) != np.timedelta64(0, "s"):
                return None
            counts = np.busday_count(days[0], days, weekmask=self.week, holidays=closed)
        elif self.unit == "M":
            months = times.astype("datetime64[M]").astype(int)
            counts = months - months[0]
            if np.any(replace(self, count=1).advance(times[0], counts) != times) or np.any(np.diff(counts) == 0):
                return None
        else:
            counts = (times - times[0]).astype("timedelta64[s]").astype(int)
        return counts // self.count if not np.any(counts % self.count) else None

    def _closed(self, days: np.ndarray) -> np.ndarray:
        return holiday_days(self.holidays, years_of(days))

    def to_json(self) -> list[Any]:
        """The count, the unit and what belongs to the unit, which :meth:`from_json` reads back."""
        more: list[Any] = [self.week, list(self.holidays)] if self.unit == "B" else [self.day] if self.day else []
        return [self.count, self.unit, *more]

    @classmethod
    def from_json(cls, record: Sequence[Any]) -> "Step":
        """Makes a step from the result of :meth:`to_json`."""
        count, unit, *more = record
        if unit == "B":
            return cls(count, unit, more[0], tuple(more[1]))
        return cls(count, unit, day=more[0] if more else "")


def find_step(
    times: np.ndarray, holidays: Sequence[str] = (), *, is_count: bool = False
) -> tuple[Step, np.ndarray] | None:
    """Finds the spacing of a series that may have gaps.

    The step is a number of months if there is at most one time a month, at one position in it; business days if no row
    is at the end of a week; and otherwise the most frequent difference in seconds. Without ``holidays`` single business
    days that have no row count as holidays, and are left out.

    Args:
      times: Times in ascending order, ``datetime64[s] [T]``, at least two.
      holidays: Days and countries whose holidays are no business days.
      is_count: True for a count of rows instead of times.

    Returns:
      The step, and the position of each time in steps from the first one, ``int [T]``; None if a time is not a whole
      number of steps from the first.
    """
    if is_count:
        found = _seconds(times)
        return (replace(found[0], unit="row"), found[1]) if found else None
    return _months(times) or _business_days(times, tuple(holidays)) or _seconds(times)


def on_grid(step: Step, times: np.ndarray, *, strict: bool = False) -> np.ndarray | None:
    """Positions of ascending times in steps from the first, ``int [T]``; None if one is not on the grid.

    Single business days that have no row are left out if the step has no holidays, unless ``strict``.
    """
    positions = step.positions(times)
    if positions is None or step.unit != "B" or step.holidays or strict:
        return positions
    absent = positions[-1] + 1 - len(times)
    return np.arange(len(times)) if absent <= max(2, CLOSED * positions[-1]) else positions


def most_frequent(gaps: np.ndarray) -> int:
    """The most frequent of some numbers ``int [N]``; the smallest, if several are."""
    counts = Counter(gaps.tolist())
    return int(min(counts, key=lambda gap: (-counts[gap], gap)))


def _seconds(times: np.ndarray) -> tuple[Step, np.ndarray] | None:
    """The most frequent difference in seconds, and positions in steps of it; None if they are not whole numbers."""
    step = Step(most_frequent(np.diff(times).astype(int)))
    positions = step.positions(times)
    return None if positions is None else (step, positions)


def _business_days(times: np.ndarray, holidays: tuple[str, ...]) -> tuple[Step, np.ndarray] | None:
    """Business days, if rows are days, on five or six days of the week alone, over two weeks or more."""
    days = times.astype("datetime64[D]")
    weekdays = np.unique((days.astype(int) + 3) % 7)  # Monday is 0
    gaps = np.diff(days).astype(int)
    if (
        len(weekdays) not in (5, 6)
        or len(days) < 10
        or (days[-1] - days[0]).astype(int) < 14
        or most_frequent(gaps) != 1
    ):
        return None
    step = Step(1, "B", "".join("1" if day in weekdays else "0" for day in range(7)), holidays)
    positions = on_grid(step, times)
    return None if positions is None else (step, positions)


def _months(times: np.ndarray) -> tuple[Step, np.ndarray] | None:
    """The step in months and positions, if all times are at one position of their month."""
    months = times.astype("datetime64[M]").astype(int)
    if np.min(np.diff(times)) < np.timedelta64(26 * DAY, "s") or np.any(np.diff(months) == 0):
        return None
    day_of_month = int(np.max((times.astype("datetime64[D]") - times.astype("datetime64[M]")).astype(int))) + 1
    count = int(np.gcd.reduce(np.diff(months)))
    for day in ("", "last", "first", str(day_of_month)):
        step = Step(count, "M", day=day)
        if (positions := step.positions(times)) is not None:
            return step, positions
    return None


def _in_months(months: np.ndarray, day: str) -> np.ndarray:
    """A day of each of ``months [N]``: the first or last business day, or one by number; ``datetime64[s] [N]``."""
    last: np.ndarray = (months + 1).astype("datetime64[D]") - 1
    if day == "first":
        days = np.busday_offset(months.astype("datetime64[D]"), 0, roll="forward")
    elif day == "last":
        days = np.busday_offset(last, 0, roll="backward")
    else:
        days = np.minimum(last, months.astype("datetime64[D]") + (int(day) - 1))
    return np.asarray(days.astype("datetime64[s]"))


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit if count == 1 else unit + 's'}"
