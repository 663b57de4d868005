"""Holidays, by their dates or by country."""

import importlib.util
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from seqjax.errors import InputError


def holiday_days(entries: Sequence[str], years: Sequence[int]) -> np.ndarray:
    """The holidays of some years in ascending order, ``datetime64[D] [N]``.

    Args:
      entries: Dates such as "2024-12-24", and countries by their code in ISO 3166 with or without a part, such as "DE"
        or "AU-VIC", whose public holidays the package ``holidays`` knows.
      years: The years; dates of other years are returned too.

    Raises:
      InputError: For an entry that is neither, or a country without the package.
    """
    days = [np.datetime64(entry, "D") for entry in entries if is_date(entry)]
    for entry in entries:
        if not is_date(entry):
            days += [np.datetime64(day, "D") for day in _of_country(entry, tuple(years))]
    return np.unique(np.array(days, "datetime64[D]"))


def is_date(entry: str) -> bool:
    """True for a date such as "2024-12-24"."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", entry):
        return False
    try:
        np.datetime64(entry, "D")
    except ValueError:
        return False
    return True


def years_of(times: np.ndarray) -> range:
    """The years from the first to the last of some times, ``datetime64 [T]`` in any order."""
    years = np.array([np.min(times), np.max(times)]).astype("datetime64[Y]").astype(int) + 1970
    return range(int(years[0]), int(years[1]) + 1)


def is_holiday(times: np.ndarray, entries: Sequence[str]) -> np.ndarray:
    """True for each of local times ``datetime64[s] [T]`` that is on a holiday, ``bool [T]``."""
    if len(times) == 0:
        return np.zeros(0, bool)
    return np.isin(times.astype("datetime64[D]"), holiday_days(entries, years_of(times)))


@lru_cache(maxsize=64)
def _of_country(entry: str, years: tuple[int, ...]) -> Iterable[str]:
    """The public holidays of a country, ISO dates."""
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,4})?", entry):
        raise InputError(
            f"data.holidays has {entry!r}; give a date such as '2024-12-24' or a country such as 'DE' or 'AU-VIC'"
        )
    if importlib.util.find_spec("holidays") is None:
        raise InputError(
            f"data.holidays has the country {entry!r}, which needs the package holidays; install seqjax with its extra "
            "'tables', or give dates"
        )
    import holidays

    country, _, part = entry.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError:
        raise InputError(f"data.holidays has {entry!r}, whose holidays the package holidays does not know") from None
    return [day.isoformat() for day in sorted(found)]
