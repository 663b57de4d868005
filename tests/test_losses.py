"""Losses against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.losses import absolute, pinball, squared, token_cross_entropy, weighted_mean


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_pinball_is_least_at_the_quantile(quantile):
    targets = jnp.asarray(np.random.default_rng(0).exponential(size=(1, 4001, 1)), jnp.float32)

    def loss(guess):
        return pinball(jnp.full((1, 4001, 1, 1), guess), targets, (quantile,)).mean()

    guesses = np.linspace(0, 3, 301, dtype=np.float32)
    best = guesses[np.argmin(jax.vmap(loss)(guesses))]
    assert best == pytest.approx(np.quantile(targets, quantile), abs=0.02)


def test_pinball_of_the_median_is_the_absolute_error():
    forecast = jnp.array([1.0, 2.0, -3.0]).reshape(1, 3, 1, 1)
    targets = jnp.array([2.0, 0.0, 1.0]).reshape(1, 3, 1)
    np.testing.assert_allclose(pinball(forecast, targets, (0.5,)).ravel(), [1, 2, 4])
    np.testing.assert_allclose(absolute(forecast, targets).ravel(), [1, 2, 4])
    np.testing.assert_allclose(squared(forecast, targets).ravel(), [1, 4, 16])


def test_weighted_mean_ignores_entries_of_weight_zero():
    weights = jnp.array([1.0, 0.0, 1.0])
    value, grad = jax.value_and_grad(lambda x: weighted_mean(x**2, weights))(jnp.array([1.0, 50.0, 3.0]))
    assert value == 5
    np.testing.assert_array_equal(grad, [1, 0, 3])
    assert weighted_mean(jnp.ones(3), jnp.zeros(3)) == 0


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
    values, weights = jnp.array(values), jnp.array(weights)
    mean, gradient = jax.value_and_grad(weighted_mean)(values, weights)
    np.testing.assert_allclose(mean, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient, weights / max(float(weights.sum()), 1e-30), rtol=1e-6)


TOKENS = jnp.array([[4, 5, 2], [2, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("padding", [0.0, np.nan])
def test_token_cross_entropy_of_uniform_logits_is_ln_v_with_any_padding(smoothing, padding):
    real = TOKENS != 0
    logits = jnp.where(real[..., None], 3.0, padding) * jnp.ones((1, 1, 7))

    def mean(logits):
        loss = token_cross_entropy(logits, TOKENS, smoothing)
        return weighted_mean(loss, real.astype(jnp.float32)), loss

    (value, loss), slope = jax.jit(jax.value_and_grad(mean, has_aux=True))(logits)
    np.testing.assert_allclose(value, np.log(7), rtol=1e-6)
    np.testing.assert_array_equal(loss[~real], 0)
    np.testing.assert_array_equal(slope[~real], 0)
    assert bool(jnp.all(jnp.isfinite(slope)))


def test_token_cross_entropy_with_smoothing_equals_that_of_the_smoothed_target():
    logits = np.random.default_rng(0).normal(size=(3, 3, 7))
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    target = 0.8 * np.eye(7)[np.asarray(TOKENS)] + 0.2 / 7
    expected = np.where(TOKENS != 0, -(target * log_p).sum(axis=-1), 0)
    np.testing.assert_allclose(token_cross_entropy(jnp.asarray(logits, jnp.float32), TOKENS, 0.2), expected, atol=1e-6)
    with pytest.raises(ValueError, match=r"smoothing must be at least 0 and below 1, not 1.0"):
        token_cross_entropy(jnp.zeros((3, 3, 7)), TOKENS, 1.0)
