"""Forecasts of a time series: a history in, quantiles of its future out."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import nnx

from seqjax.data.batching import in_order
from seqjax.data.timeseries.scaler import Scaler
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.timestamps import step_name
from seqjax.data.timeseries.windows import Columns, Windows, append_future, make_windows
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

    Attributes:
      model: ``model(params)`` is the module with these parameters.
      initial_params: Parameters of ``module`` as nested dicts.
    """

    def __init__(
        self,
        module: nnx.Module,
        columns: Columns,
        scaler: Scaler,
        step: np.timedelta64,
        *,
        lookback: int,
        horizon: int,
    ) -> None:
        self.columns, self.scaler, self.step = columns, scaler, step
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
          warn: Called with a message if a known column is not given for the whole horizon and is filled.

        Raises:
          InputError: If the history is shorter than the look-back, has missing values that the columns do not allow, or
            has another step than the training data.
        """
        self._check_step(history)
        series, origin = append_future(history, self.columns, lookback=self.lookback, horizon=self.horizon, warn=warn)
        quantiles = self.quantiles(params, self.windows(series), np.array([origin]))
        return Forecast(series.times[origin:], quantiles[0])

    def windows(self, series: Series) -> Windows:
        """Standardised windows of a series.

        Raises:
          InputError: If the series has missing values that the columns do not allow, or another step than the training
            data.
        """
        self._check_step(series)
        return make_windows(series, self.columns, self.scaler, lookback=self.lookback, horizon=self.horizon)

    def quantiles(self, params: Any, windows: Windows, origins: np.ndarray) -> np.ndarray:
        """Forecasts of the windows at ``origins [B]`` in the data's units, ``float64 [B, N, M, Q]``."""
        forecasts = []
        for rows in in_order(origins, BATCH):
            batch = windows.batch(rows, pad_to=BATCH)
            scaled = np.asarray(self._quantiles(params, batch.inputs, batch.known), np.float64)[: len(rows)]
            forecasts.append(np.moveaxis(self.scaler.unscale(np.moveaxis(scaled, -1, 1)), 1, -1))
        return np.concatenate(forecasts)

    def _check_step(self, series: Series) -> None:
        given, trained = step_name(series.step), step_name(self.step)  # NumPy cannot compare seconds with months.
        if given != trained:
            raise InputError(f"{series.name} has a row every {given}, but the model was trained on one every {trained}")
