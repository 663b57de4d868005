"""Standardisation of the columns of a series."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

ROUNDING = 1e-13  # relative range of a column that differs by rounding alone
SMALLEST = 1e-100  # range that counts as none: its square is 0 in float64


@dataclass(frozen=True)
class Scaler:
    """Standardises columns by their mean and standard deviation over the training part.

    Attributes:
      mean: Mean of each column, ``[C]``.
      std: Standard deviation of each column, ``[C]``; 0 for a column that does not change, which is scaled to 0.
    """

    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray) -> "Scaler":
        """Fits to ``values [T, C]``, of which NaN is ignored.

        A column whose range is within rounding of its largest value counts as one that does not change. The standard
        deviation of a column without any value is 0 too.

        Raises:
          ValueError: If a value is infinite, or so large that its square is.
        """
        observed = ~np.isnan(values)
        if np.any(np.abs(values, where=observed, out=np.zeros(values.shape)) > 1e150):
            raise ValueError("values must lie between -1e150 and 1e150")
        count = np.maximum(observed.sum(axis=0), 1)

        def average(array: np.ndarray) -> np.ndarray:
            means: np.ndarray = np.where(observed, array, 0).sum(axis=0) / count
            return means

        mean = average(values)
        std = np.sqrt(average((values - mean) ** 2))
        # The sum of many large numbers is off by more than those numbers vary; that of their distances to it is not.
        rest = average(values - mean)
        mean = np.where(np.abs(rest) > 1e-9 * std, mean + rest, mean)
        std = np.where(np.abs(rest) > 1e-9 * std, np.sqrt(average((values - mean) ** 2)), std)
        low = np.min(values, axis=0, where=observed, initial=np.inf)
        high = np.max(values, axis=0, where=observed, initial=-np.inf)
        moves = high - low > np.maximum(ROUNDING * np.maximum(np.abs(low), np.abs(high)), SMALLEST)
        return cls(np.where(moves | ~observed.any(axis=0), mean, low), np.where(moves, std, 0.0))

    @property
    def constant(self) -> np.ndarray:
        """True for a column that did not change in the training part, ``bool [C]``."""
        constant: np.ndarray = self.std == 0
        return constant

    def scale(self, values: np.ndarray) -> np.ndarray:
        """Standardises ``[..., C]`` to zero mean and unit standard deviation."""
        scaled: np.ndarray = (values - self.mean) / np.where(self.constant, 1.0, self.std)
        scaled[..., self.constant] *= 0.0  # NaN stays NaN
        return scaled

    def unscale(self, values: np.ndarray) -> np.ndarray:
        """Inverts :meth:`scale` for the first M columns, the targets, ``[..., M]``."""
        width = values.shape[-1]
        unscaled: np.ndarray = values * self.std[:width] + self.mean[:width]
        return unscaled

    def to_json(self) -> dict[str, list[float]]:
        """Mean and std as lists of numbers, which :meth:`from_json` reads back exactly."""
        return {name: array.tolist() for name, array in asdict(self).items()}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Scaler":
        """Makes a scaler from the result of :meth:`to_json`."""
        return cls(np.array(record["mean"]), np.array(record["std"]))
