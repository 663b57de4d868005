"""Simple forecasters."""

import numpy as np

from seqjax.baselines.seasonal import LinearMap, seasonal_naive
from seqjax.data.batching import in_order
from seqjax.data.timeseries.windows import Windows


def windows(inputs: np.ndarray, targets: int, lookback: int, horizon: int) -> Windows:
    inputs = inputs.astype(np.float32)
    return Windows(
        inputs=inputs,
        known=np.zeros((len(inputs), 0), np.float32),
        targets=inputs[:, :targets],
        observed=np.ones((len(inputs), targets), bool),
        lookback=lookback,
        horizon=horizon,
    )


def test_the_seasonal_rule_repeats_the_last_season():
    data = windows(np.arange(20)[:, None], 1, lookback=4, horizon=5)
    np.testing.assert_array_equal(seasonal_naive(data, np.array([10]), 1)[0, :, 0], [9, 9, 9, 9, 9])
    np.testing.assert_array_equal(seasonal_naive(data, np.array([10]), 3)[0, :, 0], [7, 8, 9, 7, 8])
    np.testing.assert_array_equal(seasonal_naive(data, np.array([10]), 7)[0, :, 0], [3, 4, 5, 6, 7])


def test_the_linear_map_finds_a_linear_law():
    # Each target follows its own recurrence, the second one driven by a covariate.
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 500))
    for t in range(2, 500):
        x[0, t] = 1.5 * x[0, t - 1] - 0.9 * x[0, t - 2]
        x[1, t] = 0.5 * x[1, t - 1] + x[2, t - 1] + 1
    data = windows(x.T, 2, lookback=3, horizon=1)
    fitted = LinearMap.fit(data, in_order(data.origins(0, 400), 64), columns=3, ridge=1e-12)
    origins = data.origins(400, 500)
    np.testing.assert_allclose(fitted(data, origins, 3), data.gather(origins).targets, atol=1e-2)
