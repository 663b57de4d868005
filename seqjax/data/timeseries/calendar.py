"""Calendar features of time stamps, which are known for any future step."""

from collections.abc import Sequence

import numpy as np

from seqjax.data.timeseries.holiday_days import is_holiday
from seqjax.errors import InputError

HARMONICS = 3  # enough for the profile of a day with two peaks, such as that of electricity demand
# Periods of the cycles in seconds.
CYCLES = {"time_of_day": 86400, "day_of_week": 7 * 86400, "day_of_year": 365.2425 * 86400}
HOLIDAY = "holiday"


def calendar_width(cycles: Sequence[str]) -> int:
    """Number of features of :func:`calendar_features`."""
    return sum(1 if cycle == HOLIDAY else 2 * HARMONICS for cycle in cycles)


def calendar_features(times: np.ndarray, cycles: Sequence[str], holidays: Sequence[str] = ()) -> np.ndarray:
    """Fourier terms of the calendar's cycles, and holidays, ``float32 [T, calendar_width(cycles)]``.

    A cycle contributes the sine and the cosine of 1, 2, ... HARMONICS times its phase; "holiday" is 1 on a holiday and
    0 on other days.

    Args:
      times: Local times, ``datetime64[s] [T]``.
      cycles: Any of "time_of_day", "day_of_week", "day_of_year" and "holiday".
      holidays: Days and countries; see :func:`~seqjax.data.timeseries.holiday_days.holiday_days`.

    Raises:
      InputError: If there is no such cycle.
    """
    for cycle in cycles:
        if cycle not in CYCLES and cycle != HOLIDAY:
            raise InputError(f"data.calendar has {cycle!r}; it may have {', '.join(map(repr, (*CYCLES, HOLIDAY)))}")
    # Day 4 of the epoch was a Monday; the year is counted from its own first day.
    seconds = times.astype("datetime64[s]").astype(np.int64).astype(np.float64)
    in_year = (times - times.astype("datetime64[Y]").astype("datetime64[s]")).astype(np.float64)
    features = []
    for cycle in cycles:
        if cycle == HOLIDAY:
            features.append(is_holiday(times, holidays).astype(np.float64))
            continue
        since = in_year if cycle == "day_of_year" else seconds - 4 * 86400
        phase = 2 * np.pi * since / CYCLES[cycle]
        for harmonic in range(1, HARMONICS + 1):
            features += [np.sin(harmonic * phase), np.cos(harmonic * phase)]
    return np.stack(features, axis=1).astype(np.float32) if features else np.zeros((len(times), 0), np.float32)
