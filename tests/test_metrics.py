"""Measures against loops and closed forms."""

import numpy as np
import pytest

from seqjax.metrics.forecasting import ForecastErrors, seasonal_scale
from seqjax.metrics.music import frame_measures


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
