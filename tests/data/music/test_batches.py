"""Batches of pieces: sizes, padding, and which pieces they hold."""

import numpy as np

from seqjax.data.music.batches import bucket_sizes, padded_rolls, piece_batch, piece_batches
from seqjax.data.synthetic import progressions

PIECES = progressions(5).pieces


def test_padded_rolls_pad_with_silence():
    array = padded_rolls([PIECES[0], PIECES[1][:0]], len(PIECES[0]) + 2)
    np.testing.assert_array_equal(array[0, :-2], PIECES[0])
    assert not array[0, -2:].any()
    assert not array[1].any()


def test_piece_batch_fills_up_with_empty_rows():
    batch = piece_batch(PIECES[:2], 60, 3)
    assert batch.frames.shape == (3, 61, 88)
    assert batch.lengths.tolist() == [len(PIECES[0]) - 1, len(PIECES[1]) - 1, 0]
    np.testing.assert_array_equal(batch.frames[1, : len(PIECES[1])], PIECES[1])
    assert not batch.frames[2].any()


def test_piece_batches_hold_every_piece_once():
    batches = piece_batches(PIECES, 2)
    assert sorted(index for _, indices in batches for index in indices) == [0, 1, 2, 3, 4]
    assert len({batch.frames.shape for batch, _ in batches}) <= 2
    for batch, indices in batches:
        for index, length, frames in zip(indices, batch.lengths, batch.frames, strict=False):
            np.testing.assert_array_equal(frames[: length + 1], PIECES[index])


def test_bucket_sizes_hold_every_length():
    lengths = np.array([3, 8, 9, 20, 21, 60])
    assert bucket_sizes(lengths, 1) == (64,)
    assert bucket_sizes(lengths, 3) == (8, 24, 64)
    assert bucket_sizes(np.array([5, 5]), 3) == (8,)
