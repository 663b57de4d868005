"""Forecasts that feed on themselves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from seqjax.decoding import roll_out
from seqjax.layers import GRU

pytestmark = pytest.mark.usefixtures("quick_compilation")


def test_a_forecaster_rolled_out_is_a_loop_over_its_steps():
    layer, output = GRU(3, 4, rngs=nnx.Rngs(0)), nnx.Linear(4, 1, rngs=nnx.Rngs(1))
    rng = np.random.default_rng(0)
    past, known = (jnp.asarray(rng.normal(size=(2, n, 3 - m)), jnp.float32) for n, m in ((5, 0), (4, 1)))

    def step(carry, value, beside):
        carry, y = layer.step(carry, jnp.concatenate([value, beside], axis=-1))
        return carry, value + output(y)

    def forecast(past):
        _, carry = layer(past)
        return roll_out(step, carry, past[:, -1, :1], 4, known)

    values, slope = jax.jit(lambda past: (forecast(past), jax.grad(lambda x: forecast(x)[0, -1, 0])(past)))(past)
    _, carry = jax.jit(lambda x: layer(x))(past)
    value, one = past[:, -1, :1], jax.jit(step)
    for n in range(4):
        carry, value = one(carry, value, known[:, n])
        np.testing.assert_allclose(values[:, n], value, atol=1e-6)
    assert bool(jnp.all(slope[0] != 0))
    assert not bool(jnp.any(slope[1]))


def test_without_inputs_a_step_reads_its_own_value_alone():
    values = jax.jit(lambda x: roll_out(lambda carry, x: (carry, 2 * x + carry), jnp.ones((2, 1)), x, 3))(
        jnp.array([[0.0], [1.0]])
    )
    assert values[..., 0].tolist() == [[1, 3, 7], [3, 7, 15]]
