"""Losses against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.losses import absolute, pinball, squared, weighted_mean


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_pinball_loss_is_least_at_the_quantile(quantile):
    targets = jnp.asarray(np.random.default_rng(0).exponential(size=(1, 4001, 1)), jnp.float32)

    def loss(guess):
        return pinball(jnp.full((1, 4001, 1, 1), guess), targets, (quantile,)).mean()

    guesses = np.linspace(0, 3, 301, dtype=np.float32)
    best = guesses[np.argmin(jax.vmap(loss)(guesses))]
    assert best == pytest.approx(np.quantile(targets, quantile), abs=0.02)


def test_the_median_has_the_absolute_error():
    forecast = jnp.array([1.0, 2.0, -3.0]).reshape(1, 3, 1, 1)
    targets = jnp.array([2.0, 0.0, 1.0]).reshape(1, 3, 1)
    np.testing.assert_allclose(pinball(forecast, targets, (0.5,)).ravel(), [1, 2, 4])
    np.testing.assert_allclose(absolute(forecast, targets).ravel(), [1, 2, 4])
    np.testing.assert_allclose(squared(forecast, targets).ravel(), [1, 4, 16])


def test_a_weight_of_zero_hides_an_entry_from_loss_and_gradient():
    weights = jnp.array([1.0, 0.0, 1.0])
    value, grad = jax.value_and_grad(lambda x: weighted_mean(x**2, weights))(jnp.array([1.0, 50.0, 3.0]))
    assert value == 5
    np.testing.assert_array_equal(grad, [1, 0, 3])
    assert weighted_mean(jnp.ones(3), jnp.zeros(3)) == 0
