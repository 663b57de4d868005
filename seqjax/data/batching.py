"""The order in which examples are seen."""

import grain
import numpy as np


def shuffled(count: int, batch_size: int, seed: int) -> grain.MapDataset[np.ndarray]:
    """Batches of indices below ``count``, without end: every index once an epoch, each epoch in an order of its own.

    Batch number ``step`` is ``shuffled(...)[step]``, whatever was read before. So the position of a run in its data
    is its step, and a resumed run needs to know nothing else.
    """
    indices = grain.MapDataset.range(count).seed(seed).shuffle().repeat()
    return indices.batch(batch_size)


def in_order(indices: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """All ``indices`` in batches; the last may be shorter."""
    return [indices[start : start + batch_size] for start in range(0, len(indices), batch_size)]
