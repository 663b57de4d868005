"""The rows to forecast, appended to a history."""

import numpy as np
import pytest

from seqjax.data.timeseries.future import append_future
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.timestamps import TimeStyle
from seqjax.data.timeseries.windows import Columns
from seqjax.errors import InputError

NAN = np.nan
STEP = Step(1800)


def series(values: np.ndarray, columns: tuple[str, ...]) -> Series:
    return Series(
        name="x.csv",
        columns=columns,
        times=np.datetime64("2024-01-01T00:00:00", "s") + np.arange(len(values)) * np.timedelta64(1800, "s"),
        values=np.asarray(values, np.float64),
        lines=np.arange(2, len(values) + 2),
        step=STEP,
        style=TimeStyle(),
    )


def test_append_future_takes_known_columns_from_the_end_and_the_median_for_the_rest():
    values = np.array([[1.0, 0], [2, 1], [3, 0], [NAN, 1], [NAN, 1]])
    warnings: list[str] = []
    columns = Columns(targets=("y",), known=("k",))
    full, origin = append_future(series(values, ("y", "k")), columns, lookback=3, horizon=4, warn=warnings.append)
    assert origin == 3
    assert len(full) == 7
    np.testing.assert_array_equal(full.values[3:, 1], [1, 1, 0, 0])  # two are given, two the median
    assert len(warnings) == 1
    assert "k is not given for 2 of the 4 rows to come" in warnings[0]
    assert full.times[3] == full.times[2] + np.timedelta64(1800, "s")


def test_append_future_rejects_a_short_history():
    with pytest.raises(InputError, match="history of 3 rows, but the model looks back 4"):
        append_future(series(np.ones((3, 1)), ("y",)), Columns(("y",)), lookback=4, horizon=1, warn=print)


def test_append_future_needs_the_window_alone_to_be_complete():
    values = np.array([[NAN, 0.0], [2, 1], [3, 1], [4, 0], [5, 0]])
    columns = Columns(targets=("y",), known=("k",))
    full, origin = append_future(series(values, ("y", "k")), columns, lookback=3, horizon=2, warn=lambda text: None)
    full.require_complete()
    assert (origin, len(full), full.lines[0]) == (3, 5, 4)
    np.testing.assert_array_equal(full.values[:, 1], [1, 0, 0, 0, 0])
    masked = Columns(targets=("y",), known=("k",), missing="mask")
    full, origin = append_future(series(values, ("y", "k")), masked, lookback=3, horizon=2, warn=lambda text: None)
    assert (origin, len(full)) == (5, 7), "a missing value may be filled from rows before the window"


def test_append_future_warns_of_values_that_are_not_read():
    values = np.array([[1.0, 5], [2, 5], [NAN, 6], [NAN, 6], [NAN, NAN]])
    warnings: list[str] = []
    columns = Columns(targets=("y",), covariates=("x",))
    append_future(series(values, ("y", "x")), columns, lookback=2, horizon=1, warn=warnings.append)
    assert warnings == [
        "x.csv has 2 rows beyond the 1 that are forecast; they are not read",
        "x is given for 2 rows to come, but the model reads its past alone; they are not read",
    ]


@pytest.mark.filterwarnings("error")
def test_append_future_without_any_value_of_a_known_column():
    values = np.array([[1.0, NAN], [2, NAN], [3, NAN]])
    columns = Columns(targets=("y",), known=("k",))
    with pytest.raises(InputError, match=r"x.csv has no value of 'k'; fill it in"):
        append_future(series(values, ("y", "k")), columns, lookback=2, horizon=2, warn=print)
    warnings: list[str] = []
    masked = Columns(targets=("y",), known=("k",), missing="mask")
    full, _ = append_future(series(values, ("y", "k")), masked, lookback=2, horizon=2, warn=warnings.append)
    assert "taken as missing, for it has no value in the history" in warnings[0]
    assert np.isnan(full.values[:, 1]).all()
