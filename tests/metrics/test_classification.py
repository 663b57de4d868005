"""Metrics of classification against scikit-learn and values by hand."""

import numpy as np
import pytest

from seqjax.metrics.classification import (
    calibration,
    classification_measures,
    confusion,
    measures_by_class,
)


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


def test_f1_is_the_mean_over_the_classes_that_have_a_label():
    """Class 2 has no label: it is predicted once, and does not count, but the mistake does."""
    probabilities = np.eye(4)[[0, 0, 1, 2]]
    measures = classification_measures(probabilities, np.array([0, 0, 1, 1]))
    assert measures["f1"] == pytest.approx((1 + 2 / 3) / 2)
    assert measures["accuracy"] == 0.75


def test_measures_by_class_equal_those_of_scikit_learn_and_leave_out_what_is_not_measured():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, 4, 200), rng.integers(1, 4, 200)
    labels[labels == 3] = 2  # Class 3 is only predicted, class 0 never.
    measures = measures_by_class(confusion(predicted, labels, 4), "abcd")
    assert list(measures) == ["a", "b", "c"]
    assert measures["a"] == {"texts": int((labels == 0).sum()), "recall": 0, "f1": 0}
    precision, recall, f1, texts = metrics.precision_recall_fscore_support(labels, predicted, labels=[1, 2])
    for index, name in enumerate("bc"):
        expected = {"precision": precision[index], "recall": recall[index], "f1": f1[index], "texts": texts[index]}
        assert measures[name] == pytest.approx(expected)


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
