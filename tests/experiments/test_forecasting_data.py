"""The forecasting task on small files: what it says of them, and the measures that it leaves out."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.forecasting import demand
from experiments.registry import build_task
from experiments.tasks.forecasting.data import DataConfig
from experiments.tasks.forecasting.predict import significant_digits
from experiments.tasks.forecasting.summary import season_remarks
from experiments.tasks.forecasting.task import Forecasting
from seqjax.data.timeseries.scaler import Scaler
from seqjax.data.timeseries.step import Step
from seqjax.errors import InputError
from tests.experiments.commands import TWO_COLUMNS

NOISE = np.random.default_rng(0).normal(size=120)
WEEKS = 10 + 3 * np.sin(2 * np.pi * np.arange(120) / 7) + 0.3 * NOISE  # 120 days
KEYS: dict[str, Any] = {
    **TWO_COLUMNS,
    "data.lookback": 8,
    "data.horizon": 3,
    "data.seasons": (7,),
    "data.split": (60, 30, 30),
    "data.batch_size": 8,
    "data.validation_stride": 1,
    "model.kind": "mlp",
    "model.seasons": (7,),
    "model.linear_rows": 0,
    "model.hidden_features": 3,
}


def make(folder: Path, columns: dict[str, Any], stamps: Any = None, **keys: Any) -> Forecasting:
    """The task on a file of daily rows; a key is given as ``group__key``."""
    if stamps is None:
        stamps = np.datetime64("2024-01-01") + np.arange(len(columns["y"]))
    path = folder / "x.csv"
    rows = zip(stamps, *columns.values(), strict=True)
    lines = [",".join("" if isinstance(c, float) and math.isnan(c) else str(c) for c in row) for row in rows]
    path.write_text("\n".join([",".join(["ds", *columns]), *lines]) + "\n")
    config = demand.get_config("quick")
    config.update_from_flattened_dict({**KEYS, "data.path": str(path)})
    config.update_from_flattened_dict({name.replace("__", "."): value for name, value in keys.items()})
    return build_task(config)


def hidden(start: int, stop: int) -> np.ndarray:
    """The series with some values missing."""
    values = WEEKS.copy()
    values[start:stop] = np.nan
    return values


@pytest.mark.parametrize("level", [0.1, 0.3, 5.0, 0.0, 1e9])
@pytest.mark.parametrize("role", ["covariates", "known"])
def test_column_that_is_constant_in_training_moves_no_forecast(level, role, tmp_path, capsys):
    steady, moved = np.full(120, level), np.where(np.arange(120) < 75, level, 1000.0)
    keys = {f"data__{role}": ("price",)}
    usual = make(tmp_path, {"y": WEEKS, "price": steady}, **keys)
    assert "no change in the training part: price" in usual.data_summary
    assert capsys.readouterr().err == ""
    task = make(tmp_path, {"y": WEEKS, "price": moved}, **keys)
    (remark,) = capsys.readouterr().err.splitlines()
    assert remark == (
        f"column 'price' does not change in the training part, so the model reads it as {level:g} even where it "
        "differs, as in line 77"
    )
    np.testing.assert_array_equal(task.windows.inputs, usual.windows.inputs)
    np.testing.assert_array_equal(task.windows.known, usual.windows.known)


@pytest.mark.parametrize(
    ("values", "missing", "sentence"),
    [
        (np.full(120, 0.3), "error", "column 'y' does not change in the training part, up to 2024-02-29"),
        (np.where(np.arange(120) < 70, 0.3, WEEKS), "error", "column 'y' does not change in the training part"),
        (1e9 + 1e-8 * np.arange(120), "error", "column 'y' does not change in the training part"),
        (hidden(0, 60), "mask", "column 'y' has no value in the training part, up to 2024-02-29"),
        (hidden(8, 60), "mask", "column 'y' has no value in the windows of the training part, from 2024-01-09 to"),
        (hidden(60, 90), "mask", "column 'y' has no value in the windows of the validation part, from 2024-03-01 to"),
        (hidden(90, 120), "mask", "column 'y' has no value in the windows of the test part, from 2024-03-31 to"),
        (np.full(120, np.nan), "mask", "column 'y' has no value in the training part"),
        (hidden(110, 120), "error", "line 112, column 'y': the value is missing; fill it in, leave out the rows"),
        (np.where(np.arange(120) == 100, 1e70, WEEKS), "error", "line 102, column 'y': 1e+70 is"),
    ],
)
def test_targets_that_measure_nothing_are_refused(values, missing, sentence, tmp_path):
    with pytest.raises(InputError) as caught:
        make(tmp_path, {"y": values}, data__missing=missing)
    assert sentence in str(caught.value)
    if "windows" in sentence or "does not change" in sentence:
        with pytest.raises(InputError) as caught:  # as one target of two
            make(tmp_path, {"y": WEEKS, "z": values}, data__missing=missing, data__targets=("y", "z"))
        assert sentence.replace("'y'", "'z'") in str(caught.value)


def test_windows_that_validation_passes_over_do_not_count(tmp_path):
    values = hidden(60, 90)
    values[64] = 1  # between the windows from rows 60 and 70 on
    with pytest.raises(InputError, match="no value in the windows of the validation part"):
        make(tmp_path, {"y": values}, data__missing="mask", data__validation_stride=10)
    values[71] = 1
    make(tmp_path, {"y": values}, data__missing="mask", data__validation_stride=10)


@pytest.mark.filterwarnings("error:.*:RuntimeWarning")
def test_measures_that_divide_by_nothing_are_left_out_with_a_remark(tmp_path, capsys):
    periodic = make(tmp_path, {"y": np.sin(2 * np.pi * np.arange(120) / 7) + 1e-8 * NOISE})
    result = periodic.test(periodic.initial_params)
    assert "MASE is left out: in the training part y repeats itself after 7 rows" in (err := capsys.readouterr().err)
    assert "mae_over_best_baseline is left out: 'same time last week' has no error but rounding" in err
    assert not {"mase", "mae_over_best_baseline"} & result.flat().keys()
    assert np.isfinite([*result.flat().values()]).all()

    sparse = np.where(np.arange(120) % 2, np.nan, WEEKS)
    sparse[117:] = np.nan
    task = make(tmp_path, {"y": sparse}, data__missing="mask", data__split=(60, 54, 6))
    result = task.test(task.initial_params)
    assert "MASE is left out" in (err := capsys.readouterr().err)
    assert "error_by_step.png" not in err
    assert "mase" not in result.flat()
    assert np.isfinite([*result.flat().values()]).all()
    alone = hidden(118, 119)
    task = make(tmp_path, {"y": alone}, data__missing="mask", data__split=(60, 57, 3))
    task.test(task.initial_params)
    assert capsys.readouterr().err == "error_by_step.png is incomplete: no target is observed 2 rows ahead\n"


def test_data_summary_says_what_was_read(tmp_path, capsys):
    hours = np.datetime64("2024-01-01T00:00") + np.delete(np.arange(122), [100, 101]) * np.timedelta64(60, "m")
    stamps = [f"{hour}Z" for hour in hours]
    columns = {"y": hidden(5, 7), "z": WEEKS, "x": hidden(110, 111), "k": np.full(120, 0.2), "e": np.full(120, np.nan)}
    keys = {"data__targets": ("y", "z"), "data__covariates": ("x", "e"), "data__known": ("k",)}
    zone = {"data__calendar": ("time_of_day",), "data__timezone": "Europe/Berlin"}
    task = make(tmp_path, columns, stamps, data__missing="mask", data__seasons=(24,), **keys, **zone)
    assert task.data_summary == [
        f"{tmp_path / 'x.csv'}: 122 rows, one every 1 hour, from 2024-01-01T00:00Z to 2024-01-06T01:00Z",
        "targets: y, z",
        "covariates, past alone: x, e",
        "covariates, past and future: k",
        "calendar of Europe/Berlin: time_of_day",
        "rows that are not in the file: 2",
        "missing values, these rows among them: y 4, z 2, x 3, e 122, k 2",
        "no value in the training part: e",
        "no change in the training part: k",
        "training part: 60 rows, from 2024-01-01T00:00Z to 2024-01-03T11:00Z; 50 windows; 2 missing targets",
        "validation part: 30 rows, from 2024-01-03T12:00Z to 2024-01-04T17:00Z; 28 windows",
        "test part: 30 rows, from 2024-01-04T18:00Z to 2024-01-05T23:00Z; 28 windows; 4 missing targets",
    ]
    assert task.learned["zoned"] is True
    (remark,) = capsys.readouterr().err.splitlines()
    assert remark.startswith("data.split are counts: 120 of 122 rows")


def test_weekends_are_no_missing_rows(tmp_path, capsys):
    days = np.datetime64("2024-01-01") + np.arange(168)
    week = days[np.is_busday(days)]
    task = make(tmp_path, {"y": WEEKS}, week, data__seasons=(5,), model__seasons=(5,))
    assert task.data_summary[0].endswith("120 rows, one every 1 business day, from 2024-01-01 to 2024-06-14")
    assert capsys.readouterr().err == ""
    assert task.learned["step"] == [1, "B", "1111100", []]
    holidays = (days[days == np.datetime64(day)] for day in ("2024-03-29", "2024-04-01"))
    open_days = np.setdiff1d(week, np.concatenate([*holidays]))
    task = make(
        tmp_path, {"y": WEEKS[:118]}, open_days, data__split=(60, 30, 28), data__seasons=(5,), model__seasons=(5,)
    )
    (remark,) = capsys.readouterr().err.splitlines()
    assert "business days without a row, such as 2024-03-29 (2 in all), are read as holidays" in remark
    assert len(task.series) == 118


def test_history_is_read_as_the_training_file_was(tmp_path, capsys):
    """Day and month, and the decimal sign, of a history that does not tell them."""
    days = [np.datetime64("2024-01-01") + day for day in range(120)]
    rows = zip(days, WEEKS, strict=True)
    german = [f"{day.item():%d/%m/%Y};{value:.2f}".replace(".", ",") for day, value in rows]
    path = tmp_path / "german.csv"
    path.write_text("ds;y\n" + "\n".join(german) + "\n")
    config = demand.get_config("quick")
    config.update_from_flattened_dict({**KEYS, "data.path": str(path)})
    task = build_task(config)
    assert len(capsys.readouterr().err.splitlines()) == 2
    learned = json.loads(json.dumps(task.learned))
    assert learned["read"] == {"decimal": ",", "thousands": "", "time_format": "%d/%m/%Y"}
    assert "chosen" in learned
    again = build_task(config, learned)
    np.testing.assert_array_equal(again.windows.inputs, task.windows.inputs)
    data = DataConfig(**config.data).with_learned(learned)
    history = data.parse(b"ds;y\n01/02/2024;1,234\n02/02/2024;2,345\n", "history", again.series.step)
    assert capsys.readouterr().err == ""
    np.testing.assert_array_equal(history.values[:, 0], [1.234, 2.345])
    assert str(history.times[1])[:10] == "2024-02-02"
    assert history.style.write(history.times_after(1)[0]) == "03/02/2024"


def test_values_that_hide_all_others_are_remarked(tmp_path, capsys):
    make(tmp_path, {"y": np.where(np.arange(120) == 20, -9999, WEEKS)})
    remark = capsys.readouterr().err
    assert "column 'y': nine tenths of the training part lie within 0.005 standard deviations" in remark
    assert "because of values such as that in line 22" in remark
    make(tmp_path, {"y": WEEKS, "flag": (np.arange(120) == 20).astype(int)}, data__known=("flag",))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("season", "step", "natural"),
    [
        (48, "1800s", True),
        (336, "1800s", True),
        (60, "60s", True),
        (24, "3600s", True),
        (8766, "3600s", True),
        (7, "86400s", True),
        (365, "86400s", True),
        (1, "86400s", True),
        (52, "604800s", True),
        (12, "1M", True),
        (4, "3M", True),
        (1, "12M", True),
        (5, "1B", True),
        (7, "1B", False),
        (48, "86400s", False),
        (336, "86400s", False),
        (48, "604800s", False),
        (48, "1M", False),
        (7, "3600s", False),
        (336, "3600s", False),
    ],
)
def test_season_that_is_no_hour_day_week_or_year_is_remarked(season, step, natural):
    remarks = season_remarks((season,), Step(int(step[:-1]), step[-1]))
    assert len(remarks) == (0 if natural else 1)
    assert natural or f"data.seasons has {season}, which is " in remarks[0]


def test_significant_digits_tell_small_changes_of_large_values_apart():
    scaler = Scaler(np.array([4600.0, 1e9, 0.0, 5.0, 3.0]), np.array([900.0, 1e-3, 1.0, 0.0, 1e-30]))
    np.testing.assert_array_equal(significant_digits(scaler, 5), [7, 17, 7, 7, 17])
