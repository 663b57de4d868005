"""The order of examples."""

import numpy as np

from seqjax.data.batching import ShuffledByLength, by_length, in_order, shuffled


def test_an_epoch_holds_every_index_once_and_epochs_differ():
    batches = shuffled(12, 4, seed=0)
    epochs = [np.concatenate([batches[3 * epoch + step] for step in range(3)]) for epoch in range(2)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(12))
    assert not np.array_equal(*epochs)


def test_a_batch_depends_on_its_number_and_the_seed_alone():
    one, other = shuffled(100, 7, seed=3), shuffled(100, 7, seed=3)
    one[0]
    np.testing.assert_array_equal(one[50], other[50])
    assert not np.array_equal(shuffled(100, 7, seed=4)[50], other[50])


def test_a_batch_may_be_larger_than_the_data():
    assert len(shuffled(3, 8, seed=0)[0]) == 8


def test_in_order_drops_nothing():
    batches = in_order(np.arange(10), 4)
    assert [len(batch) for batch in batches] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate(batches), np.arange(10))


LENGTHS = np.random.default_rng(0).integers(0, 40, 333)
WIDTHS = (10, 20, 40)


def test_by_length_holds_everything_once_in_widths_that_fit():
    for order in (None, np.random.default_rng(1).permutation(len(LENGTHS))):
        batches = by_length(LENGTHS, WIDTHS, 16, order)
        np.testing.assert_array_equal(np.sort(np.concatenate([rows for _, rows in batches])), np.arange(len(LENGTHS)))
        assert all(LENGTHS[rows].max() <= width for width, rows in batches)
        assert [len(rows) for _, rows in batches[:-1]] == [16] * (len(batches) - 1)
    by_width = [sum(len(rows) for width, rows in batches if width == each) for each in WIDTHS]
    fitting = [np.sum((low < LENGTHS) & (high >= LENGTHS)) for low, high in ((-1, 10), (10, 20), (20, 40))]
    assert by_width[0] == fitting[0] - fitting[0] % 16, "what is left of a width goes up"
    assert sum(by_width) == sum(fitting)


def test_epochs_by_length_hold_everything_once_mix_widths_and_do_not_depend_on_what_was_read():
    batches = ShuffledByLength(LENGTHS, WIDTHS, 16, seed=0)
    steps = batches.steps_per_epoch
    epochs = [[batches[epoch * steps + step] for step in range(steps)] for epoch in range(2)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(np.concatenate([rows for _, rows in epoch])), np.arange(len(LENGTHS)))
        widths = [width for width, _ in epoch]
        assert widths != sorted(widths)
    assert not np.array_equal(epochs[0][0][1], epochs[1][0][1])
    width, rows = ShuffledByLength(LENGTHS, WIDTHS, 16, seed=0)[steps + 3]
    assert width == epochs[1][3][0]
    np.testing.assert_array_equal(rows, epochs[1][3][1])


def test_fewer_texts_than_a_batch_make_one():
    assert [(width, sorted(rows)) for width, rows in by_length(np.array([3, 15]), WIDTHS, 16)] == [(40, [0, 1])]
