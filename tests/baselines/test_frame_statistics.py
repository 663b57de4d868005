"""Logistic regression on the statistics of frames: blind to their order, right where means differ."""

import numpy as np

from seqjax.baselines.frame_statistics import logistic_regression


def test_logistic_regression_learns_means_and_deviations_and_ignores_order():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    centre, spread = np.array([0.0, 4, 0])[labels], np.array([0.5, 0.5, 3])[labels]
    sequences = [rng.normal(m, s, (int(rng.integers(40, 60)), 1)) for m, s in zip(centre, spread, strict=True)]
    probabilities = logistic_regression(sequences[:45], labels[:45], sequences[45:], 4)
    assert np.mean(probabilities.argmax(axis=1) == labels[45:]) > 0.9
    np.testing.assert_array_equal(probabilities[:, 3], 0)
    turned = logistic_regression(sequences[:45], labels[:45], [each[::-1] for each in sequences[45:]], 4)
    np.testing.assert_allclose(turned, probabilities, atol=1e-9)


def test_logistic_regression_of_one_class_is_certain():
    frames = [np.ones((3, 2))] * 2
    np.testing.assert_array_equal(logistic_regression(frames, np.array([1, 1]), frames[:1], 2), [[0, 1]])
