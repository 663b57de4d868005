"""The mean loss of a part of the data."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def mean_loss(loss_sums: Callable[[Any, Any], tuple[Any, Any]], params: Any, batches: Iterable[Any]) -> float:
    """The loss per entry: summed over batches in float64, divided by the number of entries.

    Args:
      loss_sums: Summed loss and number of entries of parameters and a batch.
      params: The parameters.
      batches: The batches; one entry or more.
    """
    total = np.zeros(2)
    for batch in batches:
        total += np.asarray(loss_sums(params, batch), np.float64)
    return float(total[0] / total[1])
