"""The forecasting task: its models, loss and test."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.run.arguments import parse
from experiments.run.results import TestResult
from experiments.tasks.forecasting.choices import choose_data, choose_model
from experiments.tasks.forecasting.data import DataConfig
from experiments.tasks.forecasting.model import ModelConfig, make_forecaster
from experiments.tasks.forecasting.report import (
    Baseline,
    forecast_panels,
    linear_regression,
    seasonal_baselines,
    spread,
)
from experiments.tasks.forecasting.summary import (
    describe,
    describe_choices,
    outlier_remarks,
    require_targets,
    season_remarks,
)
from seqjax.data.batching import in_order, shuffled
from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.windows import Batch, unusual_values
from seqjax.metrics.forecasting import ROUNDING, ForecastErrors, seasonal_scale
from seqjax.plots.forecasting import plot_error_by_step, plot_forecasts
from seqjax.predictors.forecasting import BATCH
from seqjax.training.evaluation import mean_loss
from seqjax.typing import Array, PRNGKey


class Forecasting:
    """A forecaster, and the series on which it is trained and tested."""

    initial_carry = None

    def __init__(
        self,
        data: Mapping[str, Any],
        model: Mapping[str, Any],
        seed: int,
        learned: Mapping[str, Any] | None = None,
    ) -> None:
        self.data: DataConfig = parse(DataConfig, "data", data)
        self.model: ModelConfig = parse(ModelConfig, "model", model)
        if learned is not None:
            self.data, self.model = self.data.with_learned(learned), self.model.with_learned(learned)
        early = not (self.data.is_open or self.model.is_open)  # The config is checked before a large file is read.
        module = parse(self.model.build, "model", {}, data=self.data, seed=seed) if early else None
        self.series = self.data.read(None if learned is None else Step.from_json(learned["step"]))
        chosen = self._choose()
        if module is None:
            module = parse(self.model.build, "model", {}, data=self.data, seed=seed)
        ends = self.data.part_ends(self.series, None if learned is None else learned["split"])
        self.train_rows, self.valid_rows, self.test_rows = ends
        if learned is None:
            learned = self.data.learn(self.series.rows(0, self.train_rows))
            learned["split"] = self.data.split_record(self.series, ends)
            signs = {"decimal": self.series.signs.decimal, "thousands": self.series.signs.thousands}
            learned["read"] = signs | {"time_format": self.series.style.pattern if self.data.times.columns else ""}
            learned["chosen"] = chosen
        self.learned = learned
        self.forecaster = make_forecaster(module, self.data, self.learned)
        self.initial_params = self.forecaster.initial_params
        self.windows = self.forecaster.windows(self.series)
        self._train_origins = self.windows.origins(0, self.train_rows)
        self._order = shuffled(len(self._train_origins), self.data.batch_size, seed)
        self.data_summary: Sequence[str] = self._describe()

        def loss_sums(params: Any, batch: Batch) -> tuple[Array, Array]:
            summed, count, _ = self.loss_sums(params, None, batch, None)
            return summed, count

        self._loss_sums = jax.jit(loss_sums)

    def _choose(self) -> dict[str, Any]:
        """Fills in the keys that are left open; returns them by group."""
        data = choose_data(self.data, self.series)
        self.data = replace(self.data, **data)
        keys = {key: getattr(self.model, key) for key in ("kind", "block", "linear_rows", "seasons")}
        model = choose_model(self.data, **keys)
        self.model = replace(self.model, **model)
        return {"data": data, "model": model} if data or model else {}

    def _describe(self) -> list[str]:
        """The lines of :attr:`data_summary`; remarks on the data go to standard error."""
        series, columns, scaler = self.series, self.data.columns, self.forecaster.scaler
        origins = {
            "training": self._train_origins,
            "validation": self._valid_origins(),
            "test": self._test_origins(),
        }
        require_targets(series, columns, self.windows, origins)
        for remark in (
            *season_remarks(self.data.seasons, series.step),
            *outlier_remarks(series.rows(0, self.train_rows), scaler),
            *unusual_values(series, columns, scaler),
        ):
            print(remark, file=sys.stderr)
        ends = (self.train_rows, self.valid_rows, self.test_rows)
        return [*describe(series, columns, scaler, ends, origins), *describe_choices(self.learned.get("chosen", {}))]

    @property
    def steps_per_epoch(self) -> int:
        """Batches of training windows in an epoch."""
        return len(self._train_origins) // self.data.batch_size

    def train_batch(self, step: int) -> Batch:
        """The windows of a training step."""
        return self.windows.batch(self._train_origins[self._order[step]])

    def loss_sums(self, params: Any, carry: None, batch: Batch, key: PRNGKey | None) -> tuple[Array, Array, None]:
        """The loss summed over the observed targets of a batch, and their number."""
        inputs, known, targets, weights = map(jnp.asarray, batch)
        teacher = {"targets": targets} if self.model.kind == "seq2seq" else {}
        forecast = self.forecaster.model(params)(inputs, known, key=key, **teacher)
        losses = self.model.pointwise_loss(forecast, targets)
        return jnp.sum(losses * weights), jnp.sum(weights), None

    def validate(self, params: Any) -> dict[str, float]:
        """The loss on every ``validation_stride``-th window of the validation set."""
        batches = (self.windows.batch(rows, pad_to=BATCH) for rows in in_order(self._valid_origins(), BATCH))
        return {"loss": mean_loss(self._loss_sums, params, batches)}

    def test(self, params: Any) -> TestResult:
        """Metrics of the median forecasts of all windows of the test set.

        These are the metrics of :meth:`~seqjax.metrics.forecasting.ForecastErrors.summary` for the model, the seasonal
        baselines and a linear regression; and ``mae_over_best_baseline``, the model's MAE relative to that of the best
        seasonal baseline. MASE and this ratio are left out, with a remark, if the error that they divide by is 0.
        """
        seasonal = seasonal_baselines(self.windows, self.data.seasons, self.series.step)
        regression = linear_regression(self.windows, self._train_origins, len(self.data.columns.all))
        errors = self._test_errors(params, seasonal | {"linear regression": regression})
        table = {name: each.summary() for name, each in errors.items()}
        best = min(seasonal, key=lambda name: table[name]["mae"])
        extra = {}
        if table[best]["scaled_mae"] > ROUNDING:
            extra["mae_over_best_baseline"] = table["model"]["mae"] / table[best]["mae"]
        else:
            print(
                f"mae_over_best_baseline is left out: {best!r} has no error but rounding in the test part",
                file=sys.stderr,
            )
        by_step = {name: each.by_step() for name, each in errors.items()}
        if (unseen := np.flatnonzero(np.isnan(by_step["model"]))).size:
            ahead = ", ".join(map(str, unseen + 1))
            print(f"error_by_step.png is incomplete: no target is observed {ahead} rows ahead", file=sys.stderr)
        return TestResult(
            table=table,
            extra=extra,
            plots={
                "forecasts.png": partial(self._plot_forecasts, params, best, seasonal[best]),
                "error_by_step.png": partial(plot_error_by_step, errors=by_step, step=self.series.step),
            },
        )

    def _test_errors(self, params: Any, baselines: Mapping[str, Baseline]) -> dict[str, ForecastErrors]:
        """Errors of the model and of the baselines on the test set."""
        targets, unscale = len(self.data.columns.targets), self.forecaster.scaler.unscale
        season = max(self.data.seasons)
        scale = seasonal_scale(self.series.values[: self.train_rows, :targets], season)
        if without := [self.data.columns.targets[index] for index in np.flatnonzero(np.isnan(scale))]:
            print(
                f"MASE is left out: in the training part {', '.join(without)} repeats itself after {season} rows, "
                "or has no two values so far apart",
                file=sys.stderr,
            )
        std = self.forecaster.scaler.std[:targets]
        errors = {name: ForecastErrors(scale, std) for name in ("model", *baselines)}
        for origins in in_order(self._test_origins(), BATCH):
            rows = origins[:, None] + np.arange(self.data.horizon)
            values, observed = unscale(self.windows.targets[rows]), self.windows.observed[rows]
            for name, baseline in baselines.items():
                errors[name].add(unscale(baseline(origins)), values, observed)
            forecast = self.forecaster.quantiles(params, self.windows, origins)
            width = forecast.shape[-1]
            interval = (forecast[..., 0], forecast[..., -1]) if width > 1 else (None, None)
            errors["model"].add(forecast[..., width // 2], values, observed, *interval)
        return errors

    def _valid_origins(self) -> np.ndarray:
        return self.windows.origins(self.train_rows, self.valid_rows)[:: self.data.validation_stride]

    def _test_origins(self) -> np.ndarray:
        return self.windows.origins(self.valid_rows, self.test_rows)

    def _plot_forecasts(self, params: Any, name: str, baseline: Baseline, path: Path) -> None:
        """Plots the model's and a baseline's forecasts of four windows of the test set."""
        origins = spread(self._test_origins())
        panels = forecast_panels(
            self.series,
            origins,
            self.forecaster.quantiles(params, self.windows, origins),
            self.forecaster.scaler.unscale(baseline(origins)),
            self.data.timezone,
        )
        plot_forecasts(path, panels, self.model.quantiles, self.data.columns.targets[0], name)
