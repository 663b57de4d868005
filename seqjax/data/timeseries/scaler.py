"""Standardisation of the columns of a series."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Scaler:
    """Standardises columns by their mean and standard deviation over the training part.

    Attributes:
      mean: Mean of each column, ``[C]``.
      std: Standard deviation of each column, ``[C]``, above 0.
    """

    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray) -> "Scaler":
        """Fits to ``values [T, C]``, of which NaN is ignored; a constant column gets a standard deviation of 1."""
        observed = ~np.isnan(values)
        count = np.maximum(observed.sum(axis=0), 1)
        mean = np.where(observed, values, 0).sum(axis=0) / count
        std = np.sqrt((np.where(observed, values - mean, 0) ** 2).sum(axis=0) / count)
        return cls(mean, np.where(std > 0, std, 1.0))

    def scale(self, values: np.ndarray) -> np.ndarray:
        """Standardises ``[..., C]`` to zero mean and unit standard deviation."""
        scaled: np.ndarray = (values - self.mean) / self.std
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
