"""The forecasting task: its keys, and the names and origins of its report."""

import numpy as np
import pytest

from configs.forecasting import demand
from experiments.registry import build_task
from experiments.tasks.forecasting.data import DataConfig
from experiments.tasks.forecasting.report import season_name, spread
from seqjax.errors import InputError


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"model.linear_rows": 337}, "'model.linear_rows' is 337, above data.lookback 336"),
        ({"model.linear_rows": -1}, "'model.linear_rows' is -1, but must be at least 0"),
        ({"model.sampling_rate": 1.5}, r"'model.sampling_rate' is 1.5, but must be in \[0, 1\]"),
        ({"model.seasons": (0,)}, "'model.seasons' has 0, but a season must lie between 1 and data.lookback, 336"),
        ({"model.quantiles": (0.1, 0.9)}, "an odd number of levels with 0.5 in the middle"),
        ({"model.quantiles": (0.6, 0.5, 0.9)}, "must ascend between 0 and 1"),
        ({"model.quantiles": ()}, "an odd number of levels"),
        ({"model.loss": "absolute"}, "'model.loss' is 'absolute', but quantiles need 'pinball'"),
        ({"model.block": 5}, "'model.block' is 5, but must divide data.lookback: one of 1, 2, 3"),
        ({"model.kind": "segment", "data.horizon": 3}, "'model.block' is 8, but must divide data.horizon: one of 1, 3"),
        ({"data.seasons": (0,)}, "'data.seasons' is 0, but must be at least 1"),
        ({"data.seasons": (7, -1)}, "'data.seasons' is -1, but must be at least 1"),
        ({"data.seasons": ()}, r"'data.seasons' is empty; give lags in rows, such as \(7,\)"),
        ({"data.seasons": (5000,)}, "season 5000 need 5048 there; give a longer series or lower them"),
        ({"data.targets": ()}, "data.targets is empty"),
        ({"model.cell": "lstmm"}, "must be one of 'elman', 'gru', 'lstm'; did you mean 'lstm'?"),
        ({"model.dropout": 1.5}, "dropout must be"),
        ({"model.seasons": (400,)}, "'model.seasons' has 400"),
        ({"data.lookback": 0}, "'data.lookback' is 0, but must be at least 1"),
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
    data = {**demand.get_config("quick").data, "targets": ("a, b", "c")}
    assert DataConfig(**data).columns.targets == ("a", "b", "c")


@pytest.mark.parametrize(
    ("lag", "name"),
    [
        (np.timedelta64(86400, "s"), "same time yesterday"),
        (np.timedelta64(7 * 86400, "s"), "same time last week"),
        (np.timedelta64(12, "M"), "same month last year"),
        (np.timedelta64(1800, "s"), "30 minutes before"),
    ],
)
def test_season_name_is_the_lag_in_words(lag, name):
    assert season_name(lag) == name


def test_spread_takes_the_first_the_last_and_two_between():
    np.testing.assert_array_equal(spread(np.arange(100, 110)), [100, 103, 106, 109])
