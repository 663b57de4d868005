"""Linear regression of the future on the window before it."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from seqjax.data.timeseries.windows import Windows


class LinearRegression:
    """Least squares from the past of a target and of the covariates to the target's future.

    Each target and each step of the horizon has weights of its own; other targets are not read. A small ridge penalty
    keeps the weights defined where columns are linearly dependent. A missing target counts as the value held in its
    place.

    Attributes:
      weights: ``float32 [M, F + 1, N]`` for the F features of a window, and the intercept last.
      columns: Leading columns of the inputs that are read: the targets and the covariates.
    """

    def __init__(self, weights: np.ndarray, columns: int) -> None:
        self.weights, self.columns = weights, columns

    @classmethod
    def fit(
        cls, windows: Windows, batches: Iterable[np.ndarray], columns: int, ridge: float = 1e-4
    ) -> "LinearRegression":
        """Fits to windows of a series.

        Args:
          windows: Windows of the series.
          batches: Origins of the windows to fit to, in batches ``[B]``.
          columns: Leading columns of the inputs that are read: the targets and the covariates.
          ridge: Penalty on the squared weights, relative to the mean sum of squares of a feature.
        """
        targets = windows.targets.shape[1]
        gram: list[Any] = [0.0] * targets
        moment: list[Any] = [0.0] * targets
        for origins in batches:
            batch = windows.batch(origins)
            for target in range(targets):
                features = _features(batch.inputs, target, targets, columns)
                gram[target] = gram[target] + features.T @ features
                moment[target] = moment[target] + features.T @ batch.targets[:, :, target]
        weights = []
        for g, m in zip(gram, moment, strict=True):
            penalty = ridge * np.trace(g) / len(g) * np.eye(len(g))
            weights.append(np.linalg.solve(g + penalty, m))
        return cls(np.stack(weights).astype(np.float32), columns)

    def __call__(self, windows: Windows, origins: np.ndarray) -> np.ndarray:
        """Standardised forecasts of the windows at ``origins [B]``, ``[B, N, M]``."""
        past, targets = windows.past(origins), len(self.weights)
        forecasts = [_features(past, m, targets, self.columns) @ self.weights[m] for m in range(targets)]
        return np.stack(forecasts, axis=-1)


def _features(past: np.ndarray, target: int, targets: int, columns: int) -> np.ndarray:
    """Past of one target and of the covariates, and a one, ``[B, F + 1]``."""
    rows = len(past)
    own, others = past[:, :, target], past[:, :, targets:columns].reshape(rows, -1)
    return np.concatenate([own, others, np.ones((rows, 1), past.dtype)], axis=1)
