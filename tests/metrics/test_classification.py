"""Metrics of classification against scikit-learn and values by hand."""

import numpy as np
import pytest

from seqjax.metrics.classification import calibration, classification_measures, confusion


@pytest.mark.parametrize("classes", [2, 4])
def test_classification_measures_equal_those_of_scikit_learn(classes):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    probabilities, labels = rng.dirichlet(np.ones(classes), 200), rng.integers(0, classes, 200)
    predicted = probabilities.argmax(axis=1)
    measures = classification_measures(probabilities, labels)
    assert measures["accuracy"] == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert measures["f1"] == pytest.approx(metrics.f1_score(labels, predicted, average="macro"))
    assert measures["log_loss"] == pytest.approx(metrics.log_loss(labels, probabilities))
    counts = confusion(predicted, labels, classes)
    np.testing.assert_array_equal(counts, metrics.confusion_matrix(labels, predicted))


def test_calibration_equals_values_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.08, 0.92], [0.6, 0.4], [1.0, 0.0]])
    labels = np.array([0, 0, 0, 0])
    bins = calibration(probabilities, labels, bins=10)
    np.testing.assert_allclose(bins[9], [3, (0.9 + 0.92 + 1.0) / 3, 2 / 3])
    np.testing.assert_allclose(bins[6], [1, 0.6, 1])
    assert bins[:, 0].sum() == 4
    error = classification_measures(probabilities, labels)["calibration_error"]
    assert error == pytest.approx((1 * abs(0.6 - 1) + 2 * abs(0.91 - 0.5) + 1 * abs(1 - 1)) / 4)
    # A confident mistake costs much, but not infinitely much.
    assert classification_measures(np.array([[1.0, 0.0]]), np.array([1]))["log_loss"] == pytest.approx(-np.log(1e-12))
