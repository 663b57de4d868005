"""Measures against loops and closed forms."""

import numpy as np
import pytest

from seqjax.metrics.music import frame_measures


def test_frames_are_measured_as_by_a_loop():
    rng = np.random.default_rng(0)
    odds, truth = rng.normal(size=(7, 5)), rng.integers(0, 2, (7, 5))
    nats, hits, either = 0.0, 0, 0
    for frame in range(7):
        for key in range(5):
            p = 1 / (1 + np.exp(-odds[frame, key]))
            nats -= np.log(p if truth[frame, key] else 1 - p)
            hits += p > 0.5 and truth[frame, key]
            either += p > 0.5 or truth[frame, key]
    assert frame_measures(odds, truth) == pytest.approx({"nll": nats / 7, "accuracy": hits / either})
    silent = frame_measures(np.full((2, 88), -1000.0), np.zeros((2, 88)))
    assert silent == {"nll": 0.0, "accuracy": 1.0}
