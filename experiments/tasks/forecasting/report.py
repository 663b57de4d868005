"""Baselines and plots of the forecasting test."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from seqjax.baselines.linear import LinearRegression
from seqjax.baselines.seasonal import seasonal_naive
from seqjax.data.batching import in_order
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.windows import Windows
from seqjax.plots.forecasting import Panel

# From the origins of windows to standardised forecasts ``[B, N, M]``.
Baseline = Callable[[np.ndarray], np.ndarray]

FITTED = 10_000  # windows that the linear regression is fitted to; neighbouring ones differ in one row
FIT_BATCH = 256  # of these at once


def seasonal_baselines(windows: Windows, seasons: Sequence[int], step: Step) -> dict[str, Baseline]:
    """The last value, and the value each of ``seasons`` rows earlier, by name."""
    baselines: dict[str, Baseline] = {"last value": partial(seasonal_naive, windows, season=1)}
    for season in sorted(seasons):
        baselines[season_name(season, step)] = partial(seasonal_naive, windows, season=season)
    return baselines


def linear_regression(windows: Windows, origins: np.ndarray, columns: int) -> Baseline:
    """The linear regression of a window's future on its past, fitted to about ``FITTED`` windows.

    Args:
      windows: Windows of the series.
      origins: Origins of the training windows.
      columns: Leading columns of the inputs that are read.
    """
    stride = max(len(origins) // FITTED, 1)
    fitted = LinearRegression.fit(windows, in_order(origins[::stride], FIT_BATCH), columns)
    return partial(fitted, windows)


def season_name(season: int, step: Step) -> str:
    """Name of the baseline that forecasts the value ``season`` rows earlier."""
    lag = season * step
    if lag.unit == "B" and season == lag.week.count("1"):
        return "same day last week"
    if lag.name == "1 year" and step.name in ("1 month", "1 quarter"):
        return f"same {step.name[2:]} last year"
    names = {"1 day": "same time yesterday", "1 week": "same time last week"}
    return names.get(lag.name, f"{lag.name} before")


def spread(origins: np.ndarray, count: int = 4) -> np.ndarray:
    """Picks ``count`` evenly spaced origins, the first and the last among them."""
    picked: np.ndarray = origins[np.linspace(0, len(origins) - 1, count).astype(int)]
    return picked


def forecast_panels(
    series: Series, origins: np.ndarray, quantiles: np.ndarray, baseline: np.ndarray, timezone: str
) -> list[Panel]:
    """Panels of the first target's forecasts, each with twice as many rows of its past.

    Args:
      series: The series.
      origins: First rows of the forecasts, ``[B]``.
      quantiles: Forecasts of the model, ``[B, N, M, Q]``.
      baseline: Forecasts of a baseline, ``[B, N, M]``.
      timezone: Time zone of the time axis; "" takes the times as they are in the file.
    """
    horizon = quantiles.shape[1]
    times = series.local_times(timezone)
    panels = []
    for origin, forecast, other in zip(origins, quantiles, baseline, strict=True):
        rows = slice(origin - 2 * horizon, origin + horizon)
        panels.append(Panel(times[rows], series.values[rows, 0], forecast[:, 0], other[:, 0]))
    return panels
