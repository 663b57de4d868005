"""Forecasts of a time series: a history in, quantiles of its future out."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import nnx

from seqjax.data.batching import in_order
from seqjax.data.timeseries.future import append_future
from seqjax.data.timeseries.scaler import Scaler
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.windows import Columns, Windows, make_windows, unusual_values
from seqjax.errors import InputError
from seqjax.models.pure import pure
from seqjax.typing import Array

BATCH = 256  # windows that are forecast at once; no result depends on it


class Forecast(NamedTuple):
    """The forecast of a series.

    Attributes:
      times: Times of the forecast, ``datetime64[s] [N]``.
      quantiles: Quantiles in the data's units, ``[N, M, Q]``, in ascending order; Q = 1 for a point forecast.
    """

    times: np.ndarray
    quantiles: np.ndarray


class Forecaster:
    """A forecasting model with the preprocessing of its series, as functions of the model's parameters.

    .. code-block:: python

        forecaster = Forecaster(module, columns, scaler, series.step, lookback=336, horizon=48)
        params = forecaster.initial_params  # train these
        times, quantiles = forecaster.predict(params, history)

    Args:
      module: A forecaster of :mod:`seqjax.models`: ``module(inputs [B, T, D], known [B, N, K]) -> [B, N, M, Q]``.
      columns: Roles of the columns of the series.
      scaler: Mean and standard deviation of the columns over the training data.
      step: Time between two rows of the training data.
      lookback: Rows T of input.
      horizon: Rows N to forecast.
      zoned: True if the times of the training data have a zone, False if not; None accepts either.

    Attributes:
      model: ``model(params)`` is the module with these parameters.
      initial_params: Parameters of ``module`` as nested dicts.
    """

    def __init__(
        self,
        module: nnx.Module,
        columns: Columns,
        scaler: Scaler,
        step: Step,
        *,
        lookback: int,
        horizon: int,
        zoned: bool | None = None,
    ) -> None:
        self.columns, self.scaler, self.step, self.zoned = columns, scaler, step, zoned
        self.lookback, self.horizon = lookback, horizon
        self.model, self.initial_params = pure(module)

        def quantiles(params: Any, inputs: Array, known: Array) -> Array:
            forecast: Array = self.model(params)(inputs, known)
            return forecast

        self._quantiles = jax.jit(quantiles)

    def predict(self, params: Any, history: Series, warn: Callable[[str], None] = warnings.warn) -> Forecast:
        """Forecasts the rows that follow a history.

        Args:
          params: Parameters of the model.
          history: A series with the columns ``columns.all``. It may end with rows without targets, which give the known
            columns of the future.
          warn: Called with a message if a known column is not given for the whole horizon and is filled, if values are
            not read or unlike those of the training data, and if forecasts have a sign that the history does not have.

        Raises:
          InputError: If the history is shorter than the look-back, its window has missing values that the columns do
            not allow, or its step or clock is not that of the training data.
        """
        self._check_times(history)
        series, origin = append_future(history, self.columns, lookback=self.lookback, horizon=self.horizon, warn=warn)
        windows = self.windows(series)
        read = series.rows(origin - self.lookback, len(series))
        values = read.values.copy()
        values[self.lookback :, : len(self.columns.targets) + len(self.columns.covariates)] = np.nan
        for remark in unusual_values(replace(read, values=values), self.columns, self.scaler):
            warn(remark)
        quantiles = self.quantiles(params, windows, np.array([origin]))[0]
        for index, name in enumerate(self.columns.targets):
            past = history.values[:, index]
            below = int(np.sum(quantiles[:, index].min(axis=-1) < 0))
            if below and np.min(past, where=~np.isnan(past), initial=np.inf) >= 0:
                warn(f"{below} of {len(quantiles)} forecasts of {name} go below 0, which no value of the history does")
            if np.isnan(series.values[origin - self.lookback : origin, index]).all():
                warn(f"{name} has no value in the {self.lookback} rows that the model reads; its forecast is a guess")
        return Forecast(series.times[origin:], quantiles)

    def windows(self, series: Series) -> Windows:
        """Standardised windows of a series.

        Raises:
          InputError: If the series has missing values that the columns do not allow, or its step or clock is not that
            of the training data.
        """
        self._check_times(series)
        return make_windows(series, self.columns, self.scaler, lookback=self.lookback, horizon=self.horizon)

    def quantiles(self, params: Any, windows: Windows, origins: np.ndarray) -> np.ndarray:
        """Forecasts of the windows at ``origins [B]`` in the data's units, ``float64 [B, N, M, Q]``."""
        forecasts = []
        for rows in in_order(origins, BATCH):
            batch = windows.batch(rows, pad_to=BATCH)
            scaled = np.asarray(self._quantiles(params, batch.inputs, batch.known), np.float64)[: len(rows)]
            forecasts.append(np.moveaxis(self.scaler.unscale(np.moveaxis(scaled, -1, 1)), 1, -1))
        return np.concatenate(forecasts)

    def _check_times(self, series: Series) -> None:
        given, trained = series.step.name, self.step.name
        if given != trained:
            raise InputError(f"{series.name} has a row every {given}, but the model was trained on one every {trained}")
        if self.zoned is not None and self.zoned != series.style.zoned:
            given, trained = ("without a zone", "with one") if self.zoned else ("with a zone", "without one")
            remedy = "add Z or an offset to the time stamps" if self.zoned else "give local times as in training"
            raise InputError(
                f"{series.name} gives times {given}, but the model was trained on times {trained}; {remedy}"
            )
