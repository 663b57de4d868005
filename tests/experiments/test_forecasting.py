"""The forecasting task: its parts, loss and measures against loops over a short series with missing values."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

from experiments.registry import build_task
from experiments.run import results
from experiments.tasks.forecasting.task import Forecasting
from seqjax.data.timeseries.windows import Batch
from seqjax.errors import InputError

ROWS, LOOKBACK, HORIZON, SEASONS, TRAIN, VALID, TEST = 130, 6, 3, (4, 8), 70, 95, 125
QUANTILES = (0.1, 0.5, 0.9)
DATA = {
    "time_column": "time",
    "time_format": "",
    "targets": ("a", "b"),
    "covariates": ("c",),
    "known": ("k",),
    "calendar": (),
    "timezone": "",
    "missing": "mask",
    "holidays": (),
    "missing_markers": (),
    "separator": "",
    "decimal": "",
    "thousands": "",
    "encoding": "",
    "comment": "",
    "skip_lines": (),
    "lookback": LOOKBACK,
    "horizon": HORIZON,
    "split": (TRAIN, VALID - TRAIN, TEST - VALID),
    "seasons": SEASONS,
    "batch_size": 8,
    "validation_stride": 2,
}
MODEL = {
    "kind": "mlp",
    "cell": "gru",
    "hidden_features": 5,
    "num_layers": 1,
    "block": 2,
    "dropout": 0.0,
    "seasons": (4, 1),
    "linear_rows": 3,
    "sampling_rate": 0.0,
    "quantiles": QUANTILES,
    "loss": "pinball",
}


def series_values() -> np.ndarray:
    """Values of the columns a, b, c, k; a tenth of all but k is missing."""
    rng = np.random.default_rng(0)
    values = 5 * rng.normal(size=(ROWS, 4)) + np.array([100, -20, 3, 0])
    values[:, :3][rng.random((ROWS, 3)) < 0.1] = np.nan
    return values


def write_csv(path: Path, values: np.ndarray) -> str:
    lines = ["time,a,b,c,k"]
    for row, cells in enumerate(values):
        time = np.datetime64("2024-01-01T00:00:00") + np.timedelta64(3600 * row, "s")
        lines.append(f"{time}," + ",".join("" if np.isnan(cell) else repr(float(cell)) for cell in cells))
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def make_task(path: str, learned: dict[str, Any] | None = None, **keys: object) -> Forecasting:
    """The task on a file, with some keys, given as ``group_key``, changed."""
    groups: dict[str, Any] = {"data": {"path": path, **DATA}, "model": dict(MODEL), "seed": 0, "task": "forecasting"}
    for name, value in keys.items():
        group, _, key = name.partition("_")
        groups[group][key] = value
    return build_task(ConfigDict(groups), learned)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_csv(tmp_path_factory.mktemp("series") / "series.csv", series_values())


@pytest.fixture(scope="module")
def task(path: str) -> Forecasting:
    return make_task(path)


@pytest.fixture(scope="module")
def params(task: Forecasting) -> Any:
    """Parameters that are not those of the start, so that the linear part of the head counts too."""
    leaves, tree = jax.tree.flatten(task.initial_params)
    rng = np.random.default_rng(1)
    return jax.tree.unflatten(tree, [leaf + 0.1 * rng.normal(size=leaf.shape).astype(np.float32) for leaf in leaves])


class Loop:
    """Windows of the series and forecasts of the baselines, row by row."""

    def __init__(self) -> None:
        self.values = series_values()
        self.observed = ~np.isnan(self.values)
        train = self.values[:TRAIN]
        self.mean, self.std = np.nanmean(train, axis=0), np.nanstd(train, axis=0)
        filled = (self.values - self.mean) / self.std
        for column in range(4):
            last = 0.0
            for row in range(ROWS):
                last = filled[row, column] = filled[row, column] if self.observed[row, column] else last
        self.filled = filled

    def batch(self, origins: range) -> tuple[np.ndarray, ...]:
        """Inputs, known covariates, targets and weights."""
        inputs = [
            np.concatenate([self.filled[o - LOOKBACK : o], self.observed[o - LOOKBACK : o]], axis=1) for o in origins
        ]
        known = [self.filled[o : o + HORIZON, 3:] for o in origins]
        targets = [self.filled[o : o + HORIZON, :2] for o in origins]
        weights = [self.observed[o : o + HORIZON, :2] for o in origins]
        return tuple(np.array(each, np.float32) for each in (inputs, known, targets, weights))

    def errors(self, origins: range, forecast: Any) -> list[list[float]]:
        """The error of every observed target, by target, of ``forecast(origin, step, target)`` in standard units."""
        errors: list[list[float]] = [[], []]
        for origin in origins:
            for step in range(HORIZON):
                for target in range(2):
                    if self.observed[origin + step, target]:
                        value = forecast(origin, step, target) * self.std[target] + self.mean[target]
                        errors[target].append(value - self.values[origin + step, target])
        return errors

    def mase_scale(self, target: int) -> float:
        changes = [
            abs(self.values[row, target] - self.values[row - max(SEASONS), target])
            for row in range(max(SEASONS), TRAIN)
            if self.observed[row, target] and self.observed[row - max(SEASONS), target]
        ]
        return float(np.mean(changes))


TEST_ORIGINS = range(VALID, TEST - HORIZON + 1)


@pytest.fixture(scope="module")
def quantiles(task: Forecasting, params: Any) -> np.ndarray:
    """Standardised forecasts of the test windows, ``[B, N, M, Q]``, from the loop's inputs."""
    inputs, known, _, _ = map(jnp.asarray, Loop().batch(TEST_ORIGINS))
    forward = jax.jit(lambda params: task.forecaster.model(params)(inputs, known))
    return np.asarray(forward(params), np.float64)


