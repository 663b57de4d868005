"""Windows of a series: their inputs, targets and weights."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from seqjax.data.timeseries.scaler import Scaler
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.timestamps import ROWS, TimeStyle
from seqjax.data.timeseries.windows import Columns, forward_fill, make_windows, rows_record, split_rows, unusual_values
from seqjax.errors import InputError

NAN = np.nan


def series(values: np.ndarray, columns: tuple[str, ...], step: str = "1800s") -> Series:
    seconds = np.timedelta64(int(step[:-1]), "s")
    return Series(
        name="x.csv",
        columns=columns,
        times=np.datetime64("2024-01-01T00:00:00", "s") + np.arange(len(values)) * seconds,
        values=np.asarray(values, np.float64),
        lines=np.arange(2, len(values) + 2),
        step=Step(int(step[:-1])),
        style=TimeStyle(),
    )


def unscaled(width: int) -> Scaler:
    return Scaler(np.zeros(width), np.ones(width))


def test_batch_holds_the_rows_before_and_after_each_origin():
    values = np.stack([np.arange(20), 10 + np.arange(20) / 2, -np.arange(20)], axis=1)
    columns = Columns(targets=("y",), covariates=("x",), known=("k",))
    windows = make_windows(series(values, ("y", "x", "k")), columns, unscaled(3), lookback=4, horizon=3)
    batch = windows.batch(np.array([4, 10]))
    np.testing.assert_array_equal(batch.inputs[1], values[6:10])
    np.testing.assert_array_equal(batch.known[1, :, 0], [-10, -11, -12])
    np.testing.assert_array_equal(batch.targets[1, :, 0], [10, 11, 12])
    np.testing.assert_array_equal(batch.weights, np.ones((2, 3, 1)))
    assert batch.inputs.shape[2] == columns.in_features
    assert batch.known.shape[2] == columns.known_features


def test_batch_pads_with_windows_of_weight_0():
    windows = make_windows(series(np.ones((20, 1)), ("y",)), Columns(("y",)), unscaled(1), lookback=4, horizon=3)
    batch = windows.batch(np.array([4, 5]), pad_to=5)
    assert batch.inputs.shape[0] == 5
    np.testing.assert_array_equal(batch.weights.sum(axis=(1, 2)), [3, 3, 0, 0, 0])


def test_origins_keep_targets_within_their_part_and_inputs_may_reach_back():
    windows = make_windows(series(np.ones((30, 1)), ("y",)), Columns(("y",)), unscaled(1), lookback=5, horizon=3)
    np.testing.assert_array_equal(windows.origins(0, 10), [5, 6, 7])
    np.testing.assert_array_equal(windows.origins(20, 25), [20, 21, 22])


def test_make_windows_fills_flags_and_does_not_weigh_a_missing_value():
    values = np.array([[1.0, 10], [NAN, 20], [3, NAN], [NAN, NAN], [5, 50], [6, 60]])
    columns = Columns(targets=("y",), covariates=("x",), missing="mask")
    windows = make_windows(series(values, ("y", "x")), columns, unscaled(2), lookback=3, horizon=2)
    batch = windows.batch(np.array([3]))
    np.testing.assert_array_equal(batch.inputs[0], [[1, 10, 1, 1], [1, 20, 0, 1], [3, 20, 1, 0]])
    np.testing.assert_array_equal(batch.weights[0, :, 0], [0, 1])
    assert batch.inputs.shape[2] == columns.in_features


def test_make_windows_names_line_and_column_of_a_missing_value():
    values = np.array([[1.0, 10], [2, NAN], [3, 30]])
    with pytest.raises(InputError, match="line 3, column 'x': the value is missing"):
        make_windows(series(values, ("y", "x")), Columns(("y",), ("x",)), unscaled(2), lookback=1, horizon=1)


def test_columns_that_are_no_targets_are_clipped_and_constant_ones_are_0():
    values = np.array([[1.0, 10, 5, 0], [2, 20, 5, 1], [3, 15, 5, 0], [900, 1e60, 6, -900]])
    columns = Columns(("y",), covariates=("x", "c"), known=("k",))
    scaler = Scaler.fit(values[:3])
    windows = make_windows(series(values, columns.all), columns, scaler, lookback=1, horizon=1)
    np.testing.assert_allclose(windows.inputs[:3], scaler.scale(values[:3]).astype(np.float32))
    np.testing.assert_allclose(windows.inputs[3], [(900 - 2) / scaler.std[0], 30, 0, -30], rtol=1e-6)
    np.testing.assert_array_equal(windows.known[3], [-30])
    remarks = unusual_values(series(values, columns.all), columns, scaler)
    assert len(remarks) == 4
    for remark, part in zip(
        remarks,
        (
            r"'y' has values more than 30 .* \(1, the first in line 5\); forecasts near them are not reliable",
            "'x' has values more than 30 .* the model reads 30",
            "'c' does not change in the training part, so the model reads it as 5 even where it differs, as in line 5",
            "'k' has values more than 30",
        ),
        strict=True,
    ):
        assert re.search(part, remark), remark
    assert unusual_values(series(values[:3], columns.all), columns, scaler) == []


def test_make_windows_keeps_small_changes_of_large_values():
    values = 1e9 + 1e-3 * np.random.default_rng(0).normal(size=(500, 1))
    windows = make_windows(series(values, ("y",)), Columns(("y",)), Scaler.fit(values), lookback=1, horizon=1)
    np.testing.assert_allclose(windows.targets.std(), 1, rtol=1e-5)
    assert len(np.unique(windows.targets)) > 490


def test_make_windows_names_a_target_beyond_the_range_of_the_model():
    values = np.array([[1.0], [2], [3], [1e60]])
    with pytest.raises(InputError, match=r"line 5, column 'y': 1e\+60 is 1e\+60 standard deviations from the mean"):
        make_windows(series(values, ("y",)), Columns(("y",)), Scaler.fit(values[:3]), lookback=1, horizon=1)


def test_forward_fill_starts_from_zero():
    np.testing.assert_array_equal(forward_fill(np.array([[NAN], [2], [NAN], [NAN], [5]]))[:, 0], [0, 2, 2, 2, 5])


def test_split_rows_by_shares_and_by_numbers():
    data = series(np.ones((100, 1)), ("y",))
    assert split_rows(data, (0.6, 0.2, 0.2), 5, 5, 5) == (60, 80, 100)
    assert split_rows(data, (50, 20, 20), 5, 5, 5) == (50, 70, 90)


@pytest.mark.parametrize(
    ("split", "lookback", "sentence"),
    [
        ((80, 20, 20), 5, "asks for 120 rows, but x.csv has 100"),
        ((0.6, 0.2, 0.2), 58, "its training part has 60 of 100 rows"),
        ((0.96, 0.02, 0.02), 5, "its validation part has 2 of 100 rows"),
    ],
)
def test_split_rows_rejects_parts_that_do_not_fit_in_one_sentence(split, lookback, sentence):
    with pytest.raises(InputError, match=sentence):
        split_rows(series(np.ones((100, 1)), ("y",)), split, lookback, 5, 5)


@pytest.mark.parametrize("split", [(0.6, 0.2), (0.6, 0.4, 0.0), (0.8, 0.1, 0.2), (0.6, 20, 20)])
def test_split_rows_rejects_what_is_neither_shares_nor_numbers(split):
    with pytest.raises(ValueError, match=r"whole numbers of at least 1|three numbers of rows"):
        split_rows(series(np.ones((100, 1)), ("y",)), split, 5, 5, 5)


def test_split_rows_ends_recorded_parts_at_their_times():
    data = series(np.ones((100, 1)), ("y",))
    record = json.loads(json.dumps(rows_record(data, (60, 80, 100))))
    for rows, ends in ((data, (60, 80, 100)), (data.rows(10, 100), (50, 70, 90)), (data.rows(0, 97), (60, 80, 97))):
        assert split_rows(rows, (0.6, 0.2, 0.2), 5, 5, 5, record) == ends
    assert split_rows(data, (0.3, 0.2, 0.5), 5, 5, 5, record) == (60, 80, 100), "whatever the shares"
    with pytest.raises(InputError, match=r"training part has 0 of 40 rows.*the parts of the run end at"):
        split_rows(data.rows(60, 100), (0.6, 0.2, 0.2), 5, 5, 5, record)
    later = replace(data, times=data.times + np.timedelta64(1000, "D"))
    assert split_rows(later, (0.5, 0.3, 0.2), 5, 5, 5, record) == (50, 80, 100), "all rows are new"


def test_columns_rejects_a_name_twice_and_no_targets():
    with pytest.raises(InputError, match="twice"):
        Columns(("y",), ("y",))
    with pytest.raises(InputError, match="empty"):
        Columns(())


def test_make_windows_rejects_a_calendar_without_times():
    counted = replace(series(np.ones((5, 1)), ("y",)), style=TimeStyle(pattern=ROWS), step=Step(1, "row"))
    columns = Columns(("y",), calendar=("time_of_day",))
    with pytest.raises(InputError, match=r"x.csv has no times; set it to \(\)"):
        make_windows(counted, columns, unscaled(1), lookback=1, horizon=1)
