"""The forecasting task: its data, models, loss and test."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from experiments.arguments import at_least, call, choice
from experiments.report import print_table
from seqjax import pictures
from seqjax.data.batching import in_order, shuffled
from seqjax.data.calendar import local_times
from seqjax.data.series import Series, read_series
from seqjax.data.synthetic import demand
from seqjax.data.tables import package_file
from seqjax.data.timestamps import step_name
from seqjax.data.windows import Batch, Columns, Scaler, Windows, make_windows, split_rows
from seqjax.errors import InputError
from seqjax.layers.recurrent import LAYERS
from seqjax.losses import absolute, pinball, squared, weighted_mean
from seqjax.metrics import ForecastErrors, seasonal_scale
from seqjax.models.baselines import LinearMap, seasonal_naive
from seqjax.models.forecaster import MLPForecaster, RecurrentForecaster, Sizes
from seqjax.models.segment_forecaster import SegmentForecaster
from seqjax.models.seq2seq_forecaster import Seq2SeqForecaster
from seqjax.training.writer import read_metrics, write_text
from seqjax.typing import Array, PRNGKey

Rule = Callable[[np.ndarray], np.ndarray]

TEST_BATCH = 256  # Windows that are tested at once; no result depends on it.


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/forecast_demand.py says what they mean."""

    path: str
    time_column: str
    time_format: str
    targets: tuple[str, ...]
    covariates: tuple[str, ...]
    known: tuple[str, ...]
    calendar: tuple[str, ...]
    timezone: str
    missing: str
    lookback: int
    horizon: int
    split: tuple[float, ...]
    seasons: tuple[int, ...]
    batch_size: int
    validation_stride: int

    def __post_init__(self) -> None:
        positive = ("lookback", "horizon", "batch_size", "validation_stride")
        at_least(1, "data", **{name: getattr(self, name) for name in positive}, seasons=min(self.seasons, default=0))

    @property
    def columns(self) -> Columns:
        """The columns and their parts. On the command line, ``a,b`` names two."""
        return Columns(
            targets=_names(self.targets),
            covariates=_names(self.covariates),
            known=_names(self.known),
            calendar=_names(self.calendar),
            timezone=self.timezone,
            missing=self.missing,
        )

    def read(self) -> Series:
        """The series at ``path``; "vic_elec" and "generated" name two that need no file."""
        columns = self.columns.all
        if self.path == "":
            raise InputError("config key 'data.path' is empty; name a CSV file: --config.data.path=FILE")
        if self.path == "generated":
            return demand(columns)
        path = package_file("tsdata", "fpp3/vic_elec.csv") if self.path == "vic_elec" else self.path
        return read_series(path, time_column=self.time_column, columns=columns, time_format=self.time_format)


def _names(entries: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for entry in entries for name in entry.split(","))


