"""Sums over a part of the data, and its mean loss."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def summed(sums: Callable[[Any, Any], Any], params: Any, batches: Iterable[Any]) -> np.ndarray:
    """The K sums of each batch, added up in float64, ``[K]``.

    Args:
      sums: K numbers of parameters and a batch.
      params: The parameters.
      batches: The batches; one or more.
    """
    total: Any = 0.0
    for batch in batches:
        total = total + np.asarray(sums(params, batch), np.float64)
    return np.asarray(total)


def mean_loss(loss_sums: Callable[[Any, Any], tuple[Any, Any]], params: Any, batches: Iterable[Any]) -> float:
    """The loss per entry of batches: their summed loss, divided by the number of entries.

    Args:
      loss_sums: Summed loss and number of entries of parameters and a batch.
      params: The parameters.
      batches: The batches; one entry or more.
    """
    loss, count = summed(loss_sums, params, batches)
    return float(loss / count)
