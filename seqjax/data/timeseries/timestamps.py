"""Time stamps: their format in a file, and their regular spacing."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import numpy as np

from seqjax.errors import InputError

# Date and time of ISO 8601 in the extended form, such as 2014-01-31T13:30:00+10:00.
EXTENDED = re.compile(r"\d{4}-\d\d-\d\d(\D)\d\d(:\d\d(?P<seconds>:\d\d([.,]\d+)?)?)?(Z|[+-][\d:]+)?")
# Fields of strptime that say nothing without another one: the field, those that serve, and their name.
NEEDED = (
    ("I", "pcX", "%p, morning or afternoon"),
    ("UW", "aAwu", "%a, the day of the week"),
    ("d", "mbB", "%m, the month"),
)


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
        offset = stamp.isoformat(timespec="seconds")[19:]
        suffix = "Z" if offset and text.endswith("Z") else offset
        extended = EXTENDED.fullmatch(text)
        if extended is None:
            return cls(separator="T", suffix=suffix, offset=stamp.utcoffset())
        timespec = "seconds" if extended["seconds"] else "minutes"
        return cls(separator=extended[1], timespec=timespec, suffix=suffix, offset=stamp.utcoffset())

    @property
    def zoned(self) -> bool:
        """True if the time stamps have a zone."""
        return self.offset is not None

    @property
    def local_clock(self) -> bool:
        """True if the time stamps have a time of day but no zone: clocks may have been changed among them."""
        hours = any(field in self.pattern for field in ("%H", "%I", "%c", "%X")) if self.pattern else self.separator
        return bool(hours) and not self.zoned

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
    if pattern:
        return datetime.strptime(text, pattern)
    if text.isdecimal() and len(text) != 8:  # A number is no date, though Python reads 1711011200000 as one of 1711.
        raise ValueError(f"{text!r} is a number")
    return datetime.fromisoformat(text)


def pattern_of(text: str) -> str:
    """The pattern of a time stamp that is a month of ISO 8601, such as 1949-01, which Python does not read; else ""."""
    return "%Y-%m" if re.fullmatch(r"\d{4}-\d\d", text) else ""


def check_pattern(pattern: str) -> None:
    """Checks that a pattern for ``strptime`` can be read and tells times apart.

    Raises:
      InputError: With the field that is unknown or missing.
    """
    fields = set(re.findall(r"%(.)", pattern.replace("%%", "")))
    try:
        datetime.strptime("", pattern)
    except re.error:
        raise InputError(f"data.time_format is {pattern!r}, which has a field twice; give each once") from None
    except ValueError as error:
        if "directive" in str(error) or "stray" in str(error):
            raise InputError(
                f"data.time_format is {pattern!r}, which is no format for strptime ({error}); "
                "give one such as '%d.%m.%Y %H:%M'"
            ) from None
    if not fields & {*"YyGcx"}:
        raise InputError(f"data.time_format is {pattern!r}, which has no year; add %Y to it and to the time stamps")
    for field, serves, name in NEEDED:
        if fields & {*field} and not fields & {*serves}:
            raise InputError(
                f"data.time_format is {pattern!r}, but %{min(fields & {*field})} means nothing without {name}"
            )


def time_advice(text: str) -> str:
    """Advice on a time stamp that is not in ISO 8601."""
    years = {4: "%Y", 6: "%Y%m"}
    if text.isdecimal() and len(text) in years:
        return f"if it is a {'month' if len(text) == 6 else 'year'}, set data.time_format to {years[len(text)]!r}"
    if re.fullmatch(r"-?\d+([.,]\d+)?", text):
        return "numbers, such as seconds since 1970, are no time stamps; write dates"
    return "set data.time_format to its form, such as '%d.%m.%Y %H:%M'"


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


def most_frequent(gaps: np.ndarray) -> int:
    """The most frequent of some numbers ``int [N]``; the smallest, if several are."""
    counts = Counter(gaps.tolist())
    return int(min(counts, key=lambda gap: (-counts[gap], gap)))


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
    step = most_frequent(gaps)
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
