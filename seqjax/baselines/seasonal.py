"""Seasonal naive forecasts."""

import numpy as np

from seqjax.data.timeseries.windows import Windows


def seasonal_naive(windows: Windows, origins: np.ndarray, season: int) -> np.ndarray:
    """Forecasts the value one season earlier (Hyndman & Athanasopoulos 2021, section 5.2).

    Where a season is shorter than the horizon, the last season is repeated. The season may be longer than the
    look-back of the windows.

    Args:
      windows: Windows of the series.
      origins: First rows to forecast, ``[B]``, each at least ``season``.
      season: Length of the season in rows; 1 repeats the last value.

    Returns:
      Standardised forecasts ``[B, N, M]``.
    """
    lag = np.arange(windows.horizon) % season - season
    return windows.targets[origins[:, None] + lag]
