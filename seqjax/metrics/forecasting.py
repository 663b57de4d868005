"""Errors of forecasts."""

from dataclasses import dataclass, field

import numpy as np

from seqjax.data.timeseries.scaler import Scaler

ROUNDING = 1e-6  # error in standard deviations that float32 does not tell from 0


@dataclass
class ForecastErrors:
    """Errors of forecasts, accumulated batch by batch, so that storage does not grow with the number of windows.

    Every measure is a mean over the windows, steps and targets that were observed.

    Attributes:
      scale: Mean absolute error of the seasonal naive forecast over the training part, ``[M]``; the unit of MASE. NaN
        if there is none.
      std: Standard deviation of each target over the training part, ``[M]``; the unit of the standardised measures. 0
        if there is none.
      sums: Sums over windows ``[N, M]``, by measure.
    """

    scale: np.ndarray
    std: np.ndarray
    sums: dict[str, np.ndarray] = field(default_factory=dict)

    def add(
        self,
        forecast: np.ndarray,
        targets: np.ndarray,
        observed: np.ndarray,
        low: np.ndarray | None = None,
        high: np.ndarray | None = None,
    ) -> None:
        """Adds a batch of windows.

        Args:
          forecast: Point forecasts in the data's units, ``[B, N, M]``.
          targets: Targets in the data's units, ``[B, N, M]``.
          observed: False where a target is missing and does not count, ``bool [B, N, M]``.
          low: Lower end of a prediction interval, ``[B, N, M]``; None for point forecasts.
          high: Its upper end.
        """
        error = np.abs(targets - forecast)
        terms = {
            "count": np.ones_like(error),
            "absolute": error,
            "squared": error**2,
            "symmetric": 2 * error / np.maximum(np.abs(targets) + np.abs(forecast), np.finfo(np.float64).tiny),
        }
        if low is not None and high is not None:
            terms["covered"] = (targets >= low) & (targets <= high)
            terms["width"] = high - low
        for name, term in terms.items():
            total = np.sum(np.where(observed, term, 0), axis=0, dtype=np.float64)
            self.sums[name] = self.sums.get(name, np.zeros(())) + total

    def by_step(self) -> np.ndarray:
        """Mean absolute error at each step of the horizon, averaged over targets, ``[N]``; NaN if none is observed."""
        means: np.ndarray = self._mean("absolute", by_step=True).mean(axis=1)
        return means

    def summary(self) -> dict[str, float]:
        """All measures by name, each averaged over targets. A measure is left out if a target has no unit for it.

        - ``mae``, ``rmse``: mean absolute and root mean squared error, in the data's units;
        - ``smape``: symmetric relative error, between 0 and 2 (Makridakis 1993);
        - ``mase``: MAE relative to that of the seasonal naive forecast over the training part (Hyndman & Koehler 2006);
        - ``scaled_mae``, ``scaled_mse``: errors of the standardised series, as in the literature on ETT;
        - ``coverage``, ``width``: share of the targets within the prediction interval, and its mean width.

        Raises:
          ValueError: If a target was never observed.
        """
        if not self.sums or not self.sums["count"].sum(axis=0).all():
            raise ValueError("a target was never observed, so its forecasts have no errors")
        absolute, squared = self._mean("absolute"), self._mean("squared")
        measures = {
            "mae": absolute.mean(),
            "rmse": np.sqrt(squared.mean()),
            "smape": self._mean("symmetric").mean(),
        }
        if np.all(self.scale > 0):
            measures["mase"] = (absolute / self.scale).mean()
        if np.all(self.std > 0):
            measures["scaled_mae"] = (absolute / self.std).mean()
            measures["scaled_mse"] = (squared / self.std**2).mean()
        if "covered" in self.sums:
            measures |= {"coverage": self._mean("covered").mean(), "width": self._mean("width").mean()}
        return {name: float(value) for name, value in measures.items()}

    def _mean(self, name: str, by_step: bool = False) -> np.ndarray:
        """Means for each target ``[M]``, or for each step and target ``[N, M]``."""
        total, count = self.sums[name], self.sums["count"]
        if not by_step:
            total, count = total.sum(axis=0), count.sum(axis=0)
        means: np.ndarray = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return means


def seasonal_scale(values: np.ndarray, season: int) -> np.ndarray:
    """Mean absolute change of a series over one season: the scale of MASE (Hyndman & Koehler 2006), ``[M]``.

    Args:
      values: The training part, ``[T, M]``; NaN is ignored.
      season: Length of the season in rows, below T.

    Returns:
      The scale of each target; NaN for one that repeats itself up to rounding, or has no two values a season apart.
    """
    change = np.abs(values[season:] - values[:-season])
    observed = ~np.isnan(change)
    mean = np.where(observed, change, 0).sum(axis=0) / np.maximum(observed.sum(axis=0), 1)
    return np.where(mean > ROUNDING * Scaler.fit(values).std, mean, np.nan)
