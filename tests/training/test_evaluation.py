"""The mean loss of batches of other sizes."""

import numpy as np

from seqjax.training.evaluation import mean_loss


def test_mean_loss_counts_every_entry_once():
    batches = [np.array([1.0, 2.0, 6.0]), np.array([5.0])]
    assert mean_loss(lambda factor, batch: (factor * batch.sum(), len(batch)), 2.0, batches) == 2 * 14 / 4


def test_sums_are_added_in_float64():
    ones = [np.float32(2**24), *[np.float32(1)] * 8]  # float32 cannot add 1 to 2 ** 24
    assert mean_loss(lambda _, batch: (batch, 1), None, ones) * 9 == 2**24 + 8
