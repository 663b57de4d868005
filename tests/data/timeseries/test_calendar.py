"""Local times and calendar features."""

import numpy as np
import pytest

from seqjax.data.timeseries.calendar import HARMONICS, calendar_features, local_times
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
