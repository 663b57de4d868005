"""Roll-out: each output is the next input."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.decoding import roll_out

pytestmark = pytest.mark.usefixtures("quick_compilation")


def test_roll_out_equals_a_loop_over_steps_and_gradients_flow_through_it():
    rng = np.random.default_rng(0)
    w_x, w_h, w_y = (rng.normal(size=shape).astype(np.float32) for shape in ((3, 4), (4, 4), (4, 1)))
    first, carry, extra = (rng.normal(size=shape).astype(np.float32) for shape in ((2, 1), (2, 4), (2, 5, 2)))

    def step(carry, value, extra):
        carry = jnp.tanh(jnp.concatenate([value, extra], axis=-1) @ w_x + carry @ w_h)
        return carry, value + carry @ w_y

    def forecast(inputs):
        first, carry, extra = inputs
        values = roll_out(step, carry, first, 5, extra)
        return values[0, 3, 0], values

    gradients, values = jax.jit(jax.grad(forecast, has_aux=True))((first, carry, extra))
    h, value = carry, first
    for n in range(5):
        h = np.tanh(np.concatenate([value, extra[:, n]], axis=-1) @ w_x + h @ w_h)
        value = value + h @ w_y
        np.testing.assert_allclose(values[:, n], value, atol=1e-5)
    of_first, of_carry, of_extra = gradients
    assert np.all(of_first[0] != 0)
    assert np.all(of_carry[0] != 0)
    assert np.all(of_extra[0, :4] != 0)  # the fourth value depends on the steps up to its own,
    assert not np.any(of_extra[0, 4:])
    assert not any(np.any(leaf[1]) for leaf in gradients)  # and on its own row


def test_roll_out_without_inputs_calls_the_step_with_two_arguments():
    values = jax.jit(lambda x: roll_out(lambda carry, x: (carry, 2 * x + carry), jnp.ones((2, 1)), x, 3))(
        jnp.array([[0.0], [1.0]])
    )
    assert values[..., 0].tolist() == [[1, 3, 7], [3, 7, 15]]