@pytest.fixture(scope="module")
def result(task: Forecasting, params: Any) -> results.TestResult:
    return task.test(params)


def test_train_batch_holds_each_window_of_the_training_part_once_an_epoch(task):
    expected = Loop().batch(range(LOOKBACK, TRAIN - HORIZON + 1))
    rows = len(expected[0])
    assert task.steps_per_epoch == rows // 8
    batches = [task.train_batch(step) for step in range(rows)]  # eight epochs
    fields = [np.concatenate(each) for each in zip(*batches, strict=True)]
    distances = np.abs(fields[0][:, None] - expected[0]).max(axis=(2, 3))  # of each window to each of the loop's
    window = distances.argmin(axis=1)
    np.testing.assert_array_equal(np.bincount(window), np.full(rows, 8))
    for got, want in zip(fields, expected, strict=True):
        np.testing.assert_allclose(got, want[window], rtol=1e-5, atol=1e-5)


def test_loss_sums_is_the_pinball_loss_of_observed_targets(task, params, quantiles):
    batch = Batch(*(each[:8] for each in Loop().batch(TEST_ORIGINS)))
    total, count = 0.0, 0
    for index in np.argwhere(batch.weights):
        for level, quantile in zip(QUANTILES, quantiles[tuple(index)], strict=True):
            error = batch.targets[tuple(index)] - quantile
            total += 2 / 3 * max(level * error, (level - 1) * error)
        count += 1
    summed, weight, carry = jax.jit(task.loss_sums)(params, None, batch, None)
    assert (float(summed), float(weight)) == (pytest.approx(total, rel=1e-5), count)
    assert count < batch.weights.size, "some targets are missing"
    assert carry is None


def test_validate_averages_every_nth_window_of_the_validation_part(task, params):
    batch = Batch(*Loop().batch(range(TRAIN, VALID - HORIZON + 1, 2)))
    summed, count, _ = jax.jit(task.loss_sums)(params, None, batch, None)
    assert task.validate(params) == {"loss": pytest.approx(float(summed / count), rel=1e-5)}


def test_loss_sums_of_seq2seq_reads_the_targets_in_training_only(path):
    task = make_task(path, model_kind="seq2seq")
    params, batch = task.initial_params, task.train_batch(0)
    loss_sums = jax.jit(task.loss_sums)
    free, _, _ = loss_sums(params, None, batch, None)
    forced, _, _ = loss_sums(params, None, batch, jax.random.key(0))
    assert float(free) != float(forced)


def test_test_measures_the_median_and_the_interval_on_every_window_of_the_test_part(result, quantiles):
    loop = Loop()

    def level(index: int) -> Any:
        return lambda origin, step, target: quantiles[origin - VALID, step, target, index]

    low, errors, high = (loop.errors(TEST_ORIGINS, level(index)) for index in range(3))
    absolute = [np.abs(each).mean() for each in errors]
    squared = [np.square(each).mean() for each in errors]
    covered = [np.mean((np.array(a) <= 0) & (np.array(b) >= 0)) for a, b in zip(low, high, strict=True)]
    widths = [np.mean(np.array(b) - np.array(a)) for a, b in zip(low, high, strict=True)]
    expected = {
        "mae": np.mean(absolute),
        "rmse": np.sqrt(np.mean(squared)),
        "mase": np.mean([absolute[target] / loop.mase_scale(target) for target in range(2)]),
        "scaled_mae": np.mean(absolute / loop.std[:2]),
        "scaled_mse": np.mean(squared / loop.std[:2] ** 2),
        "coverage": np.mean(covered),
        "width": np.mean(widths),
    }
    model = dict(result.table["model"])
    assert 0 < model.pop("smape") < 2
    assert model == pytest.approx(expected, rel=1e-5)
    assert 0 < model["coverage"] < 1