class Forecaster:
    """The model of a config, as functions of its parameters.

    Attributes:
      data: How the series is read and cut.
      quantiles: What it forecasts; empty for a point forecast.
      forecast: The jitted function ``(params, inputs, known) -> [B, N, M, Q]``.
    """

    def __init__(self, data: Mapping[str, Any], model: Mapping[str, Any], seed: int) -> None:
        self.data: DataConfig = call(DataConfig, "data", data)
        call(self._build, "model", model, seed=seed)

        def quantiles(params: Any, inputs: Array, known: Array) -> Array:
            return self._apply(params, inputs, known, None)

        self.forecast = jax.jit(quantiles)

    def _build(
        self,
        *,
        seed: int,
        kind: str,
        cell: str,
        hidden_features: int,
        num_layers: int,
        block: int,
        dropout: float,
        seasons: tuple[int, ...],
        linear_rows: int,
        own_values: float,
        quantiles: tuple[float, ...],
        loss: str,
    ) -> None:
        data, columns = self.data, self.data.columns
        choice("model.kind", kind, ("mlp", "recurrent", "segment", "seq2seq"))
        choice("model.cell", cell, LAYERS)
        at_least(1, "model", block=block, hidden_features=hidden_features, num_layers=num_layers)
        _check_block(kind, block, data)
        _check_seasons(seasons, data)
        at_least(0, "model", linear_rows=linear_rows)
        if linear_rows > data.lookback:
            raise InputError(f"config key 'model.linear_rows' is {linear_rows}, above data.lookback {data.lookback}")
        if not 0 <= own_values <= 1:
            raise InputError(f"config key 'model.own_values' is {own_values}, but must be in [0, 1]")
        self.quantiles, self._reads_truth = quantiles, kind == "seq2seq"
        self._errors = _pointwise_loss(loss, quantiles)
        sizes = Sizes(
            lookback=data.lookback,
            horizon=data.horizon,
            in_features=columns.in_features,
            known_features=columns.known_features,
            targets=len(columns.targets),
            quantiles=max(len(quantiles), 1),
        )
        options: dict[str, Any] = {
            "hidden_features": hidden_features,
            "num_layers": num_layers,
            "dropout": dropout,
            "rngs": nnx.Rngs(params=seed),
        }
        head: dict[str, Any] = {"seasons": seasons, "linear_rows": linear_rows}
        module: nnx.Module
        if kind == "mlp":
            module = MLPForecaster(sizes, **head, **options)
        elif kind == "recurrent":
            module = RecurrentForecaster(sizes, **head, cell=cell, block=block, **options)
        elif kind == "seq2seq":
            module = Seq2SeqForecaster(sizes, **head, cell=cell, block=block, sampling_rate=own_values, **options)
        else:
            module = SegmentForecaster(sizes, block=block, **options)
        self._graph, params = nnx.split(module, nnx.Param)
        self.fresh_params = nnx.to_pure_dict(params)

    def _apply(self, params: Any, inputs: Array, known: Array, key: PRNGKey | None, **truth: Array) -> Array:
        forecast: Array = nnx.merge(self._graph, params)(inputs, known, key=key, **truth)
        return forecast

    def loss(self, params: Any, batch: Batch, key: PRNGKey | None) -> Array:
        """The mean loss over the entries of a batch that were observed."""
        inputs, known, targets, weights = map(jnp.asarray, batch)
        truth = {"targets": targets} if self._reads_truth else {}
        return weighted_mean(self._errors(self._apply(params, inputs, known, key, **truth), targets), weights)

    def quantile_forecast(self, params: Any, windows: Windows, scaler: Scaler, origins: np.ndarray) -> np.ndarray:
        """Forecasts at ``origins`` in the data's units, ``[B, N, M, Q]``."""
        batch = windows.gather(origins, pad_to=TEST_BATCH)
        forecast = np.asarray(self.forecast(params, batch.inputs, batch.known), np.float64)[: len(origins)]
        return np.moveaxis(scaler.unscale(np.moveaxis(forecast, -1, 1)), 1, -1)


