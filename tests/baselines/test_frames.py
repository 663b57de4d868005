"""Baselines of music, counted by hand."""

import numpy as np

from seqjax.baselines.frames import key_frequency, markov_per_key, persistence


def test_frame_baselines_equal_hand_counts():
    # Two keys: the first sounds, and continues once in two times; the second never starts.
    pieces = [np.array([[1, 0], [1, 0], [0, 0]]), np.array([[0, 0], [1, 0]])]

    def share(hits: float, trials: float) -> float:
        return (hits + 0.5) / (trials + 1)

    def probabilities(fit):
        return 1 / (1 + np.exp(-fit(pieces)(pieces[0])))

    np.testing.assert_allclose(probabilities(key_frequency), [[share(2, 3), share(0, 3)]] * 2)
    continued, started = share(1, 2), share(1, 4)
    np.testing.assert_allclose(probabilities(persistence), [[continued, started]] * 2)
    np.testing.assert_allclose(probabilities(markov_per_key), [[share(1, 2), share(0, 3)]] * 2)