def test_test_compares_with_seasonal_forecasts_of_the_same_windows(result):
    loop = Loop()
    expected = {}
    for name, season in (("last value", 1), ("4 hours before", 4), ("8 hours before", 8)):

        def naive(origin: int, step: int, target: int, season: int = season) -> float:
            row = origin + step
            while row >= origin:
                row -= season
            return float(loop.filled[row, target])

        expected[name] = np.mean([np.abs(each).mean() for each in loop.errors(TEST_ORIGINS, naive)])
    assert list(result.table) == ["model", *expected, "linear regression"]
    assert {name: result.table[name]["mae"] for name in expected} == pytest.approx(expected, rel=1e-5)
    ratio = result.table["model"]["mae"] / min(expected.values())
    assert result.extra == {"mae_over_best_baseline": pytest.approx(ratio, rel=1e-5)}
    assert list(result.flat())[8:10] == ["mae_over_best_baseline", "last_value_mae"]


def test_test_plots_four_windows_and_all_errors_by_step(result, quantiles, tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr(
        "experiments.tasks.forecasting.task.plot_forecasts", lambda path, *given: drawn.update(forecasts=given)
    )
    assert list(result.plots) == ["forecasts.png", "error_by_step.png"]
    result.plots["forecasts.png"](tmp_path / "forecasts.png")
    panels, levels, name, baseline = drawn["forecasts"]
    assert (levels, name) == (QUANTILES, "a")
    assert result.table[baseline]["mae"] == min(
        result.table[each]["mae"] for each in ("last value", "4 hours before", "8 hours before")
    )
    mean, std = Loop().mean[0], Loop().std[0]
    for panel, index in zip(panels, (0, 9, 18, 27), strict=True):
        origin = VALID + index
        np.testing.assert_allclose(panel.forecast, quantiles[index, :, 0] * std + mean, rtol=1e-4)
        np.testing.assert_array_equal(panel.target, series_values()[origin - 6 : origin + 3, 0])
        assert panel.times[6] == np.datetime64("2024-01-01T00:00:00") + np.timedelta64(3600 * origin, "s")
    result.plots["error_by_step.png"](tmp_path / "error_by_step.png")
    assert (tmp_path / "error_by_step.png").read_bytes().startswith(b"\x89PNG")


def test_predict_gives_the_quantiles_of_the_test_at_the_same_origin(task, params):
    """Bitwise, for the history alone and the known column of the future."""
    origin = VALID + 7
    values = task.series.values[: origin + HORIZON].copy()
    values[origin:, :3] = np.nan
    history = replace(task.series.rows(0, origin + HORIZON), values=values)
    times, quantiles = task.forecaster.predict(params, history, warn=pytest.fail)
    np.testing.assert_array_equal(times, task.series.times[origin : origin + HORIZON])
    expected = task.forecaster.quantiles(params, task.windows, np.arange(VALID, TEST - HORIZON + 1))[7]
    np.testing.assert_array_equal(quantiles, expected)


def test_learned_is_used_in_place_of_the_data(task, tmp_path):
    other = write_csv(tmp_path / "other.csv", 10 * series_values())
    learned = json.loads(json.dumps(task.learned))
    assert learned["step"] == [3600, "s"]
    np.testing.assert_allclose(learned["scaler"]["mean"], Loop().mean, rtol=1e-12)
    again = make_task(other, learned)
    np.testing.assert_array_equal(again.forecaster.scaler.mean, task.forecaster.scaler.mean)
    np.testing.assert_array_equal(again.forecaster.scaler.std, task.forecaster.scaler.std)
    assert again.learned == learned
    fresh = make_task(other)
    np.testing.assert_allclose(fresh.forecaster.scaler.mean, 10 * task.forecaster.scaler.mean)
    with pytest.raises(InputError, match="has a row every 1 hour, but the model was trained on one every 30 minutes"):
        make_task(other, {**learned, "step": [1800, "s"]})