class Forecasting(Forecaster):
    """A forecaster with the series that it is trained and tested on."""

    fresh_memory = None

    def __init__(self, data: Mapping[str, Any], model: Mapping[str, Any], seed: int) -> None:
        super().__init__(data, model, seed)
        config, columns = self.data, self.data.columns
        self.series = config.read()
        self.train_rows, self.valid_rows, self.test_rows = split_rows(
            self.series, config.split, config.lookback, config.horizon, max(config.seasons)
        )
        self.scaler = Scaler.fit(self.series.values[: self.train_rows])
        self.windows = make_windows(self.series, columns, self.scaler, lookback=config.lookback, horizon=config.horizon)
        self._train_origins = self.windows.origins(0, self.train_rows)
        self._order = shuffled(len(self._train_origins), config.batch_size, seed)

        def loss_sums(params: Any, batch: Batch) -> tuple[Array, Array]:
            count = jnp.sum(jnp.asarray(batch.weights))
            return self.loss(params, batch, None) * count, count

        self._loss_sums = jax.jit(loss_sums)

    def save(self, workdir: Path) -> None:
        """Writes ``data.json``, what a prediction needs to know of the series."""
        unit, count = np.datetime_data(self.series.step.dtype)[0], int(self.series.step.astype(int))
        record = {"scaler": self.scaler.to_json(), "step": [count, unit]}
        write_text(workdir / "data.json", json.dumps(record) + "\n")

    def train_batch(self, step: int) -> Batch:
        """The windows of a training step."""
        return self.windows.gather(self._train_origins[self._order[step]])

    def validate(self, params: Any) -> dict[str, float]:
        """The loss over the windows of the validation part, every ``validation_stride``-th of them."""
        origins = self.windows.origins(self.train_rows, self.valid_rows)[:: self.data.validation_stride]
        total = np.zeros(2)
        for some in in_order(origins, TEST_BATCH):
            total += np.asarray(self._loss_sums(params, self.windows.gather(some, pad_to=TEST_BATCH)), np.float64)
        return {"loss": float(total[0] / max(total[1], 1))}

    def rules(self) -> dict[str, Rule]:
        """What the model is compared with, by name: origins in, standardised forecasts ``[B, N, M]`` out."""
        rules: dict[str, Rule] = {"last value": partial(seasonal_naive, self.windows, season=1)}
        for season in sorted(self.data.seasons):
            rules[season_name(season * self.series.step)] = partial(seasonal_naive, self.windows, season=season)
        return rules

    def linear_map(self) -> Rule:
        """The linear map of the window, fitted to the training part."""
        columns = len(self.data.columns.all)
        # Neighbouring windows differ in one row; some ten thousand of them say as much as all.
        stride = max(len(self._train_origins) // 10_000, 1)
        fitted = LinearMap.fit(self.windows, in_order(self._train_origins[::stride], TEST_BATCH), columns)
        return lambda origins: fitted(self.windows, origins, columns)

    def test(self, params: Any, workdir: Path) -> dict[str, float]:
        """Tests on every window of the test part, beside the simple rules; writes ``test.json`` and pictures.

        Returns:
          The measures of :meth:`~seqjax.metrics.ForecastErrors.summary` for the model (its median), and each rule's
          under the rule's name; ``mae_over_best_rule``, which leaves the linear map out.
        """
        targets = len(self.data.columns.targets)
        rules = self.rules()
        others = rules | {"linear map": self.linear_map()}
        values = self.series.values[: self.train_rows, :targets]
        scale, std = seasonal_scale(values, max(self.data.seasons)), self.scaler.std[:targets]
        errors = {name: ForecastErrors(scale, std) for name in ("model", *others)}
        for origins in in_order(self.windows.origins(self.valid_rows, self.test_rows), TEST_BATCH):
            ahead = origins[:, None] + np.arange(self.data.horizon)
            truth, observed = self.scaler.unscale(self.windows.targets[ahead]), self.windows.observed[ahead]
            for name, rule in others.items():
                errors[name].add(self.scaler.unscale(rule(origins)), truth, observed)
            band = self.quantile_forecast(params, self.windows, self.scaler, origins)
            low, high = (band[..., 0], band[..., -1]) if len(self.quantiles) > 1 else (None, None)
            errors["model"].add(band[..., band.shape[-1] // 2], truth, observed, low, high)

        summary = errors["model"].summary()
        summaries = {name: errors[name].summary() for name in others}
        best = min(rules, key=lambda name: summaries[name]["mae"])
        flat = dict(summary)
        if summaries[best]["mae"] > 0:  # A series that repeats itself exactly leaves its rule no error.
            flat["mae_over_best_rule"] = summary["mae"] / summaries[best]["mae"]
        for name, measures in summaries.items():
            flat |= {f"{name.replace(' ', '_')}_{measure}": value for measure, value in measures.items()}
        write_text(workdir / "test.json", json.dumps(flat, indent=2) + "\n")
        table = {"model": summary, **summaries}
        write_text(workdir / "table.json", json.dumps(table, indent=2) + "\n")
        self._draw(params, workdir, best, rules[best], errors)
        print_table("Test", table, tuple(summary))
        print(f"{workdir}: test.json, forecasts.png, error_by_step.png, loss.png")
        return flat

    def _draw(
        self,
        params: Any,
        workdir: Path,
        rule_name: str,
        rule: Rule,
        errors: dict[str, ForecastErrors],
    ) -> None:
        horizon, shown = self.data.horizon, 2 * self.data.horizon
        origins = self.windows.origins(self.valid_rows, self.test_rows)
        # Four windows, evenly spread; over whole days they would all start at the same hour.
        picked = origins[np.linspace(0, len(origins) - 1, 4).astype(int)]
        forecasts, naive = (
            self.quantile_forecast(params, self.windows, self.scaler, picked),
            self.scaler.unscale(rule(picked)),
        )
        zone, times = self.data.timezone, self.series.times
        clock = local_times(times, zone) if zone and self.series.style.zoned else times
        panels = [
            pictures.Panel(
                times=clock[origin - shown : origin + horizon],
                truth=self.series.values[origin - shown : origin + horizon, 0],
                forecast=forecasts[index, :, 0],
                rule=naive[index, :, 0],
            )
            for index, origin in enumerate(picked)
        ]
        target = self.data.columns.targets[0]
        pictures.forecasts(workdir / "forecasts.png", panels, self.quantiles, target, rule_name)
        pictures.error_by_step(
            workdir / "error_by_step.png",
            {name: error.by_step() for name, error in errors.items()},
            self.series.step,
        )
        pictures.losses(workdir / "loss.png", read_metrics(workdir))


def season_name(lag: np.timedelta64) -> str:
    """What the rule is called that takes the value ``lag`` earlier."""
    names = {"1 day": "same time yesterday", "7 days": "same time last week", "12 months": "same month last year"}
    text = step_name(lag)
    return names.get(text, f"{text} before")


def _pointwise_loss(loss: str, quantiles: tuple[float, ...]) -> Callable[[Array, Array], Array]:
    choice("model.loss", loss, ("pinball", "absolute", "squared"))
    if loss == "pinball":
        if len(quantiles) % 2 == 0 or quantiles[len(quantiles) // 2] != 0.5:
            raise InputError(f"config key 'model.quantiles' is {quantiles}; an odd number is needed, 0.5 in the middle")
        if not all(0 < a < b < 1 for a, b in zip((0.0001, *quantiles), (*quantiles, 0.9999), strict=True)):
            raise InputError(f"config key 'model.quantiles' is {quantiles}; they have to rise between 0 and 1")
        return lambda forecast, targets: pinball(forecast, targets, quantiles)
    if quantiles:
        raise InputError(
            f"config key 'model.loss' is {loss!r}, but quantiles need 'pinball'; or set model.quantiles=()"
        )
    return absolute if loss == "absolute" else squared


def _check_block(kind: str, block: int, data: DataConfig) -> None:
    spans = {"recurrent": ("lookback",), "seq2seq": ("lookback",), "segment": ("lookback", "horizon")}.get(kind, ())
    for span in spans:
        length = getattr(data, span)
        if length % block:
            fitting = ", ".join(str(size) for size in range(1, length + 1) if length % size == 0)
            raise InputError(f"config key 'model.block' is {block}, but must divide data.{span}: one of {fitting}")


def _check_seasons(seasons: tuple[int, ...], data: DataConfig) -> None:
    for season in seasons:
        if not 1 <= season <= data.lookback:
            raise InputError(
                f"config key 'model.seasons' has {season}, but a season must lie between 1 and data.lookback, "
                f"{data.lookback}"
            )
