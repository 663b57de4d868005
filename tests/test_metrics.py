"""Measures against loops, closed forms and scikit-learn."""

import numpy as np
import pytest

from seqjax.metrics.classification import calibration, classification_measures, confusion
from seqjax.metrics.forecasting import ForecastErrors, seasonal_scale


def test_measures_of_a_small_case_by_hand():
    errors = ForecastErrors(scale=np.array([2.0]), std=np.array([4.0]))
    truth = np.array([[[1.0], [3.0]], [[5.0], [7.0]]])
    forecast = truth + np.array([[[1.0], [-1.0]], [[3.0], [99.0]]])
    observed = np.array([[[True], [True]], [[True], [False]]])
    errors.add(forecast, truth, observed, low=truth - 1, high=np.where(truth > 4, truth - 0.5, truth))
    measures = errors.summary()
    assert measures["mae"] == pytest.approx(5 / 3)
    assert measures["rmse"] == pytest.approx(np.sqrt(11 / 3))
    assert measures["smape"] == pytest.approx((2 / 3 + 2 / 5 + 6 / 13) / 3)
    assert measures["mase"] == pytest.approx(5 / 6)
    assert measures["scaled_mae"] == pytest.approx(5 / 12)
    assert measures["scaled_mse"] == pytest.approx(11 / 48)
    assert measures["coverage"] == pytest.approx(2 / 3)
    np.testing.assert_allclose(errors.by_step(), [2, 1])


def test_batches_add_up_to_the_whole():
    rng = np.random.default_rng(0)
    truth, forecast = rng.normal(size=(2, 10, 4, 3))
    observed = rng.random((10, 4, 3)) < 0.8
    whole, parts = (ForecastErrors(np.ones(3), np.ones(3)) for _ in range(2))
    whole.add(forecast, truth, observed)
    for rows in (slice(0, 7), slice(7, 10)):
        parts.add(forecast[rows], truth[rows], observed[rows])
    assert parts.summary() == pytest.approx(whole.summary())


def test_the_seasonal_scale_passes_over_missing_values():
    values = np.array([[1.0], [2.0], [np.nan], [6.0], [7.0]])
    np.testing.assert_allclose(seasonal_scale(values, 1), [1])
    np.testing.assert_allclose(seasonal_scale(values, 2), [4])
    np.testing.assert_allclose(seasonal_scale(np.ones((5, 1)), 1), [1])


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
