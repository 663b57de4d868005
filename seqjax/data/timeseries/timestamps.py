"""Time stamps: texts of a file in, times and their format out, and back."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np

from seqjax.data.timeseries.local_time import local_times, time_zone
from seqjax.errors import InputError

# Date and time of ISO 8601 in the extended form, such as 2014-01-31T13:30:00+10:00.
EXTENDED = re.compile(r"\d{4}-\d\d-\d\d(\D)\d\d(:\d\d(?P<seconds>:\d\d([.,]\d+)?)?)?(Z|[+-][\d:]+)?")
ZONE = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)$")
MIDNIGHT = re.compile(r"(.*\d[T ])24:00(:00)?$")
# Fields of strptime that say nothing without another one: the field, those that serve, and their name.
NEEDED = (
    ("I", "pcX", "%p, morning or afternoon"),
    ("UW", "aAwu", "%a, the day of the week"),
    ("d", "mbB", "%m, the month"),
    ("V", "G", "%G, the year of the week"),
    ("q", "Y", "%Y, the year"),
)
EPOCH = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}  # since 1970, in parts of a second
ROWS = "rows"  # numbers that count rows


class Stamps(NamedTuple):
    """Times as they were read.

    Attributes:
      clock: On the clock on which they were written, ``datetime64[s] [T]``.
      offsets: Offset of this clock from UTC, ``timedelta64[s] [T]``; None if the stamps have no zone.
    """

    clock: np.ndarray
    offsets: np.ndarray | None = None


@dataclass(frozen=True)
class TimeStyle:
    """Format of the time stamps of a file, in which forecasts are written too.

    Attributes:
      pattern: Format for ``strptime`` in which %q is a quarter; "s", "ms", "us" or "ns" for the time since 1970; "rows"
        for a count; "" for ISO 8601.
      separator: Character between date and time; "" for dates alone.
      timespec: "minutes" or "seconds", the last field of the time.
      suffix: "Z", an offset such as "+10:00", or "" for times without a zone.
      offset: Offset of the zone from UTC; None for times without a zone.
      timezone: Zone of the clock of the stamps, if it is set forward and back; else "".
      is_local: True if the times of the series are on the clock of the stamps though these have a zone.
    """

    pattern: str = ""
    separator: str = " "
    timespec: str = "seconds"
    suffix: str = ""
    offset: timedelta | None = None
    timezone: str = ""
    is_local: bool = False

    @classmethod
    def of(cls, text: str, pattern: str) -> "TimeStyle":
        """Finds the style of one time stamp."""
        if pattern in EPOCH:
            return cls(pattern=pattern, offset=timedelta(0))
        if pattern == ROWS or "%q" in pattern or ("%V" in pattern and "%u" not in pattern):
            return cls(pattern=pattern)
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
    def is_count(self) -> bool:
        """True if the stamps count rows."""
        return self.pattern == ROWS

    @property
    def in_utc(self) -> bool:
        """True if the times of the series are in UTC, False if they are on the clock of the stamps."""
        return not self.is_local and (self.zoned or bool(self.timezone))

    @property
    def local_clock(self) -> bool:
        """True if the time stamps have a time of day but no zone: clocks may have been changed among them."""
        if self.pattern in EPOCH or self.pattern == ROWS or self.timezone:
            return False
        hours = any(field in self.pattern for field in ("%H", "%I", "%c", "%X")) if self.pattern else self.separator
        return bool(hours) and not self.zoned

    def local(self, times: np.ndarray, zone: str) -> np.ndarray:
        """Times of the series on the clock of a zone, or that of the stamps if they have none, ``datetime64[s] [T]``.

        With the zone "" times that are in UTC stay so, unless the stamps were written on the clock of a zone.
        """
        zone = self.timezone or zone
        return local_times(times, zone) if zone and self.in_utc else times

    def write(self, time: np.datetime64) -> str:
        """Writes a time of the series in this style."""
        if self.in_utc and self.timezone:
            time = local_times(np.array([time]), self.timezone)[0]
        elif self.in_utc and self.offset is not None:
            time = time + np.timedelta64(self.offset)
        if self.pattern in EPOCH:
            return str(int(time.astype("datetime64[s]").astype(int)) * EPOCH[self.pattern])
        if self.pattern == ROWS:
            return str(int(time.astype("datetime64[s]").astype(int)))
        stamp: datetime = time.astype("datetime64[s]").item()
        offset, suffix = self.offset, self.suffix
        if self.zoned and self.is_local and self.timezone:
            offset = stamp.replace(tzinfo=time_zone(self.timezone)).utcoffset()
            suffix = stamp.replace(tzinfo=timezone(offset or timedelta(0))).isoformat(timespec="seconds")[19:]
        if self.pattern:
            zone = None if offset is None else timezone(offset)
            pattern = self.pattern.replace("%q", str((stamp.month + 2) // 3))
            return stamp.replace(tzinfo=zone).strftime(pattern)
        if not self.separator:
            return stamp.date().isoformat()
        return stamp.isoformat(self.separator, self.timespec) + suffix


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


def read_stamps(texts: np.ndarray, pattern: str) -> tuple[Stamps, np.ndarray]:
    """Reads time stamps of one format.

    Args:
      texts: The stamps, without spaces around them, ``object [T]``.
      pattern: Their format; see :class:`TimeStyle`.

    Returns:
      The times, and True for each stamp that could not be read, ``bool [T]``; its time is arbitrary.
    """
    if pattern in EPOCH or pattern == ROWS:
        return _read_numbers(texts, pattern)
    if "%q" in pattern:
        quarter = {str(number): str(3 * number - 2) for number in range(1, 5)}
        form = re.escape(pattern).replace("%q", "(?P<q>[1-4])").replace("%Y", r"(?P<Y>\d{4})")
        found = [re.fullmatch(form, text, re.IGNORECASE) for text in texts]
        texts = np.array([f"{each['Y']}-{quarter[each['q']]}" if each else "" for each in found], object)
        pattern = "%Y-%m"
    elif "%V" in pattern and not re.search("%[uaAw]", pattern):
        texts, pattern = texts + " 1", pattern + " %u"
    clock, offsets, bad = _to_datetime(texts, pattern)
    for row in np.flatnonzero(bad):  # forms that pandas does not read
        try:
            after = MIDNIGHT.match(texts[row])
            stamp = parse_time(f"{after[1]}00:00{after[2] or ''}" if after else texts[row], pattern)
        except (ValueError, re.error):
            continue
        offset = stamp.utcoffset()
        bad[row] = stamp.microsecond > 0
        clock[row] = np.datetime64(stamp.replace(tzinfo=None), "s") + np.timedelta64(86400 if after else 0, "s")
        offsets[row] = np.timedelta64("NaT") if offset is None else np.timedelta64(offset)
    return Stamps(clock, None if np.isnat(offsets[~bad]).all() else offsets), bad


def _to_datetime(texts: np.ndarray, pattern: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times and offsets, NaT for none, by pandas, and True where it reads none in whole seconds."""
    import pandas as pd

    nothing = np.full(len(texts), np.timedelta64("NaT"), "timedelta64[s]")
    form = pattern or "ISO8601"
    if not pattern:  # pandas reads "now", "2024" and a missing value too
        texts = np.array([text if text[:1].isdigit() and len(text) > 7 else "" for text in texts], object)
    try:
        times = pd.to_datetime(texts, format=form, errors="coerce")
    except (ValueError, re.error):  # offsets differ, or pandas does not know the pattern
        times = None
    if times is not None and times.tz is None:
        clock = times.to_numpy().astype("datetime64[s]")
        return clock, nothing, np.isnat(clock) | (clock != times.to_numpy())
    if times is None and "%z" not in form and pattern:
        return np.full(len(texts), np.datetime64("NaT"), "datetime64[s]"), nothing, np.ones(len(texts), bool)
    written = [ZONE.search(text, 10) for text in texts]
    utc = pd.to_datetime(texts, format=form, errors="coerce", utc=True).tz_localize(None).to_numpy()
    seconds = utc.astype("datetime64[s]")
    offsets = np.array([_offset(each[0]) if each else "NaT" for each in written], "timedelta64[s]")
    bad = np.isnat(seconds) | (seconds != utc)
    return np.where(np.isnat(offsets), seconds, seconds + offsets), offsets, bad


