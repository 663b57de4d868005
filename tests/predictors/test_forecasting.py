"""The forecaster: a history in, quantiles in the data's units out."""

from dataclasses import replace
from datetime import timedelta

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.data.timeseries.scaler import Scaler
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.timestamps import TimeStyle
from seqjax.data.timeseries.windows import Columns
from seqjax.errors import InputError
from seqjax.models.forecaster import MLPForecaster, Sizes
from seqjax.predictors.forecasting import BATCH, Forecaster

LOOKBACK, HORIZON, STEP = 4, 3, Step(3600)
COLUMNS = Columns(targets=("a", "b"), covariates=("c",), known=("k",))
SIZES = Sizes(LOOKBACK, HORIZON, COLUMNS.in_features, COLUMNS.known_features, targets=2, quantiles=3)


def series(rows: int) -> Series:
    return Series(
        name="history.csv",
        columns=COLUMNS.all,
        times=np.datetime64("2024-01-01T00:00:00", "s") + np.timedelta64(3600, "s") * np.arange(rows),
        values=np.random.default_rng(0).normal(size=(rows, 4)) * [10, 20, 30, 40] + [1, 2, 3, 4],
        lines=np.arange(2, rows + 2),
        step=STEP,
        style=TimeStyle(),
    )


SERIES = series(BATCH + 50)
SCALER = Scaler.fit(SERIES.values)


def small_module() -> MLPForecaster:
    options = {"hidden_features": 5, "num_layers": 1, "dropout": 0.5, "seasons": (1,), "linear_rows": 0}
    return random_module(lambda: MLPForecaster(SIZES, **options, rngs=nnx.Rngs(0)))


@pytest.fixture(scope="module")
def forecaster() -> Forecaster:
    return Forecaster(small_module(), COLUMNS, SCALER, STEP, lookback=LOOKBACK, horizon=HORIZON)


@pytest.fixture(scope="module")
def params(forecaster: Forecaster):
    return forecaster.initial_params


def expected(forecaster: Forecaster, params, origin: int, known: np.ndarray) -> np.ndarray:
    """Quantiles ``[N, M, Q]`` of the module on inputs that are standardised here."""
    inputs = (SERIES.values[origin - LOOKBACK : origin] - SCALER.mean) / SCALER.std
    known = (known - SCALER.mean[3]) / SCALER.std[3]
    forward = jax.jit(lambda inputs, known: forecaster.model(params)(inputs, known))
    scaled = forward(jnp.asarray(inputs[None], jnp.float32), jnp.asarray(known[None, :, None], jnp.float32))[0]
    return np.asarray(scaled) * SCALER.std[:2, None] + SCALER.mean[:2, None]


def test_predict_forecasts_the_rows_after_the_last_target_in_the_datas_units(forecaster, params):
    origin = 20
    history = SERIES.rows(0, origin + HORIZON)
    history = replace(history, values=np.where(np.arange(23)[:, None] < origin, history.values, [np.nan] * 3 + [7.0]))
    times, quantiles = forecaster.predict(params, history, warn=pytest.fail)
    np.testing.assert_array_equal(times, SERIES.times[origin : origin + HORIZON])
    np.testing.assert_allclose(quantiles, expected(forecaster, params, origin, np.full(HORIZON, 7.0)), rtol=1e-4)
    assert (np.diff(quantiles, axis=-1) > 0).all()


def test_predict_fills_a_known_column_that_is_not_given_and_warns(forecaster, params):
    with pytest.warns(UserWarning, match="k is not given for 3 of the 3 rows to come"):
        _, quantiles = forecaster.predict(params, SERIES.rows(0, 20))
    median = np.full(HORIZON, np.median(SERIES.values[:20, 3]))
    np.testing.assert_allclose(quantiles, expected(forecaster, params, 20, median), rtol=1e-4)


def test_quantiles_of_many_windows_are_those_of_each(forecaster, params):
    windows = forecaster.windows(SERIES)
    origins = windows.origins(0, len(SERIES))[::-1]
    assert len(origins) > BATCH, "more than one batch"
    quantiles = forecaster.quantiles(params, windows, origins)
    assert quantiles.shape == (len(origins), HORIZON, 2, 3)
    for index in (0, BATCH - 1, BATCH, len(origins) - 1):
        alone = forecaster.quantiles(params, windows, origins[index : index + 1])
        np.testing.assert_allclose(quantiles[index : index + 1], alone, rtol=1e-5)
    known = SERIES.values[origins[0] : origins[0] + HORIZON, 3]
    np.testing.assert_allclose(quantiles[0], expected(forecaster, params, int(origins[0]), known), rtol=1e-4)


