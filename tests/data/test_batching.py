"""Batches: their order, and their buckets by length."""

import numpy as np

from seqjax.data.batching import ShuffledByLength, by_length, in_order, shuffled


def test_shuffled_holds_every_index_once_an_epoch_and_epochs_differ():
    batches = shuffled(12, 4, seed=0)
    epochs = [np.concatenate([batches[3 * epoch + step] for step in range(3)]) for epoch in range(2)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(12))
    assert not np.array_equal(*epochs)


def test_shuffled_depends_on_the_step_and_the_seed_alone():
    one, other = shuffled(100, 7, seed=3), shuffled(100, 7, seed=3)
    one[0]
    np.testing.assert_array_equal(one[50], other[50])
    assert not np.array_equal(shuffled(100, 7, seed=4)[50], other[50])


def test_shuffled_takes_a_batch_larger_than_the_data():
    assert len(shuffled(3, 8, seed=0)[0]) == 8


def test_in_order_drops_nothing():
    batches = in_order(np.arange(10), 4)
    assert [len(batch) for batch in batches] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate(batches), np.arange(10))


LENGTHS = np.random.default_rng(0).integers(0, 40, 333)
BUCKET_SIZES = (10, 20, 40)


def test_by_length_holds_everything_once_in_buckets_that_fit():
    for order in (None, np.random.default_rng(1).permutation(len(LENGTHS))):
        batches = by_length(LENGTHS, BUCKET_SIZES, 16, order)
        np.testing.assert_array_equal(np.sort(np.concatenate([rows for _, rows in batches])), np.arange(len(LENGTHS)))
        assert all(LENGTHS[rows].max() <= size for size, rows in batches)
        assert [len(rows) for _, rows in batches[:-1]] == [16] * (len(batches) - 1)
    by_bucket = [sum(len(rows) for size, rows in batches if size == each) for each in BUCKET_SIZES]
    fitting = [np.sum((low < LENGTHS) & (high >= LENGTHS)) for low, high in ((-1, 10), (10, 20), (20, 40))]
    assert by_bucket[0] == fitting[0] - fitting[0] % 16, "the rest moves up to the next bucket"
    assert sum(by_bucket) == sum(fitting)


def test_shuffled_by_length_holds_everything_once_an_epoch_mixes_buckets_and_depends_on_the_step_alone():
    batches = ShuffledByLength(LENGTHS, BUCKET_SIZES, 16, seed=0)
    steps = batches.steps_per_epoch
    epochs = [[batches[epoch * steps + step] for step in range(steps)] for epoch in range(2)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(np.concatenate([rows for _, rows in epoch])), np.arange(len(LENGTHS)))
        sizes = [size for size, _ in epoch]
        assert sizes != sorted(sizes)
    assert not np.array_equal(epochs[0][0][1], epochs[1][0][1])
    size, rows = ShuffledByLength(LENGTHS, BUCKET_SIZES, 16, seed=0)[steps + 3]
    assert size == epochs[1][3][0]
    np.testing.assert_array_equal(rows, epochs[1][3][1])


def test_by_length_makes_one_batch_of_fewer_sequences():
    assert [(size, sorted(rows)) for size, rows in by_length(np.array([3, 15]), BUCKET_SIZES, 16)] == [(40, [0, 1])]
