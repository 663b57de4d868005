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


@pytest.mark.parametrize(
    ("values", "season"),
    [
        (np.ones(5), 1),
        (np.zeros(9), 2),
        (np.full(120, 0.3), 7),
        (np.sin(2 * np.pi * np.arange(20_000) / 1440), 1440),  # repeats up to rounding
        (1e6 + np.tile([0.1, 0.3, 0.7], 30) + 1e-11 * np.arange(90), 3),
        (np.where(np.arange(60) % 2, np.nan, np.arange(60)), 7),  # every second value is missing
        (np.full(20, np.nan), 2),
    ],
)
def test_seasonal_scale_of_a_target_that_repeats_or_has_no_two_values_a_season_apart_is_nan(values, season):
    np.testing.assert_array_equal(seasonal_scale(values[:, None], season), [np.nan])


def test_measures_without_a_unit_are_left_out():
    targets = np.arange(6.0).reshape(3, 1, 2)
    for scale, std, missing in (
        ([1.0, np.nan], [1.0, 2.0], {"mase"}),
        ([1.0, 0.0], [1.0, 2.0], {"mase"}),
        ([1.0, 1.0], [0.0, 1.0], {"scaled_mae", "scaled_mse"}),
    ):
        errors = ForecastErrors(np.array(scale), np.array(std))
        errors.add(targets + 1, targets, np.ones(targets.shape, bool))
        measures = errors.summary()
        assert {"mae", "rmse", "smape", "mase", "scaled_mae", "scaled_mse"} - measures.keys() == missing
        assert np.isfinite([*measures.values()]).all()


def test_targets_that_were_never_observed_have_no_errors():
    targets = np.arange(6.0).reshape(3, 1, 2)
    errors = ForecastErrors(np.ones(2), np.ones(2))
    with pytest.raises(ValueError, match="never observed"):
        errors.summary()
    errors.add(targets, targets, np.array([True, False]) & np.ones(targets.shape, bool))
    with pytest.raises(ValueError, match="never observed"):
        errors.summary()


def test_by_step_is_nan_where_no_target_was_observed():
    targets = np.arange(6.0).reshape(2, 3, 1)
    errors = ForecastErrors(np.ones(1), np.ones(1))
    errors.add(targets + 2, targets, np.array([[True], [False], [True]]) & np.ones(targets.shape, bool))
    np.testing.assert_array_equal(errors.by_step(), [2, np.nan, 2])
    assert errors.summary()["mae"] == 2


def test_forecasts_and_targets_of_zero_have_no_symmetric_error():
    zeros = np.zeros((2, 1, 1))
    errors = ForecastErrors(np.ones(1), np.ones(1))
    errors.add(zeros, zeros, np.ones(zeros.shape, bool), low=zeros, high=zeros)
    assert errors.summary() == {
        **dict.fromkeys(("mae", "rmse", "smape", "mase", "scaled_mae", "scaled_mse", "width"), 0),
        "coverage": 1,
    }


def test_coverage_leaves_out_targets_on_either_side_of_the_interval():
    errors = ForecastErrors(np.ones(1), np.ones(1))
    targets = np.arange(5.0).reshape(1, 5, 1)
    errors.add(targets, targets, np.ones(targets.shape, bool), low=np.full(targets.shape, 1.0), high=targets * 0 + 3)
    assert errors.summary()["coverage"] == pytest.approx(3 / 5), "the ends belong to the interval"
