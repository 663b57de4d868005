"""The order of examples."""

import numpy as np

from seqjax.data.batching import in_order, shuffled


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
