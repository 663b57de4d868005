"""Measures of music against a loop."""

from math import log

import numpy as np
import pytest

from seqjax.metrics.music import frame_measures, nll_by_distance


def test_frame_measures_equal_a_loop():
    rng = np.random.default_rng(0)
    log_odds, targets = rng.normal(size=(7, 5)), rng.integers(0, 2, (7, 5))
    nll, hits, either = 0.0, 0, 0
    for frame in range(7):
        for key in range(5):
            p = 1 / (1 + np.exp(-log_odds[frame, key]))
            nll -= np.log(p if targets[frame, key] else 1 - p)
            hits += p > 0.5 and targets[frame, key]
            either += p > 0.5 or targets[frame, key]
    assert frame_measures(log_odds, targets) == pytest.approx({"nll": nll / 7, "accuracy": hits / either})


def test_frame_measures_of_predicted_silence_are_perfect():
    silent = frame_measures(np.full((2, 88), -1000.0), np.zeros((2, 88)))
    assert silent == {"nll": 0.0, "accuracy": 1.0}


def test_nll_by_distance_groups_frames_of_all_pieces():
    targets = [np.ones((10, 1)), np.ones((3, 1))]
    log_odds = [np.zeros((10, 1)), np.full((3, 1), 1000.0)]
    curve = nll_by_distance(log_odds, targets)
    assert list(curve) == [4, 8, 16]
    assert curve == pytest.approx({4: log(2) * 4 / 7, 8: log(2), 16: log(2)})


def test_nll_by_distance_ends_with_the_longest_distance():
    assert list(nll_by_distance([np.zeros((600, 1))], [np.ones((600, 1))])) == [4, 8, 16, 32, 64, 128, 256, 512, 600]
