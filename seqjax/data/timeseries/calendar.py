"""Calendar features of time stamps, which are known for any future step."""

from collections.abc import Sequence
from datetime import UTC
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from seqjax.errors import InputError


def local_times(times: np.ndarray, zone: str) -> np.ndarray:
    """Converts times from UTC to the local time of a zone such as "Australia/Melbourne", ``datetime64[s] [T]``.

    Raises:
      InputError: If the time-zone database has no such zone.
    """
    try:
        info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"there is no time zone {zone!r}; give one such as 'Europe/Berlin'") from None
    # Clocks change on the full or half hour of UTC, so one look-up per half hour is enough.
    halves, inverse = np.unique(times.astype("datetime64[30m]"), return_inverse=True)
    stamps = halves.astype("datetime64[s]").tolist()
    offsets = [stamp.replace(tzinfo=UTC).astimezone(info).utcoffset() for stamp in stamps]
    local: np.ndarray = times + np.array(offsets, "timedelta64[s]")[inverse]
    return local


HARMONICS = 3  # enough for the profile of a day with two peaks, such as that of electricity demand
# Periods of the cycles in seconds.
CYCLES = {"time_of_day": 86400, "day_of_week": 7 * 86400, "day_of_year": 365.2425 * 86400}


def calendar_features(times: np.ndarray, cycles: Sequence[str]) -> np.ndarray:
    """Fourier terms of the calendar's cycles, ``float32 [T, 2 * HARMONICS * C]``.

    Each of the C cycles contributes the sine and the cosine of 1, 2, ... HARMONICS times its phase.

    Args:
      times: Local times, ``datetime64[s] [T]``.
      cycles: Any of "time_of_day", "day_of_week", "day_of_year".

    Raises:
      InputError: If there is no such cycle.
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
