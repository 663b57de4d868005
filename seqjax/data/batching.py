"""Batches of examples: shuffled without end, in order, or grouped by length."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqjax.tokens import PAD

if TYPE_CHECKING:
    import grain


def shuffled(count: int, batch_size: int, seed: int) -> "grain.MapDataset[np.ndarray]":
    """Endless batches of shuffled indices below ``count``; every epoch holds each index once, in an order of its own.

    ``shuffled(...)[step]`` is batch number ``step``, a pure function of the step. The step is therefore all that a
    resumed run has to know of its position in the data.

    Args:
      count: Number of examples, at least 1.
      batch_size: Examples in a batch. It may be larger than ``count``: a batch then spans epochs.
      seed: Source of the order.
    """
    return _shuffled_indices(count, seed).batch(batch_size)


def _shuffled_indices(count: int, seed: int) -> "grain.MapDataset[int]":
    """Endless shuffled indices below ``count``: each epoch in an order of its own."""
    import grain  # imports Orbax too, which takes longer than JAX

    return grain.MapDataset.range(count).seed(seed).shuffle().repeat()


def in_order(indices: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Divides ``indices [N]`` into consecutive batches; the last one may be smaller."""
    return [indices[start : start + batch_size] for start in range(0, len(indices), batch_size)]


def padded(ids: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Stacks sequences of at most ``length`` ids into one array ``int32 [B, length]``, with PAD at their ends.

    Sequences of frames ``[T, D]`` become ``float32 [B, length, D]``, with zeros at their ends.
    """
    frame = ids[0].shape[1:] if ids else ()
    array = np.full((len(ids), length, *frame), PAD, np.float32 if frame else np.int32)
    for row, each in enumerate(ids):
        array[row, : len(each)] = each
    return array


def by_length(
    lengths: np.ndarray, bucket_sizes: Sequence[int], batch_size: int, order: np.ndarray | None = None
) -> list[tuple[int, np.ndarray]]:
    """Groups sequences of similar length into batches, so that few shapes are compiled and little is padding.

    A sequence goes to the smallest bucket that holds it. The sequences that do not fill a bucket's last batch move up
    to the next bucket, so that only the very last batch may be incomplete.

    Args:
      lengths: Length of each sequence, ``[N]``, at most the largest bucket size.
      bucket_sizes: Lengths to pad to, in ascending order.
      batch_size: Sequences in a batch.
      order: Order in which the sequences are taken, ``[N]``; None takes them by length, which pads least.

    Returns:
      Pairs of bucket size and indices ``[batch_size]``, smallest buckets first.
    """
    order = np.argsort(lengths, kind="stable") if order is None else order
    bucket = np.searchsorted(bucket_sizes, lengths[order])
    batches: list[tuple[int, np.ndarray]] = []
    rest = order[:0]
    for index, size in enumerate(bucket_sizes):
        rows = np.concatenate([rest, order[bucket == index]])
        full = len(rows) - len(rows) % batch_size if index < len(bucket_sizes) - 1 else len(rows)
        batches += [(size, batch) for batch in in_order(rows[:full], batch_size)]
        rest = rows[full:]
    return batches


class ShuffledByLength:
    """Endless batches of :func:`by_length`: each epoch is shuffled anew, and so is the order of its batches.

    As with :func:`shuffled`, a batch is a pure function of its step.

    Args:
      lengths: Length of each sequence, ``[N]``, at most the largest bucket size.
      bucket_sizes: Lengths to pad to, in ascending order.
      batch_size: Sequences in a batch.
      seed: Source of the order.

    Attributes:
      steps_per_epoch: Batches in an epoch, the same for every epoch.
    """

    def __init__(self, lengths: np.ndarray, bucket_sizes: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths, self._bucket_sizes, self._batch_size = lengths, bucket_sizes, batch_size
        self._examples = _shuffled_indices(len(lengths), seed)
        self._epoch, self._batches = 0, self._group(0)
        self.steps_per_epoch = len(self._batches)  # It depends on the lengths alone, not on their order.
        self._positions = _shuffled_indices(self.steps_per_epoch, seed + 1)

    def __getitem__(self, step: int) -> tuple[int, np.ndarray]:
        """The bucket size and the indices of batch number ``step``."""
        epoch = step // self.steps_per_epoch
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._group(epoch)
        return self._batches[int(self._positions[step])]

    def _group(self, epoch: int) -> list[tuple[int, np.ndarray]]:
        count = len(self._lengths)
        order = np.array([self._examples[epoch * count + index] for index in range(count)])
        return by_length(self._lengths, self._bucket_sizes, self._batch_size, order)
