"""Forecast plots: their lines, bands and labels."""

import matplotlib.dates
import numpy as np
import pytest

from seqjax.data.timeseries.step import Step
from seqjax.plots.colors import MODEL
from seqjax.plots.forecasting import (
    Panel,
    error_by_step_figure,
    forecasts_figure,
    plot_error_by_step,
    plot_forecasts,
)

TIMES = np.datetime64("2024-01-01T00:00:00") + np.timedelta64(1800, "s") * np.arange(5)
TARGET = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
FORECAST = np.array([[0.0, 2.0, 7.0], [1.0, 6.0, 9.0]])  # of the last two times
BASELINE = np.array([8.0, 3.5])


def lines(axis):
    """Data of the labelled lines of an axis."""
    return {line.get_label(): line.get_xydata().T for line in axis.lines if not line.get_label().startswith("_")}


def band(axis):
    """Lower and upper end at each time of the only band of an axis, by time."""
    (collection,) = axis.collections
    (path,) = collection.get_paths()
    points: dict[float, set[float]] = {}
    for x, y in path.vertices:
        points.setdefault(x, set()).add(y)
    return {x: (min(ys), max(ys)) for x, ys in points.items()}


def test_forecasts_figure_draws_target_median_band_and_baseline_at_their_times():
    figure = forecasts_figure([Panel(TIMES, TARGET, FORECAST, BASELINE)], (0.1, 0.5, 0.9), "MW", "yesterday")
    (axis,) = figure.axes
    days = matplotlib.dates.date2num(TIMES)
    drawn = lines(axis)
    assert set(drawn) == {"observed", "forecast", "yesterday"}
    for label, times, values in (
        ("observed", days, TARGET),
        ("forecast", days[3:], [2, 6]),
        ("yesterday", days[3:], BASELINE),
    ):
        np.testing.assert_allclose(drawn[label], [times, values])
    assert band(axis) == {days[3]: (0, 7), days[4]: (1, 9)}
    assert axis.get_ylabel() == "MW"
    (legend,) = figure.legends
    assert {text.get_text() for text in legend.get_texts()} == {"10% to 90%", *drawn}


def test_forecasts_figure_draws_a_point_forecast_of_an_unknown_future_without_band_and_baseline():
    first = Panel(TIMES, TARGET[:3], FORECAST[:, 1:2], None)
    figure = forecasts_figure([first, first._replace(target=TARGET[2::-1])], (), "MW", "")
    upper, lower = figure.axes
    assert set(lines(upper)) == {"observed", "forecast"}
    np.testing.assert_array_equal(lines(upper)["observed"][1], [3, 1, 4])
    np.testing.assert_array_equal(lines(lower)["observed"][1], [4, 1, 3])
    np.testing.assert_array_equal(lines(upper)["forecast"][1], [2, 6])
    assert not upper.collections


@pytest.mark.parametrize(
    ("step", "label", "unit"),
    [
        (Step(1800), "minutes ahead", 30),
        (Step(7200), "hours ahead", 2),
        (Step(86400), "days ahead", 1),
        (Step(10), "seconds ahead", 10),
        (Step(3, "M"), "months ahead", 3),
        (Step(1, "B"), "business days ahead", 1),
    ],
)
def test_error_by_step_figure_draws_errors_against_the_lead_time(step, label, unit):
    errors = {"model": np.array([1.0, 2.0, 4.0, 3.0]), "last value": np.array([5.0, 6.0, 7.0, 8.0])}
    (axis,) = error_by_step_figure(errors, step).axes
    drawn = lines(axis)
    for name, values in errors.items():
        np.testing.assert_allclose(drawn[name], [unit * np.arange(1, 5), values])
    assert axis.get_xlabel() == label
    assert axis.get_ylim()[0] == 0
    assert [line.get_label() for line in axis.lines if line.get_color() == MODEL] == ["model"]


def test_plots_are_saved_as_pictures(tmp_path):
    plot_forecasts(tmp_path / "a.png", [Panel(TIMES, TARGET, FORECAST, None)], (0.1, 0.5, 0.9), "MW", "")
    plot_error_by_step(tmp_path / "b.png", {"model": np.ones(3)}, Step(60))
    for name in ("a.png", "b.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
