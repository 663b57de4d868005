"""Errors of forecasts against a case by hand."""

import numpy as np
import pytest

from seqjax.metrics.forecasting import ForecastErrors, seasonal_scale


def test_forecast_errors_of_a_small_case_by_hand():
    errors = ForecastErrors(scale=np.array([2.0]), std=np.array([4.0]))
    targets = np.array([[[1.0], [3.0]], [[5.0], [7.0]]])
    forecast = targets + np.array([[[1.0], [-1.0]], [[3.0], [99.0]]])
    observed = np.array([[[True], [True]], [[True], [False]]])
    errors.add(forecast, targets, observed, low=targets - 1, high=np.where(targets > 4, targets - 0.5, targets))
    measures = errors.summary()
    assert measures["mae"] == pytest.approx(5 / 3)
    assert measures["rmse"] == pytest.approx(np.sqrt(11 / 3))
    assert measures["smape"] == pytest.approx((2 / 3 + 2 / 5 + 6 / 13) / 3)
    assert measures["mase"] == pytest.approx(5 / 6)
    assert measures["scaled_mae"] == pytest.approx(5 / 12)
    assert measures["scaled_mse"] == pytest.approx(11 / 48)
    assert measures["coverage"] == pytest.approx(2 / 3)
    assert measures["width"] == pytest.approx((1 + 1 + 0.5) / 3)
    np.testing.assert_allclose(errors.by_step(), [2, 1])


def test_forecast_errors_of_batches_add_up_to_those_of_the_whole():
    rng = np.random.default_rng(0)
    targets, forecast = rng.normal(size=(2, 10, 4, 3))
    observed = rng.random((10, 4, 3)) < 0.8
    whole, parts = (ForecastErrors(np.ones(3), np.ones(3)) for _ in range(2))
    whole.add(forecast, targets, observed)
    for rows in (slice(0, 7), slice(7, 10)):
        parts.add(forecast[rows], targets[rows], observed[rows])
    assert parts.summary() == pytest.approx(whole.summary())


def test_seasonal_scale_ignores_missing_values():
    values = np.array([[1.0], [2.0], [np.nan], [6.0], [7.0]])
    np.testing.assert_allclose(seasonal_scale(values, 1), [1])
    np.testing.assert_allclose(seasonal_scale(values, 2), [4])
    np.testing.assert_allclose(seasonal_scale(np.ones((5, 1)), 1), [1])


def test_coverage_leaves_out_targets_on_either_side_of_the_interval():
    errors = ForecastErrors(np.ones(1), np.ones(1))
    targets = np.arange(5.0).reshape(1, 5, 1)
    errors.add(targets, targets, np.ones(targets.shape, bool), low=np.full(targets.shape, 1.0), high=targets * 0 + 3)
    assert errors.summary()["coverage"] == pytest.approx(3 / 5), "the ends belong to the interval"
