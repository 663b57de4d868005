"""Standardisation of columns."""

import json

import numpy as np

from seqjax.data.timeseries.scaler import Scaler

NAN = np.nan


def test_scaler_ignores_missing_values_and_survives_json():
    scaler = Scaler.fit(np.array([[1.0, 7], [NAN, 7], [3, 7]]))
    np.testing.assert_array_equal(scaler.mean, [2, 7])
    np.testing.assert_array_equal(scaler.std, [1, 1])  # a constant column keeps its scale
    again = Scaler.from_json(json.loads(json.dumps(scaler.to_json())))
    np.testing.assert_array_equal(scaler.scale(np.array([[4.0, 9.0]])), [[2, 2]])
    np.testing.assert_array_equal(again.unscale(again.scale(np.array([[4.0, 7.0]]))), [[4, 7]])
