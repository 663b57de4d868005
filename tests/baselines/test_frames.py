"""What simple rules say of the next frame, counted by hand."""

import numpy as np

from seqjax.baselines.frames import key_frequencies, repeat, repeat_by_key


def test_rules_are_shares_of_what_was_seen():
    # Two keys: the first sounds and goes on once in two, the second never begins.
    pieces = [np.array([[1, 0], [1, 0], [0, 0]]), np.array([[0, 0], [1, 0]])]

    def share(hits: float, count: float) -> float:
        return (hits + 0.5) / (count + 1)

    def odds(rule):
        return 1 / (1 + np.exp(-rule(pieces[0])))

    np.testing.assert_allclose(odds(key_frequencies(pieces)), [[share(2, 3), share(0, 3)]] * 2)
    went_on, began = share(1, 2), share(1, 4)
    np.testing.assert_allclose(odds(repeat(pieces)), [[went_on, began]] * 2)
    np.testing.assert_allclose(odds(repeat_by_key(pieces)), [[share(1, 2), share(0, 3)]] * 2)
