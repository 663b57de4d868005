"""Time stamps: how a file writes them, and the grid that they stand on."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import numpy as np


@dataclass(frozen=True)
class TimeStyle:
    """How a file writes its time stamps, so that forecasts go on in the same way."""

    pattern: str = ""  # for strptime; "" is ISO 8601
    separator: str = " "  # between date and time, or "" where there is only a date
    timespec: str = "seconds"
    suffix: str = ""  # "Z", an offset such as "+10:00", or "" for a time without zone
    offset: timedelta | None = None

    @classmethod
    def of(cls, text: str, pattern: str) -> "TimeStyle":
        """The style of one time stamp."""
        stamp = parse_time(text, pattern)
        if pattern:
            return cls(pattern=pattern, offset=stamp.utcoffset())
        if len(text) <= 10:
            return cls(separator="")
        suffix = "" if stamp.tzinfo is None else ("Z" if text.endswith("Z") else stamp.isoformat()[-6:])
        clock = text[11 : len(text) - len(suffix)]
        return cls(
            separator=text[10],
            timespec="minutes" if len(clock) <= 5 else "seconds",
            suffix=suffix,
            offset=stamp.utcoffset(),
        )

    @property
    def zoned(self) -> bool:
        """Whether time stamps have a zone."""
        return self.offset is not None

    def write(self, time: np.datetime64) -> str:
        """The text of a time, given in UTC where the file has a zone."""
        stamp: datetime = time.astype("datetime64[s]").item() + (self.offset or timedelta(0))
        if self.pattern:
            zone = None if self.offset is None else timezone(self.offset)
            return stamp.replace(tzinfo=zone).strftime(self.pattern)
        if not self.separator:
            return stamp.date().isoformat()
        return stamp.isoformat(self.separator, self.timespec) + self.suffix


def parse_time(text: str, pattern: str) -> datetime:
    """A time stamp by ``strptime`` pattern, or by ISO 8601 if that is ""."""
    return datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)


def find_step(times: np.ndarray) -> tuple[np.timedelta64, np.ndarray] | None:
    """The step of the grid that rising ``times``, ``datetime64[s] [T]``, stand on, and their positions on it ``[T]``.

    The step is a number of months, or else the most frequent distance in seconds; None if not all stand on its grid.
    """
    return _months(times) or _seconds(times)


def advance(start: np.datetime64, step: np.timedelta64, counts: np.ndarray) -> np.ndarray:
    """The times ``counts`` steps after ``start``; a step in months goes from a month's last day to a last day."""
    if np.datetime_data(step.dtype)[0] != "M":
        return start + counts * step
    month = start.astype("datetime64[M]")
    within = start - month.astype("datetime64[s]")
    last_day = (start + np.timedelta64(86400, "s")).astype("datetime64[M]") != month
    if last_day:
        within = within - ((month + 1).astype("datetime64[s]") - month.astype("datetime64[s]"))
        month = month + 1
    times: np.ndarray = (month + counts * step).astype("datetime64[s]") + within
    return times


def step_name(step: np.timedelta64) -> str:
    """A span of time in words."""
    count = int(step.astype(int))
    units = {"months": 1} if np.datetime_data(step.dtype)[0] == "M" else {"days": 86400, "hours": 3600, "minutes": 60}
    unit = next((unit for unit, size in units.items() if count % size == 0), "seconds")
    count //= units.get(unit, 1)
    return f"{count} {unit if count != 1 else unit[:-1]}"


def _seconds(times: np.ndarray) -> tuple[np.timedelta64, np.ndarray] | None:
    """The step in seconds and each time's position on its grid; None if they share none."""
    gaps = np.diff(times).astype(int)
    step = Counter(gaps.tolist()).most_common(1)[0][0]
    if np.any(gaps % step):
        return None
    return np.timedelta64(step, "s"), np.concatenate([[0], np.cumsum(gaps // step)])


def _months(times: np.ndarray) -> tuple[np.timedelta64, np.ndarray] | None:
    """The step in months and positions, if rows stand at one moment of their month, or at its last day."""
    gaps = np.diff(times)
    if np.min(gaps) < np.timedelta64(28 * 86400, "s"):
        return None
    for shifted in (times, times + np.timedelta64(86400, "s")):
        within = shifted - shifted.astype("datetime64[M]").astype("datetime64[s]")
        if np.all(within == within[0]):
            months = shifted.astype("datetime64[M]").astype(int)
            step = int(np.gcd.reduce(np.diff(months)))
            return np.timedelta64(step, "M"), (months - months[0]) // step
    return None
