"""Standardisation of columns."""

import json

import numpy as np
import pytest

from seqjax.data.tables import package_file
from seqjax.data.timeseries.reader import read_series
from seqjax.data.timeseries.scaler import Scaler

NAN = np.nan
DEMAND = ("Demand", "Temperature", "Holiday")
# Of the training part, as in the records of docs/results.
MEAN = ("0x1.253e89410d337p+12", "0x1.0b3e2aefc38b9p+4", "0x1.de5d6e3f8868ap-6")
STD = ("0x1.c3415aaf1f999p+9", "0x1.78a97393075e1p+2", "0x1.58cc61d4ed4a3p-3")


def test_scaler_ignores_missing_values_and_survives_json():
    scaler = Scaler.fit(np.array([[1.0, 7], [NAN, 9], [3, 8]]))
    np.testing.assert_array_equal(scaler.mean, [2, 8])
    np.testing.assert_allclose(scaler.std, [1, np.sqrt(2 / 3)])
    again = Scaler.from_json(json.loads(json.dumps(scaler.to_json())))
    np.testing.assert_array_equal(again.std, scaler.std)
    np.testing.assert_array_equal(scaler.scale(np.array([[4.0, 8.0]])), [[2, 0]])
    np.testing.assert_allclose(again.unscale(again.scale(np.array([[4.0, 7.0]]))), [[4, 7]])


@pytest.mark.parametrize(
    "column",
    [
        np.full(120, 0.3),  # their sum over 120 is not 0.3
        np.full(1001, 0.1),
        np.full(50, 7.0),
        np.full(50, -1e9 / 3),
        np.zeros(30),
        1e9 + 1e-8 * np.arange(30),
        np.where(np.arange(99) % 2, 0.3, 0.1 + 0.2),  # equal up to rounding
        np.cumsum(np.full(40, 0.1)) - 0.1 * np.arange(40),
        np.where(np.arange(40) % 3, NAN, 0.7),
        np.array([NAN, 5.5, NAN]),  # one value
        np.full(10, NAN),
        1e-150 * np.arange(20),
    ],
)
def test_column_that_changes_by_rounding_alone_is_constant_and_scaled_to_0(column):
    scaler = Scaler.fit(column[:, None])
    assert scaler.constant.tolist() == [True]
    assert scaler.std.tolist() == [0]
    np.testing.assert_array_equal(scaler.scale(np.array([[0.2], [1e9], [NAN]])), [[0], [0], [NAN]])
    level = column[~np.isnan(column)][:1] if np.any(~np.isnan(column)) else [0.0]
    np.testing.assert_allclose(scaler.unscale(np.array([[3.0]])), [level], atol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1.0, -1e6, 1e9, 1e12])
@pytest.mark.parametrize("rows", [120, 50_000])
def test_scaler_is_exact_where_values_vary_little_around_a_large_mean(offset, rows):
    noise = np.random.default_rng(0).normal(size=rows) * max(1e-3, 1e-12 * abs(offset))
    values = np.stack([offset + noise, offset - noise], axis=1)  # sums over rows of several columns round the most
    exact = values - offset  # without rounding
    scaler = Scaler.fit(values)
    np.testing.assert_allclose(scaler.mean - offset, exact.mean(axis=0), atol=1e-6 * exact.std() + 2e-16 * abs(offset))
    np.testing.assert_allclose(scaler.std, exact.std(axis=0), rtol=1e-6)


def test_scaler_does_not_lose_small_values_or_large_ones():
    shape = np.random.default_rng(0).normal(size=(50, 1))
    for size in (1e-90, 1e90):
        scaler = Scaler.fit(size * shape)
        np.testing.assert_allclose(scaler.scale(size * shape), Scaler.fit(shape).scale(shape), rtol=1e-12)
    for value in (np.inf, -np.inf, 1e200):
        with pytest.raises(ValueError, match="between -1e150 and 1e150"):
            Scaler.fit(np.array([[1.0], [value]]))


def test_scaler_of_usual_columns_is_bitwise_the_plain_formula():
    series = read_series(package_file("tsdata", "fpp3/vic_elec.csv"), time_column="Time", columns=DEMAND)
    values = series.values[: round(0.75 * len(series))]
    mean = values.sum(axis=0) / len(values)
    scaler = Scaler.fit(values)
    np.testing.assert_array_equal(scaler.mean, mean)
    np.testing.assert_array_equal(scaler.std, np.sqrt(((values - mean) ** 2).sum(axis=0) / len(values)))
    assert scaler.mean.tolist() == [float.fromhex(number) for number in MEAN]
    assert scaler.std.tolist() == [float.fromhex(number) for number in STD]
