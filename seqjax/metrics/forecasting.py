"""Errors of forecasts."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class ForecastErrors:
    """Errors of forecasts, summed as they come, so that memory does not grow with the number of windows.

    Every measure is a mean over windows, targets and steps ahead, of entries that were observed.

    Attributes:
      scale: ``[M]``, the mean absolute error of the seasonal rule within the training part; MASE is in its units.
      std: ``[M]``, what one unit of the standardised scale is.
      sums: By measure, sums ``[N, M]`` over windows.
    """

    scale: np.ndarray
    std: np.ndarray
    sums: dict[str, np.ndarray] = field(default_factory=dict)

    def add(
        self,
        forecast: np.ndarray,
        truth: np.ndarray,
        observed: np.ndarray,
        low: np.ndarray | None = None,
        high: np.ndarray | None = None,
    ) -> None:
        """Adds windows: forecast, truth and band in the data's units and whether truth was observed, ``[B, N, M]``."""
        error = np.abs(truth - forecast)
        terms = {
            "count": np.ones_like(error),
            "absolute": error,
            "squared": error**2,
            "symmetric": 2 * error / np.maximum(np.abs(truth) + np.abs(forecast), np.finfo(np.float64).tiny),
        }
        if low is not None and high is not None:
            terms["inside"] = (truth >= low) & (truth <= high)
            terms["width"] = high - low
        for name, term in terms.items():
            total = np.sum(np.where(observed, term, 0), axis=0, dtype=np.float64)
            self.sums[name] = self.sums.get(name, np.zeros(())) + total

    def by_step(self) -> np.ndarray:
        """Mean absolute error of each step ahead, averaged over targets, ``[N]``."""
        means: np.ndarray = self._mean("absolute", by_step=True).mean(axis=1)
        return means

    def summary(self) -> dict[str, float]:
        """The measures by name.

        - ``mae``, ``rmse``: in the data's units; ``smape``: between 0 and 2 (Makridakis 1993);
        - ``mase``: MAE over the seasonal rule's within the training part (Hyndman & Koehler 2006);
        - ``scaled_mae``, ``scaled_mse``: on the standardised scale, as in the literature on ETT;
        - ``coverage``, ``width``: share of the truth inside the band, and the band's mean width.
        """
        absolute, squared = self._mean("absolute"), self._mean("squared")
        measures = {
            "mae": absolute.mean(),
            "rmse": np.sqrt(squared.mean()),
            "smape": self._mean("symmetric").mean(),
            "mase": (absolute / self.scale).mean(),
            "scaled_mae": (absolute / self.std).mean(),
            "scaled_mse": (squared / self.std**2).mean(),
        }
        if "inside" in self.sums:
            measures |= {"coverage": self._mean("inside").mean(), "width": self._mean("width").mean()}
        return {name: float(value) for name, value in measures.items()}

    def _mean(self, name: str, by_step: bool = False) -> np.ndarray:
        """Means per target ``[M]``, or per step and target ``[N, M]``."""
        total, count = self.sums[name], self.sums["count"]
        if not by_step:
            total, count = total.sum(axis=0), count.sum(axis=0)
        means: np.ndarray = total / np.maximum(count, 1)
        return means


def seasonal_scale(values: np.ndarray, season: int) -> np.ndarray:
    """The mean absolute change over one season of ``values [T, M]``, ``[M]``; missing values are passed over.

    It is 1 for a series that never changes, so that it can divide.
    """
    change = np.abs(values[season:] - values[:-season])
    seen = ~np.isnan(change)
    mean = np.where(seen, change, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return np.where(mean > 0, mean, 1.0)