def test_forecaster_rejects_another_step_and_a_short_history(forecaster, params):
    half_hourly = replace(SERIES, step=Step(1800))
    for call in (forecaster.windows, lambda history: forecaster.predict(params, history)):
        with pytest.raises(InputError, match="has a row every 30 minutes, but the model was trained on one every 1 h"):
            call(half_hourly)
    with pytest.raises(InputError, match=r"history.csv has a history of 3 rows, but the model looks back 4"):
        forecaster.predict(params, SERIES.rows(0, 3))
    monthly = replace(SERIES, step=Step(1, "M"))
    with pytest.raises(InputError, match="has a row every 1 month, but"):
        forecaster.windows(monthly)


def test_forecaster_rejects_times_on_another_clock(forecaster, params):
    zoned = replace(SERIES, style=TimeStyle(suffix="Z", separator="T", offset=timedelta(0)))
    for trained, other, sentence in (
        (False, zoned, "gives times with a zone, but the model was trained on times without one"),
        (True, SERIES, "gives times without a zone, but the model was trained on times with one; add Z or an offset"),
    ):
        options = {"lookback": LOOKBACK, "horizon": HORIZON, "zoned": trained}
        clocked = Forecaster(small_module(), COLUMNS, SCALER, STEP, **options)
        with pytest.raises(InputError, match=sentence):
            clocked.windows(other)
        with pytest.raises(InputError, match=sentence):
            clocked.predict(params, other.rows(0, 20), warn=print)
        clocked.windows(zoned if trained else SERIES)
    forecaster.windows(zoned)  # it does not know


def test_predict_does_not_depend_on_rows_before_the_window(forecaster, params):
    values = SERIES.values[:23].copy()
    values[20:, :3] = np.nan
    history = replace(SERIES.rows(0, 23), values=values)
    damaged = values.copy()
    damaged[5:15, :3] = np.nan
    expected = forecaster.predict(params, history, warn=pytest.fail).quantiles
    got = forecaster.predict(params, replace(history, values=damaged), warn=pytest.fail).quantiles
    np.testing.assert_array_equal(got, expected)
    damaged[17, 2] = np.nan
    with pytest.raises(InputError, match="line 19, column 'c': the value is missing"):
        forecaster.predict(params, replace(history, values=damaged), warn=pytest.fail)


def test_predict_warns_of_unusual_values_and_of_forecasts_below_0(params):
    steady = SERIES.values.copy()
    steady[:, 3] = 0.3
    scaler = Scaler.fit(steady)
    forecaster = Forecaster(small_module(), COLUMNS, scaler, STEP, lookback=LOOKBACK, horizon=HORIZON)
    values = np.column_stack([np.full((23, 2), 0.001), np.full(23, 1e30), np.full(23, 0.2)])
    values[20:, :3] = np.nan
    remarks: list[str] = []
    forecaster.predict(params, replace(SERIES.rows(0, 23), values=values), warn=remarks.append)
    assert "'c' has values more than 30 standard deviations from its mean in the training part (4," in remarks[0]
    assert "'k' does not change in the training part, so the model reads it as 0.3 even where it differs" in remarks[1]
    assert "of 3 forecasts of a go below 0, which no value of the history does" in remarks[2]
    expected = forecaster.predict(
        params, replace(SERIES.rows(0, 23), values=np.where(values == 0.2, 0.3, values)), print
    )
    got = forecaster.predict(params, replace(SERIES.rows(0, 23), values=values), print)
    np.testing.assert_array_equal(got.quantiles, expected.quantiles)


@pytest.mark.filterwarnings("error")
def test_predict_warns_of_a_target_without_values_in_the_window():
    columns = replace(COLUMNS, missing="mask")
    sizes = Sizes(LOOKBACK, HORIZON, columns.in_features, columns.known_features, targets=2, quantiles=3)
    options = {"hidden_features": 5, "num_layers": 1, "dropout": 0.5, "seasons": (1,), "linear_rows": 0}
    module = random_module(lambda: MLPForecaster(sizes, **options, rngs=nnx.Rngs(0)))
    forecaster = Forecaster(module, columns, SCALER, STEP, lookback=LOOKBACK, horizon=HORIZON)
    values = SERIES.values[:23].copy()
    values[20:, :3] = np.nan
    for missing in (slice(16, 20), slice(0, 20)):
        values[missing, 1] = np.nan
        remarks: list[str] = []
        forecaster.predict(forecaster.initial_params, replace(SERIES.rows(0, 23), values=values), warn=remarks.append)
        assert "b has no value in the 4 rows that the model reads; its forecast is a guess" in remarks
