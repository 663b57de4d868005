"""Local times and calendar features."""

import numpy as np
import pytest

from seqjax.data.timeseries.calendar import HARMONICS, calendar_features, calendar_width
from seqjax.data.timeseries.local_time import local_times, utc_times
from seqjax.errors import InputError


def times(*texts: str) -> np.ndarray:
    return np.array(texts, "datetime64[s]")


def test_local_times_follow_daylight_saving():
    utc = times("2024-01-01T00:00", "2024-07-01T00:00", "2024-04-06T15:59:59", "2024-04-06T16:00:00")
    local = times("2024-01-01T11:00", "2024-07-01T10:00", "2024-04-07T02:59:59", "2024-04-07T02:00:00")
    np.testing.assert_array_equal(local_times(utc, "Australia/Melbourne"), local)


def test_local_times_in_a_zone_with_an_offset_in_minutes():
    np.testing.assert_array_equal(local_times(times("2024-01-01T00:10"), "Asia/Kathmandu"), times("2024-01-01T05:55"))


def test_local_times_names_an_unknown_zone():
    with pytest.raises(InputError, match="no time zone 'Mars/Base'"):
        local_times(times("2024-01-01"), "Mars/Base")


def test_calendar_features_repeat_and_start_at_midnight_monday_and_new_year():
    # 1 January 2024 was a Monday: every cycle starts, so every sine is 0 and every cosine 1.
    cycles = ("time_of_day", "day_of_week", "day_of_year")
    features = calendar_features(times("2024-01-01", "2024-01-01T06:00", "2024-01-08"), cycles)
    assert features.shape == (3, 2 * HARMONICS * 3)
    np.testing.assert_allclose(features[0], np.tile([0, 1], 9), atol=1e-6)
    np.testing.assert_allclose(features[1, :2], [1, 0], atol=1e-6)  # a quarter of a day
    np.testing.assert_allclose(features[2, :12], features[0, :12], atol=1e-6)


def test_calendar_features_names_an_unknown_cycle():
    with pytest.raises(InputError, match="'moon'"):
        calendar_features(times("2024-01-01"), ("moon",))


def test_holiday_is_a_feature_of_its_own():
    days = times("2024-12-23", "2024-12-24T13:00", "2024-12-25")
    cycles = ("day_of_week", "holiday")
    features = calendar_features(days, cycles, ("2024-12-24",))
    assert features.shape == (3, calendar_width(cycles)) == (3, 2 * HARMONICS + 1)
    np.testing.assert_array_equal(features[:, -1], [0, 1, 0])


def test_utc_times_tell_the_doubled_hour_apart_by_order_and_find_the_one_that_is_not_there():
    utc = times("2024-10-26T22:00") + np.arange(8) * np.timedelta64(1800, "s")
    clock = local_times(utc, "Europe/Berlin")
    assert len(np.unique(clock)) < len(clock)
    for rows in (slice(None), slice(0, 5)):
        np.testing.assert_array_equal(utc_times(clock[rows], "Europe/Berlin")[0], utc[rows])
    _, absent = utc_times(times("2024-03-31T01:30", "2024-03-31T02:00", "2024-03-31T03:00"), "Europe/Berlin")
    np.testing.assert_array_equal(absent, [False, True, False])
