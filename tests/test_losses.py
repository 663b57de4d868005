"""Losses against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.losses import absolute, pinball, squared, token_cross_entropy, weighted_mean


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_pinball_is_least_at_the_quantile(quantile):
    targets = jax.device_put(np.random.default_rng(0).exponential(size=(1, 4001, 1)).astype(np.float32))

    @jax.jit
    @jax.vmap
    def loss(guess):
        return pinball(jnp.full((1, 4001, 1, 1), guess), targets, (quantile,)).mean()

    guesses = np.linspace(0, 3, 301, dtype=np.float32)
    best = guesses[np.argmin(loss(guesses))]
    assert best == pytest.approx(np.quantile(targets, quantile), abs=0.02)


def test_pinball_of_the_median_is_the_absolute_error():
    forecast = np.array([1.0, 2.0, -3.0], np.float32).reshape(1, 3, 1, 1)
    targets = np.array([2.0, 0.0, 1.0], np.float32).reshape(1, 3, 1)
    losses = (lambda *pair: pinball(*pair, (0.5,)), absolute, squared)
    found = jax.jit(lambda *pair: [loss(*pair) for loss in losses])(forecast, targets)
    for each, expected in zip(found, ([1, 2, 4], [1, 2, 4], [1, 4, 16]), strict=True):
        np.testing.assert_allclose(np.ravel(each), expected)


def test_weighted_mean_ignores_entries_of_weight_zero():
    square = jax.jit(jax.value_and_grad(lambda x, weights: weighted_mean(x**2, weights)))
    value, grad = square(np.float32([1, 50, 3]), np.float32([1, 0, 1]))
    assert value == 5
    np.testing.assert_array_equal(grad, [1, 0, 3])
    assert square(np.ones(3, np.float32), np.zeros(3, np.float32))[0] == 0


GRADIENT = jax.jit(jax.value_and_grad(lambda values, weights: weighted_mean(values, weights)))


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        ([2.0, 4.0], [0.1, 0.1], 3.0),
        ([2.0, 4.0], [1e-6, 3e-6], 3.5),
        ([2.0, 4.0], [0.25, 0.0], 2.0),
        ([2.0, 4.0], [10.0, 30.0], 3.5),
        ([2.0, np.nan], [0.5, 0.0], 2.0),
        ([2.0, np.inf], [0.0, 0.0], 0.0),
    ],
)
def test_weighted_mean_divides_by_the_sum_of_any_weights(values, weights, expected):
    values, weights = np.float32(values), np.float32(weights)
    mean, gradient = GRADIENT(values, weights)
    np.testing.assert_allclose(mean, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient, weights / max(float(weights.sum()), 1e-30), rtol=1e-6)


TOKENS = np.array([[4, 5, 2], [2, 0, 0], [0, 0, 0]], np.int32)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("padding", [0.0, np.nan])
def test_token_cross_entropy_of_uniform_logits_is_ln_v_with_any_padding(smoothing, padding):
    real = TOKENS != 0
    logits = np.where(real[..., None], 3.0, padding).astype(np.float32) * np.ones((1, 1, 7), np.float32)

    def mean(logits):
        loss = token_cross_entropy(logits, jnp.asarray(TOKENS), smoothing)
        return weighted_mean(loss, jnp.asarray(real, jnp.float32)), loss

    (value, loss), slope = jax.jit(jax.value_and_grad(mean, has_aux=True))(logits)
    np.testing.assert_allclose(value, np.log(7), rtol=1e-6)
    np.testing.assert_array_equal(np.asarray(loss)[~real], 0)
    np.testing.assert_array_equal(np.asarray(slope)[~real], 0)
    assert np.all(np.isfinite(slope))


def test_token_cross_entropy_with_smoothing_equals_that_of_the_smoothed_target():
    logits = np.random.default_rng(0).normal(size=(3, 3, 7))
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    target = 0.8 * np.eye(7)[TOKENS] + 0.2 / 7
    expected = np.where(TOKENS != 0, -(target * log_p).sum(axis=-1), 0)
    smoothed = jax.jit(lambda logits: token_cross_entropy(logits, jnp.asarray(TOKENS), 0.2))
    np.testing.assert_allclose(smoothed(logits.astype(np.float32)), expected, atol=1e-6)
    with pytest.raises(ValueError, match=r"smoothing must be at least 0 and below 1, not 1.0"):
        token_cross_entropy(jnp.zeros((3, 3, 7)), jnp.asarray(TOKENS), 1.0)
