"""Linear regression of a window's future on its past."""

import numpy as np

from seqjax.baselines.linear import LinearRegression
from seqjax.data.batching import in_order
from seqjax.data.timeseries.windows import Windows


def windows(inputs: np.ndarray, targets: int, lookback: int, horizon: int) -> Windows:
    inputs = inputs.astype(np.float32)
    nothing, observed = np.zeros((len(inputs), 0), np.float32), np.ones((len(inputs), targets), bool)
    return Windows(inputs, nothing, inputs[:, :targets], observed, lookback, horizon)


def test_linear_regression_recovers_a_linear_law():
    # Each target follows its own recurrence, the second one driven by a covariate.
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 500))
    for t in range(2, 500):
        x[0, t] = 1.5 * x[0, t - 1] - 0.9 * x[0, t - 2]
        x[1, t] = 0.5 * x[1, t - 1] + x[2, t - 1] + 1
    data = windows(x.T, 2, lookback=3, horizon=1)
    fitted = LinearRegression.fit(data, in_order(data.origins(0, 400), 64), columns=3, ridge=1e-12)
    origins = data.origins(400, 500)
    np.testing.assert_allclose(fitted(data, origins), data.batch(origins).targets, atol=1e-2)


def test_linear_regression_is_least_squares_of_own_past_covariates_and_intercept():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 4))  # two targets, a covariate, and a column that is not read
    data = windows(values, 2, lookback=3, horizon=2)
    fitted = LinearRegression.fit(data, in_order(data.origins(0, 50), 16), columns=3, ridge=1e-9)
    origins = range(3, 49)
    for target in range(2):
        features = [[*values[o - 3 : o, target], *values[o - 3 : o, 2], 1] for o in origins]
        futures = [values[o : o + 2, target] for o in origins]
        weights = np.linalg.lstsq(np.array(features), np.array(futures), rcond=None)[0]
        np.testing.assert_allclose(fitted.weights[target], weights, atol=1e-4)
        forecast = np.array([*values[52:55, target], *values[52:55, 2], 1]) @ weights
        np.testing.assert_allclose(fitted(data, np.array([55]))[0, :, target], forecast, atol=1e-4)
