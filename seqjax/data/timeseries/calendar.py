"""Time stamps as numbers that a model can learn from: known ahead of time for any future step."""

from collections.abc import Sequence
from datetime import UTC
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from seqjax.errors import InputError


def local_times(times: np.ndarray, zone: str) -> np.ndarray:
    """Times in UTC, ``datetime64[s] [T]``, on the clock of a zone such as "Australia/Melbourne".

    Raises:
      InputError: For a zone that the time-zone database does not have.
    """
    try:
        info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"there is no time zone {zone!r}; give one such as 'Europe/Berlin'") from None
    # Clocks are changed on the full or half hour of UTC, so one look-up for each half hour is enough.
    halves, inverse = np.unique(times.astype("datetime64[30m]"), return_inverse=True)
    stamps = halves.astype("datetime64[s]").tolist()
    offsets = [stamp.replace(tzinfo=UTC).astimezone(info).utcoffset() for stamp in stamps]
    local: np.ndarray = times + np.array(offsets, "timedelta64[s]")[inverse]
    return local


HARMONICS = 3  # A day of electricity demand has two peaks and a night; three harmonics draw them.
CYCLES = {"time_of_day": 86400, "day_of_week": 7 * 86400, "day_of_year": 365.2425 * 86400}


def calendar(times: np.ndarray, cycles: Sequence[str]) -> np.ndarray:
    """Where times stand in the cycles of the calendar, as ``float32 [T, 2 * HARMONICS * cycles]``.

    Each cycle contributes the sine and cosine of its phase and of the phase's multiples.

    Args:
      times: ``datetime64[s] [T]``, local time.
      cycles: Any of "time_of_day", "day_of_week", "day_of_year".

    Raises:
      InputError: For another cycle.
    """
    for cycle in cycles:
        if cycle not in CYCLES:
            raise InputError(f"data.calendar has {cycle!r}; it may have {', '.join(map(repr, CYCLES))}")
    # Day 4 of the epoch was a Monday; the year is counted from its own first day.
    seconds = times.astype("datetime64[s]").astype(np.int64).astype(np.float64)
    in_year = (times - times.astype("datetime64[Y]").astype("datetime64[s]")).astype(np.float64)
    features = []
    for cycle in cycles:
        since = in_year if cycle == "day_of_year" else seconds - 4 * 86400
        phase = 2 * np.pi * since / CYCLES[cycle]
        for harmonic in range(1, HARMONICS + 1):
            features += [np.sin(harmonic * phase), np.cos(harmonic * phase)]
    return np.stack(features, axis=1).astype(np.float32) if features else np.zeros((len(times), 0), np.float32)
