"""Seasonal naive forecasts."""

import numpy as np

from seqjax.baselines.seasonal import seasonal_naive
from seqjax.data.timeseries.windows import Windows


def test_seasonal_naive_repeats_the_last_season():
    values = np.arange(20, dtype=np.float32)[:, None]
    nothing, observed = np.zeros((20, 0), np.float32), np.ones((20, 1), bool)
    windows = Windows(inputs=values, known=nothing, targets=values, observed=observed, lookback=4, horizon=5)
    np.testing.assert_array_equal(seasonal_naive(windows, np.array([10]), 1)[0, :, 0], [9, 9, 9, 9, 9])
    np.testing.assert_array_equal(seasonal_naive(windows, np.array([10]), 3)[0, :, 0], [7, 8, 9, 7, 8])
    np.testing.assert_array_equal(seasonal_naive(windows, np.array([10]), 7)[0, :, 0], [3, 4, 5, 6, 7])
