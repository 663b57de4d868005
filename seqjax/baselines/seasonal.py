"""Simple forecasters that a model has to beat."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from seqjax.data.timeseries.windows import Windows


def seasonal_naive(windows: Windows, origins: np.ndarray, season: int) -> np.ndarray:
    """The value ``season`` rows earlier (1: the last value), ``[B, N, M]``, standardised.

    Where a season is shorter than the horizon, the last one is repeated. A season may reach beyond the look-back.
    """
    lag = np.arange(windows.horizon) % season - season
    return windows.targets[origins[:, None] + lag]


class LinearMap:
    """Least squares from a target's own window, and the covariates' windows, to its future.

    Each target has a map of its own. A slight ridge keeps it defined where columns depend on each other.
    """

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights  # [M, F + 1, N]

    @classmethod
    def fit(cls, windows: Windows, batches: Iterable[np.ndarray], columns: int, ridge: float = 1e-4) -> "LinearMap":
        """Fits on the windows at the origins in ``batches``, of which it sees the first ``columns`` columns."""
        targets = windows.targets.shape[1]
        gram: list[Any] = [0.0] * targets
        moment: list[Any] = [0.0] * targets
        for origins in batches:
            batch = windows.gather(origins)
            for target in range(targets):
                features = _features(batch.inputs, target, targets, columns)
                gram[target] = gram[target] + features.T @ features
                moment[target] = moment[target] + features.T @ batch.targets[:, :, target]
        weights = []
        for g, m in zip(gram, moment, strict=True):
            penalty = ridge * np.trace(g) / len(g) * np.eye(len(g))
            weights.append(np.linalg.solve(g + penalty, m))
        return cls(np.stack(weights).astype(np.float32))

    def __call__(self, windows: Windows, origins: np.ndarray, columns: int) -> np.ndarray:
        """The forecast ``[B, N, M]``, standardised."""
        past = windows.past(origins)
        targets = len(self.weights)
        forecasts = [_features(past, m, targets, columns) @ self.weights[m] for m in range(targets)]
        return np.stack(forecasts, axis=-1)


def _features(past: np.ndarray, target: int, targets: int, columns: int) -> np.ndarray:
    """``[B, F + 1]``: the window of one target, those of the covariates, and a one."""
    rows = len(past)
    own, others = past[:, :, target], past[:, :, targets:columns].reshape(rows, -1)
    return np.concatenate([own, others, np.ones((rows, 1), past.dtype)], axis=1)
