"""Times on the clock of a zone, and from it to UTC."""

from datetime import UTC
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from seqjax.errors import InputError


def time_zone(zone: str) -> ZoneInfo:
    """The zone of a name such as "Australia/Melbourne".

    Raises:
      InputError: If the time-zone database has no such zone.
    """
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"there is no time zone {zone!r}; give one such as 'Europe/Berlin'") from None


def local_times(times: np.ndarray, zone: str) -> np.ndarray:
    """Converts times from UTC to the local time of a zone such as "Australia/Melbourne", ``datetime64[s] [T]``.

    Raises:
      InputError: If the time-zone database has no such zone.
    """
    info = time_zone(zone)
    # Clocks change on the full or half hour of UTC, so one look-up per half hour is enough.
    halves, inverse = np.unique(times.astype("datetime64[30m]"), return_inverse=True)
    stamps = halves.astype("datetime64[s]").tolist()
    offsets = [stamp.replace(tzinfo=UTC).astimezone(info).utcoffset() for stamp in stamps]
    local: np.ndarray = times + np.array(offsets, "timedelta64[s]")[inverse]
    return local


def utc_times(clock: np.ndarray, zone: str) -> tuple[np.ndarray, np.ndarray]:
    """Converts times on the clock of a zone to UTC.

    Of an hour that the clock shows twice, in autumn, the first of two equal times is the earlier one. A time that is
    there once is the earlier one too.

    Args:
      clock: Times on the clock, in the order of the file, ``datetime64[s] [T]``.
      zone: Name of the zone.

    Returns:
      The times in UTC, and True for each that the clock never shows, ``bool [T]``.

    Raises:
      InputError: If the time-zone database has no such zone.
    """
    info = time_zone(zone)
    quarters, inverse = np.unique(clock.astype("datetime64[15m]"), return_inverse=True)
    stamps = [stamp.replace(tzinfo=info) for stamp in quarters.astype("datetime64[s]").tolist()]
    folds = [
        np.array([stamp.replace(fold=fold).utcoffset() for stamp in stamps], "timedelta64[s]")[inverse]
        for fold in (0, 1)
    ]
    second = np.zeros(len(clock), bool)
    doubled = np.flatnonzero(folds[0] > folds[1])
    seen: set[int] = set()
    for row, time in zip(doubled, clock[doubled].astype(np.int64).tolist(), strict=True):
        second[row] = time in seen
        seen.add(time)
    return clock - np.where(second, folds[1], folds[0]), folds[0] < folds[1]
