"""Batches of whole pieces, padded to a few sizes so that few programs are compiled."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqjax.data.batching import by_length
from seqjax.data.music.pitches import KEYS

SIZE_MULTIPLE = 8  # bucket sizes are multiples of it


class PieceBatch(NamedTuple):
    """Whole pieces of up to T + 1 frames: every frame but the first is predicted from those before it.

    Attributes:
      frames: 1 where a key sounds, ``uint8 [B, T + 1, 88]``; 0 after the end of a piece.
      lengths: Frames of each piece that are predicted, one less than it has, ``int32 [B]``; 0 for an empty row.
    """

    frames: np.ndarray
    lengths: np.ndarray


def padded_rolls(pieces: Sequence[np.ndarray], frames: int) -> np.ndarray:
    """Pieces of at most ``frames`` frames as one array, ``uint8 [B, frames, 88]``, padded with silence."""
    array = np.zeros((len(pieces), frames, KEYS), np.uint8)
    for row, piece in enumerate(pieces):
        array[row, : len(piece)] = piece
    return array


def piece_batch(pieces: Sequence[np.ndarray], size: int, rows: int) -> PieceBatch:
    """Pieces as a batch of one shape.

    Args:
      pieces: At most ``rows`` rolls ``[T, 88]``, T at most ``size + 1``.
      size: Predicted frames that a row has room for.
      rows: Rows B; rows without a piece are empty.
    """
    lengths = np.zeros(rows, np.int32)
    lengths[: len(pieces)] = [len(piece) - 1 for piece in pieces]
    empty = np.zeros((0, KEYS), np.uint8)
    return PieceBatch(padded_rolls([*pieces, *[empty] * (rows - len(pieces))], size + 1), lengths)


def piece_batches(pieces: Sequence[np.ndarray], rows: int) -> list[tuple[PieceBatch, np.ndarray]]:
    """All pieces, sorted by length, in batches of at most two sizes.

    Returns:
      Pairs of a batch of ``rows`` rows, and the indices of the pieces in it, ``[rows]`` or fewer.
    """
    lengths = np.array([len(piece) - 1 for piece in pieces], int)
    buckets = by_length(lengths, bucket_sizes(lengths, 2), rows)
    return [(piece_batch([pieces[index] for index in indices], size, rows), indices) for size, indices in buckets]


def bucket_sizes(lengths: np.ndarray, count: int) -> tuple[int, ...]:
    """At most ``count`` rising sizes, multiples of 8: about as many lengths fall into each, and the last holds all."""
    ordered = np.sort(lengths)
    ends = [int(ordered[-(-len(lengths) * n // count) - 1]) for n in range(1, count + 1)]
    return tuple(sorted({-(-end // SIZE_MULTIPLE) * SIZE_MULTIPLE for end in ends}))