def _offset(text: str) -> np.timedelta64:
    """The offset from UTC that ends a time stamp, such as "+01:00", "-0930", "+10" or "Z"."""
    digits = text[1:].replace(":", "").ljust(4, "0")
    seconds = 0 if text == "Z" else 3600 * int(digits[:2]) + 60 * int(digits[2:4])
    return np.timedelta64(-seconds if text[0] == "-" else seconds, "s")


def _read_numbers(texts: np.ndarray, pattern: str) -> tuple[Stamps, np.ndarray]:
    """Times since 1970, in UTC, or counts of rows."""
    scale = EPOCH.get(pattern, 1)
    numbers = np.array([int(text) if re.fullmatch(r"-?\d{1,20}", text) else None for text in _whole(texts)], object)
    bad = np.array([each is None or each % scale != 0 or abs(each // scale) > 253_402_300_799 for each in numbers])
    seconds = np.array([0 if wrong else each // scale for each, wrong in zip(numbers, bad, strict=True)], np.int64)
    clock = seconds.astype("datetime64[s]")
    return Stamps(clock, None if pattern == ROWS else np.zeros(len(clock), "timedelta64[s]")), bad


def _whole(texts: np.ndarray) -> list[str]:
    """Texts of numbers without a fraction of zeros."""
    return [re.sub(r"\.0*$", "", text) for text in texts]


def check_pattern(pattern: str) -> None:
    """Checks that a pattern for ``strptime`` can be read and tells times apart.

    Raises:
      InputError: With the field that is unknown or missing.
    """
    if pattern in EPOCH or pattern == ROWS:
        return
    fields = set(re.findall(r"%(.)", pattern.replace("%%", "")))
    try:
        datetime.strptime("", pattern.replace("%q", "1"))
    except re.error:
        raise InputError(f"data.time_format is {pattern!r}, which has a field twice; give each once") from None
    except ValueError as error:
        if "directive" in str(error) or "stray" in str(error):
            raise InputError(
                f"data.time_format is {pattern!r}, which is no format for strptime ({error}); "
                "give one such as '%d.%m.%Y %H:%M', or 's' or 'ms' for the time since 1970"
            ) from None
    if not fields & {*"YyGcx"}:
        raise InputError(f"data.time_format is {pattern!r}, which has no year; add %Y to it and to the time stamps")
    for field, serves, name in NEEDED:
        if fields & {*field} and not fields & {*serves}:
            raise InputError(
                f"data.time_format is {pattern!r}, but %{min(fields & {*field})} means nothing without {name}"
            )


def time_fault(text: str, pattern: str, place: str) -> InputError:
    """The sentence on a time stamp that cannot be read."""
    shown = repr(text if len(text) <= 40 else text[:40] + "...")
    if not text:
        return InputError(f"{place}: the time stamp is missing; fill it in, or set data.skip_lines if it is no row")
    try:
        stamp = parse_time(text, pattern) if pattern not in EPOCH and pattern != ROWS else None
        if stamp is not None and stamp.tzinfo is not None:
            stamp.astimezone(UTC)
    except OverflowError:
        return InputError(f"{place}: {shown} is outside the years 1 to 9999")
    except (ValueError, re.error):
        stamp = None
    if stamp is not None and stamp.microsecond:
        return InputError(
            f"{place}: {shown} has a fraction of a second; give times in whole seconds, or set data.time_column to '' "
            "to count the rows"
        )
    wanted = (
        f"of the form {pattern!r}; write it so, or set another data.time_format"
        if pattern
        else "in ISO 8601, such as 2014-01-31 13:30; set data.time_format to its form, such as '%d.%m.%Y %H:%M'"
    )
    return InputError(f"{place}: {shown} is not a time stamp {wanted}")
