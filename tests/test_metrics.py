"""Measures against loops, closed forms and scikit-learn."""

import numpy as np
import pytest

from seqjax.metrics.classification import calibration, classification_measures, confusion
from seqjax.metrics.music import frame_measures


@pytest.mark.parametrize("classes", [2, 4])
def test_measures_of_classes_equal_scikit_learns(classes):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    probabilities, truth = rng.dirichlet(np.ones(classes), 200), rng.integers(0, classes, 200)
    predicted = probabilities.argmax(axis=1)
    measures = classification_measures(probabilities, truth)
    assert measures["accuracy"] == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert measures["f1"] == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))
    assert measures["log_loss"] == pytest.approx(metrics.log_loss(truth, probabilities))
    counts = confusion(predicted, truth, classes)
    np.testing.assert_array_equal(counts, metrics.confusion_matrix(truth, predicted))


def test_calibration_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.08, 0.92], [0.6, 0.4], [1.0, 0.0]])
    truth = np.array([0, 0, 0, 0])
    bins = calibration(probabilities, truth, bins=10)
    np.testing.assert_allclose(bins[9], [3, (0.9 + 0.92 + 1.0) / 3, 2 / 3])
    np.testing.assert_allclose(bins[6], [1, 0.6, 1])
    assert bins[:, 0].sum() == 4
    error = classification_measures(probabilities, truth)["calibration_error"]
    assert error == pytest.approx((1 * abs(0.6 - 1) + 2 * abs(0.91 - 0.5) + 1 * abs(1 - 1)) / 4)
    # A sure and wrong prediction costs a lot, but not everything.
    assert classification_measures(np.array([[1.0, 0.0]]), np.array([1]))["log_loss"] == pytest.approx(-np.log(1e-12))


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
