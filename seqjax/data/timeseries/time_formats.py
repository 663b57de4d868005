"""The format of time stamps, found from the stamps of a file."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from seqjax.data.timeseries.step import find_step
from seqjax.data.timeseries.timestamps import EPOCH, ROWS, Stamps, read_stamps, time_fault
from seqjax.errors import InputError

ISO = re.compile(r"\d{4}-\d\d-\d\d([T _]\S+)?|\d{8}T\d\d.*|\d{4}-?W\d\d-?\d.*")
YEARS = (1500, 2200)  # four digits between are a year
# Numbers by their count of digits, in the order in which they are tried.
NUMBERS = {4: ("%Y",), 6: ("%Y%m",), 8: ("%Y%m%d",), 9: ("s",), 10: ("%Y%m%d%H", "s"), 12: ("%Y%m%d%H%M",)} | {
    13: ("ms",),
    14: ("%Y%m%d%H%M%S",),
    16: ("us",),
    19: ("ns",),
}
MONTH = r"[^\W\d_]{3,9}"
# Dates: their form, and the formats that it may have; S stands for the separator.
DATES = (
    (r"\d{4}([./-])\d{1,2}", ("%YS%m",)),
    (r"\d{1,2}([./-])\d{4}", ("%mS%Y",)),
    (r"\d{4}M\d{1,2}", ("%YM%m",)),
    (r"\d{4}([./ -])\d{1,2}\1\d{1,2}", ("%YS%mS%d",)),
    (r"\d{1,2}([./ -])\d{1,2}\1\d{4}", ("%dS%mS%Y", "%mS%dS%Y")),
    (r"\d{1,2}([./ -])\d{1,2}\1\d{2}", ("%dS%mS%y", "%mS%dS%y", "%yS%mS%d")),
    (rf"\d{{4}}([ -]?){MONTH}", ("%YS%b", "%YS%B")),
    (rf"{MONTH}([ -]?)\d{{4}}", ("%bS%Y", "%BS%Y")),
    (rf"{MONTH}([ -])\d{{2}}", ("%bS%y", "%BS%y")),
    (rf"\d{{1,2}}([ ./-]?){MONTH}\1\d{{4}}", ("%dS%bS%Y", "%dS%BS%Y")),
    (rf"\d{{1,2}}([ ./-]?){MONTH}\1\d{{2}}", ("%dS%bS%y", "%dS%BS%y")),
    (rf"\d{{4}}([ -]){MONTH}\1\d{{1,2}}", ("%YS%bS%d", "%YS%BS%d")),
    (rf"{MONTH}( )\d{{1,2}}, \d{{4}}", ("%bS%d, %Y", "%BS%d, %Y")),
    (rf"{MONTH}( )\d{{1,2}} \d{{4}}", ("%bS%d %Y", "%BS%d %Y")),
)
TIME = re.compile(
    r"(?P<gap>[T ]|, )(?P<hour>\d{1,2})(?P<colon>[:.h])(?P<minute>\d\d)?"
    r"(?P<second>(?P=colon)\d\d)?(?P<fraction>\.\d+)?(?P<noon> ?[AaPp][Mm])?(?P<zone> ?(?:Z|[+-]\d\d:?\d\d))?$"
)
QUARTER = (r"(\d{4})(\s?[-/_.:]?\s?[Qq])([1-4])", r"([Qq])([1-4])([-/_.: ]?)(\d{4})")


def find_stamps(texts: np.ndarray, place: Callable[[int], str]) -> tuple[Stamps, str, str]:
    """Reads time stamps of any usual format.

    Args:
      texts: The stamps, without spaces around them, ``object [T]``.
      place: From a row to its line and column, for messages.

    Returns:
      The times, their format (see :class:`~seqjax.data.timeseries.timestamps.TimeStyle`), and a remark on it, "" for
      ISO 8601.

    Raises:
      InputError: For a stamp that cannot be read, and a date that may be read in two ways.
    """
    lengths = Counter(len(text) for text in texts if text)
    usual = max(lengths, key=lambda length: (lengths[length], length), default=0)
    sample = next((text for text in texts if len(text) == usual), "")
    if ISO.fullmatch(sample):
        return _only(texts, "", place), "", ""
    if re.fullmatch(r"-?\d+(\.0*)?", sample):
        return _find_number(texts, place)
    readings: dict[str, Stamps] = {}
    fault: tuple[int, str] | None = None
    for pattern in _patterns(sample):
        stamps, bad = read_with_dates(texts, pattern)
        if not bad.any():
            readings[pattern] = stamps
        elif fault is None or np.argmax(bad) > fault[0]:
            fault = int(np.argmax(bad)), pattern
    if not readings:
        row, pattern = fault or (int(np.argmax(texts == sample)), "")
        raise time_fault(texts[row], pattern, place(row))
    pattern = _decide(readings, texts, place)
    if "%y" in pattern and np.any(np.diff(readings[pattern].clock[:2000]) < np.timedelta64(-20 * 365 * 86400, "s")):
        raise InputError(f"{place(0)}: years of two digits, such as in {texts[0]!r}, leap by a century; write four")
    known = pattern in ("%Y-%m",) or "%q" in pattern or "%V" in pattern
    return readings[pattern], pattern, "" if known else f"are read with data.time_format={pattern!r}"


def _patterns(sample: str) -> Iterator[str]:
    """Formats that a stamp may have."""
    for form in QUARTER:
        if found := re.fullmatch(form, sample):
            groups = found.groups()
            year_first = len(groups) == 3
            yield f"%Y{groups[1]}%q" if year_first else f"{groups[0]}%q{groups[2]}%Y"
    if found := re.fullmatch(r"\d{4}([- ]?[Ww])\d\d", sample):
        yield f"%G{found[1]}%V"
    time = TIME.search(sample)
    date = sample[: time.start()] if time else sample
    suffix = ""
    if time:
        suffix = time["gap"] + ("%I" if time["noon"] else "%H") + time["colon"] + ("%M" if time["minute"] else "")
        suffix += (time["colon"] + "%S" if time["second"] else "") + ("." + "%f" if time["fraction"] else "")
        suffix += time["noon"][:-2] + "%p" if time["noon"] else ""
        suffix += (" " if (time["zone"] or "").startswith(" ") else "") + ("%z" if time["zone"] else "")
    for form, patterns in DATES:
        if found := re.fullmatch(form, date):
            separator = found[1] if found.re.groups else ""
            yield from (pattern.replace("S", separator) + suffix for pattern in patterns)


def read_with_dates(texts: np.ndarray, pattern: str) -> tuple[Stamps, np.ndarray]:
    """Reads stamps as :func:`read_stamps` does; those of midnight may be dates alone."""
    stamps, bad = read_stamps(texts, pattern)
    date = re.split(r"(?:[T ]|, )%[HI]", pattern)[0]
    if bad.any() and date != pattern and stamps.offsets is None:
        days, bad_days = read_stamps(texts[bad], date)
        stamps.clock[bad] = days.clock
        bad[bad] = bad_days
    return stamps, bad


def _decide(readings: dict[str, Stamps], texts: np.ndarray, place: Callable[[int], str]) -> str:
    """The reading that makes a series without gaps, if several are possible."""
    first, *others = readings
    distinct = [first, *(other for other in others if np.any(readings[other].clock != readings[first].clock))]
    if len(distinct) == 1:
        return first
    complete = [pattern for pattern in distinct if _is_complete(readings[pattern].clock)]
    if len(complete) == 1:
        return complete[0]
    row = int(np.argmax(readings[distinct[0]].clock != readings[distinct[1]].clock))
    dates = " or ".join(str(readings[pattern].clock[row].astype("datetime64[D]")) for pattern in distinct)
    keys = " or ".join(map(repr, distinct))
    raise InputError(f"{place(row)}: {texts[row]!r} is {dates}; set data.time_format to {keys}")


def _is_complete(clock: np.ndarray) -> bool:
    times = np.unique(clock)
    found = find_step(times) if len(times) == len(clock) > 1 else None
    return found is not None and int(found[1][-1]) == len(times) - 1


def _only(texts: np.ndarray, pattern: str, place: Callable[[int], str]) -> Stamps:
    """The times of stamps of one format; raises ``InputError`` for the first that has another."""
    stamps, bad = read_stamps(texts, pattern)
    if bad.any():
        row = int(np.argmax(bad))
        raise time_fault(texts[row], pattern, place(row))
    return stamps


def _find_number(texts: np.ndarray, place: Callable[[int], str]) -> tuple[Stamps, str, str]:
    """Reads numbers: years, months and days without separators, times since 1970, or counts of rows."""
    lengths = {len(text.partition(".")[0]) for text in texts}
    for pattern in NUMBERS.get(lengths.pop(), ()) if len(lengths) == 1 else ():
        stamps, bad = read_stamps(texts, pattern)
        years = stamps.clock.astype("datetime64[Y]").astype(int) + 1970
        if not bad.any() and np.all((years >= YEARS[0]) & (years <= YEARS[1])):
            meaning = "since 1970" if pattern in EPOCH else ""
            if pattern == "%Y":
                return stamps, pattern, ""
            return stamps, pattern, f"are read with data.time_format={pattern!r} {meaning}".rstrip()
    return _only(texts, ROWS, place), ROWS, "are read as a count of rows; data.time_format says otherwise"
