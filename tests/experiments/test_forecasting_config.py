"""The forecasting task: its keys, and the names and origins of its report."""

from dataclasses import replace

import numpy as np
import pytest

from configs.forecasting import demand
from configs.forecasting import series as table
from experiments.registry import build_task
from experiments.tasks.forecasting.choices import choose_data, choose_model
from experiments.tasks.forecasting.data import DataConfig
from experiments.tasks.forecasting.report import season_name, spread
from seqjax.data import synthetic
from seqjax.data.timeseries.step import Step
from seqjax.errors import InputError


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"model.linear_rows": 337}, "'model.linear_rows' is 337, above data.lookback 336"),
        ({"model.linear_rows": -2}, "'model.linear_rows' is -2, but must be at least -1"),
        ({"model.sampling_rate": 1.5}, r"'model.sampling_rate' is 1.5, but must be in \[0, 1\]"),
        ({"model.seasons": (0, 1)}, "'model.seasons' has 0, but a season must lie between 1 and data.lookback, 336"),
        ({"model.quantiles": (0.1, 0.9)}, "an odd number of levels with 0.5 in the middle"),
        ({"model.quantiles": (0.6, 0.5, 0.9)}, "must ascend between 0 and 1"),
        ({"model.quantiles": ()}, "an odd number of levels"),
        ({"model.loss": "absolute"}, "'model.loss' is 'absolute', but quantiles need 'pinball'"),
        ({"model.block": 5}, "'model.block' is 5, but must divide data.lookback: one of 1, 2, 3"),
        ({"model.kind": "segment", "data.horizon": 3}, "'model.block' is 8, but must divide data.horizon: one of 1, 3"),
        ({"data.seasons": (0,)}, "'data.seasons' is 0, but must be at least 1"),
        ({"data.seasons": (7, -1)}, "'data.seasons' is -1, but must be at least 1"),
        ({"data.decimal": "x"}, "'data.decimal' is 'x', but must be one of '', '.', ','"),
        ({"data.thousands": "."}, "'data.decimal' and 'data.thousands' are both '.'"),
        ({"data.time_format": "%d.%m."}, "has no year; add %Y"),
        ({"data.calendar": ("auto", "time_of_day")}, "'auto' stands alone"),
        ({"data.seasons": (5000,)}, "season 5000 need 5048 there; give a longer series or lower them"),
        ({"data.targets": ()}, "data.targets is empty"),
        ({"model.cell": "lstmm"}, "must be one of 'elman', 'gru', 'lstm'; did you mean 'lstm'?"),
        ({"model.dropout": 1.5}, "dropout must be"),
        ({"model.seasons": (400,)}, "'model.seasons' has 400"),
        ({"data.lookback": -1}, "'data.lookback' is -1, but must be at least 0"),
        ({"data.split": (0.001, 0.001, 0.998)}, "is too short"),
        ({"data.path": ""}, "'data.path' is empty"),
        ({"data.missing": "skip"}, "data.missing is 'skip'"),
    ],
)
def test_forecasting_rejects_a_bad_value_in_one_sentence(keys, sentence):
    config = demand.get_config("quick")
    config.update_from_flattened_dict(keys)
    with pytest.raises(InputError, match=sentence) as caught:
        build_task(config)
    assert "\n" not in str(caught.value)


def test_columns_are_divided_at_commas():
    data = {**demand.get_config("quick").data, "targets": ("a, b", '"load, MW", c')}
    assert DataConfig(**data).columns.targets == ("a", "b", "load, MW", "c")


@pytest.mark.parametrize(
    ("season", "step", "name"),
    [
        (48, Step(1800), "same time yesterday"),
        (7, Step(86400), "same time last week"),
        (12, Step(1, "M"), "same month last year"),
        (4, Step(3, "M"), "same quarter last year"),
        (5, Step(1, "B"), "same day last week"),
        (6, Step(1, "B", "1111110"), "same day last week"),
        (52, Step(7 * 86400), "52 weeks before"),
        (1, Step(1800), "30 minutes before"),
    ],
)
def test_season_name_is_the_lag_in_words(season, step, name):
    assert season_name(season, step) == name


@pytest.mark.parametrize(
    ("step", "rows", "seasons", "horizon", "lookback"),
    [
        (Step(1800), 5000, (48, 336), 48, 336),
        (Step(3600), 5000, (24, 168), 24, 168),
        (Step(60), 20_000, (60, 1440), 60, 1440),
        (Step(86400), 1000, (7,), 7, 28),
        (Step(1, "B"), 1000, (5,), 5, 20),
        (Step(7 * 86400), 1000, (52,), 13, 52),
        (Step(1, "M"), 144, (12,), 12, 24),
        (Step(3, "M"), 144, (4,), 4, 16),
        (Step(12, "M"), 100, (1,), 4, 16),
        (Step(1, "row"), 100, (1,), 4, 16),
        (Step(1, "M"), 20, (1,), 2, 4),
    ],
)
def test_open_keys_follow_from_the_step_and_the_rows(step, rows, seasons, horizon, lookback):
    data = DataConfig(**table.get_config("quick").data)
    series = replace(synthetic.demand(("y",), days=1), step=step, times=np.zeros(rows), values=np.ones((rows, 1)))
    chosen = choose_data(data, series)
    assert (chosen["seasons"], chosen["horizon"], chosen["lookback"]) == (seasons, horizon, lookback)
    data = replace(data, **chosen)
    model = choose_model(data, kind="recurrent", block=0, linear_rows=-1, seasons=(0,))
    assert model["seasons"] == tuple(sorted((each for each in seasons if each <= lookback), reverse=True))
    assert model["linear_rows"] == lookback
    assert lookback % model["block"] == 0
    assert choose_model(data, kind="recurrent", block=2, linear_rows=0, seasons=()) == {}


def test_calendar_has_the_cycles_that_rows_pass_through():
    data = DataConfig(**table.get_config("quick").data)
    for step, rows, cycles in (
        (Step(1800), 5000, ("time_of_day", "day_of_week")),
        (Step(86400), 2000, ("day_of_week", "day_of_year")),
        (Step(1, "B"), 200, ("day_of_week",)),
        (Step(1, "M"), 144, ("day_of_year",)),
        (Step(12, "M"), 144, ()),
        (Step(1, "row"), 144, ()),
    ):
        series = replace(synthetic.demand(("y",), days=1), step=step, times=np.zeros(rows), values=np.ones((rows, 1)))
        assert choose_data(data, series)["calendar"] == cycles
        with_holidays = choose_data(replace(data, holidays=("2024-01-01",)), series)["calendar"]
        assert ("holiday" in with_holidays) == (step.name in ("30 minutes", "1 day", "1 business day"))


def test_spread_takes_the_first_the_last_and_two_between():
    np.testing.assert_array_equal(spread(np.arange(100, 110)), [100, 103, 106, 109])
