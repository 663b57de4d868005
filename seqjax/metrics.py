"""What forecasts, classifications and compositions are judged by."""

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


def confusion(predicted: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """How often each class (rows) was taken for each (columns): ``[C, C]`` from indices ``[N]``."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (truth, predicted), 1)
    return counts


def calibration(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> np.ndarray:
    """By how sure a classifier was: rows of count, mean confidence and accuracy, ``[bins, 3]``.

    A row is a bin of the probability that the predicted class was given, of equal width between 0 and 1 (Guo et al.
    2017, section 2); an empty one holds zeros.

    Args:
      probabilities: ``[N, C]``.
      truth: Index of the true class, ``[N]``.
      bins: Number of bins.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    counts, sure, hits = (np.bincount(place, each, bins) for each in (np.ones_like(confidence), confidence, right))
    filled = np.maximum(counts, 1)
    return np.stack([counts, sure / filled, hits / filled], axis=1)


def classification_measures(probabilities: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Measures of predicted probabilities ``[N, C]`` given the true classes ``[N]``, by name.

    - ``accuracy``; ``f1``: its mean over classes (a class that is neither there nor predicted has 0);
    - ``log_loss``: mean negative logarithm of the true class's probability, in nats; a probability counts as 1e-12 at
      least;
    - ``calibration_error``: mean distance of confidence and accuracy over 15 bins, weighted by their counts (Guo et
      al. 2017, equation 3).
    """
    counts = confusion(probabilities.argmax(axis=1), truth, probabilities.shape[1])
    hits, either = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)
    weights, confidence, right = calibration(probabilities, truth).T
    given = probabilities[np.arange(len(truth)), truth]
    measures = {
        "accuracy": hits.sum() / len(truth),
        "f1": (2 * hits / np.maximum(either, 1)).mean(),
        "log_loss": -np.log(np.maximum(given, 1e-12)).mean(),
        "calibration_error": (weights * np.abs(confidence - right)).sum() / len(truth),
    }
    return {name: float(value) for name, value in measures.items()}


def frame_measures(log_odds: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Measures of the log-odds ``[T, D]`` that each of D keys sounds, given what does, by name.

    - ``nll``: negative log-probability in nats, summed over keys, its mean over frames (Boulanger-Lewandowski et al.
      2012, section 6);
    - ``accuracy``: TP / (TP + FP + FN) over all frames together, of keys that are likelier than not to sound (Bay et
      al. 2009, section 3); 1 where nothing sounds and nothing was said to.
    """
    odds = np.asarray(log_odds, np.float64)
    said, sounds = odds > 0, truth > 0
    either = np.sum(said | sounds)
    return {
        "nll": float((np.logaddexp(0, odds) - odds * sounds).sum(axis=1).mean()),
        "accuracy": float(np.sum(said & sounds) / either) if either else 1.0,
    }
