"""Time stamps: their format in a file, and their regular spacing."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import numpy as np


@dataclass(frozen=True)
class TimeStyle:
    """Format of the time stamps of a file, in which forecasts are written too.

    Attributes:
      pattern: Format for ``strptime``; "" is ISO 8601.
      separator: Character between date and time; "" for dates alone.
      timespec: "minutes" or "seconds", the last field of the time.
      suffix: "Z", an offset such as "+10:00", or "" for times without a zone.
      offset: Offset of the zone from UTC; None for times without a zone.
    """

    pattern: str = ""
    separator: str = " "
    timespec: str = "seconds"
    suffix: str = ""
    offset: timedelta | None = None

    @classmethod
    def of(cls, text: str, pattern: str) -> "TimeStyle":
        """Finds the style of one time stamp."""
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
        """True if the time stamps have a zone."""
        return self.offset is not None

    def write(self, time: np.datetime64) -> str:
        """Writes a time in this style; it is given in UTC if the style has a zone."""
        stamp: datetime = time.astype("datetime64[s]").item() + (self.offset or timedelta(0))
        if self.pattern:
            zone = None if self.offset is None else timezone(self.offset)
            return stamp.replace(tzinfo=zone).strftime(self.pattern)
        if not self.separator:
            return stamp.date().isoformat()
        return stamp.isoformat(self.separator, self.timespec) + self.suffix


def parse_time(text: str, pattern: str) -> datetime:
    """Parses a time stamp by a pattern for ``strptime``, or as ISO 8601 if the pattern is "".

    Raises:
      ValueError: If the text does not have this form.
    """
    return datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)


def find_step(times: np.ndarray) -> tuple[np.timedelta64, np.ndarray] | None:
    """Finds the spacing of a series that may have gaps.

    The step is a number of months if every time has the same position in its month, counted from the start or from the
    end, and otherwise the most frequent difference in seconds.

    Args:
      times: Times in ascending order, ``datetime64[s] [T]``, at least two.

    Returns:
      The step, and the position of each time in steps from the first one, ``int [T]``; None if a time is not a whole
      number of steps from the first.
    """
    return _months(times) or _seconds(times)


def advance(start: np.datetime64, step: np.timedelta64, counts: np.ndarray) -> np.ndarray:
    """Times ``counts [N]`` steps after ``start``; a step in months leads from a month's last day to a last day."""
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
    """Writes a span of time in words, such as "30 minutes" or "1 day"."""
    count = int(step.astype(int))
    units = {"months": 1} if np.datetime_data(step.dtype)[0] == "M" else {"days": 86400, "hours": 3600, "minutes": 60}
    unit = next((unit for unit, size in units.items() if count % size == 0), "seconds")
    count //= units.get(unit, 1)
    return f"{count} {unit if count != 1 else unit[:-1]}"


def _seconds(times: np.ndarray) -> tuple[np.timedelta64, np.ndarray] | None:
    """The most frequent difference in seconds, and positions in steps of it; None if they are not whole numbers."""
    gaps = np.diff(times).astype(int)
    step = Counter(gaps.tolist()).most_common(1)[0][0]
    if np.any(gaps % step):
        return None
    return np.timedelta64(step, "s"), np.concatenate([[0], np.cumsum(gaps // step)])


def _months(times: np.ndarray) -> tuple[np.timedelta64, np.ndarray] | None:
    """The step in months and positions, if all times are at one moment of their month, or of its last day."""
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
