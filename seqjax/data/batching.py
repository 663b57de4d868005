"""The order in which examples are seen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqjax.tokens import PAD

if TYPE_CHECKING:
    import grain


def shuffled(count: int, batch_size: int, seed: int) -> "grain.MapDataset[np.ndarray]":
    """Batches of indices below ``count``, without end: every index once an epoch, each epoch in an order of its own.

    Batch number ``step`` is ``shuffled(...)[step]``, whatever was read before. So the position of a run in its data
    is its step, and a resumed run needs to know nothing else.
    """
    return _shuffled_indices(count, seed).batch(batch_size)


def _shuffled_indices(count: int, seed: int) -> "grain.MapDataset[int]":
    """Indices below ``count``, without end: each epoch in an order of its own."""
    import grain  # imports Orbax too, which takes longer than JAX

    return grain.MapDataset.range(count).seed(seed).shuffle().repeat()


def in_order(indices: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """All ``indices`` in batches; the last may be shorter."""
    return [indices[start : start + batch_size] for start in range(0, len(indices), batch_size)]


def padded(ids: Sequence[np.ndarray], width: int) -> np.ndarray:
    """Sequences of at most ``width`` numbers as one array, ``int32 [B, width]``, PAD behind each."""
    array = np.full((len(ids), width), PAD, np.int32)
    for row, each in enumerate(ids):
        array[row, : len(each)] = each
    return array


def by_length(
    lengths: np.ndarray, widths: Sequence[int], batch_size: int, order: np.ndarray | None = None
) -> list[tuple[int, np.ndarray]]:
    """Batches of sequences of similar length, so that few shapes serve all and little of each is padding.

    A sequence goes to the first width that holds it. What is left of a width after its last whole batch goes up to the
    next one, so that one batch at most, the last, is not whole.

    Args:
      lengths: Length of each sequence, ``[N]``, at most the last width.
      widths: The widths, rising.
      batch_size: Sequences in a batch.
      order: In which order they are taken, ``[N]``; None takes them by length, so that least is padding.

    Returns:
      Pairs of width and indices ``[batch_size]``, narrow ones first.
    """
    order = np.argsort(lengths, kind="stable") if order is None else order
    place = np.searchsorted(widths, lengths[order])
    batches: list[tuple[int, np.ndarray]] = []
    left = order[:0]
    for index, width in enumerate(widths):
        rows = np.concatenate([left, order[place == index]])
        whole = len(rows) - len(rows) % batch_size if index < len(widths) - 1 else len(rows)
        batches += [(width, some) for some in in_order(rows[:whole], batch_size)]
        left = rows[whole:]
    return batches


class ShuffledByLength:
    """Batches of :func:`by_length` without end: each epoch in an order of its own, and batches of all widths mixed.

    As with :func:`shuffled`, batch number ``step`` is the same whatever was read before.

    Args:
      lengths: As for :func:`by_length`.
      widths: As for :func:`by_length`.
      batch_size: As for :func:`by_length`.
      seed: Of the order.
    """

    def __init__(self, lengths: np.ndarray, widths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths, self._widths, self._batch_size = lengths, widths, batch_size
        self._examples = _shuffled_indices(len(lengths), seed)
        self._epoch, self._batches = 0, self._group(0)
        self.steps_per_epoch = len(self._batches)  # The same for all: it depends on the lengths alone.
        self._places = _shuffled_indices(self.steps_per_epoch, seed + 1)

    def __getitem__(self, step: int) -> tuple[int, np.ndarray]:
        """The width and the indices of the batch of a step."""
        epoch = step // self.steps_per_epoch
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._group(epoch)
        return self._batches[int(self._places[step])]

    def _group(self, epoch: int) -> list[tuple[int, np.ndarray]]:
        count = len(self._lengths)
        order = np.array([self._examples[epoch * count + index] for index in range(count)])
        return by_length(self._lengths, self._widths, self._batch_size, order)
