"""Roll-out: each output is the next input."""

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.decoding import roll_out


def test_roll_out_equals_a_loop_over_steps_and_gradients_flow_through_it():
    rng = np.random.default_rng(0)
    w_x, w_h, w_y = (rng.normal(size=shape).astype(np.float32) for shape in ((3, 4), (4, 4), (4, 1)))
    first, carry, extra = (rng.normal(size=shape).astype(np.float32) for shape in ((2, 1), (2, 4), (2, 5, 2)))

    def step(carry, value, extra):
        carry = jnp.tanh(jnp.concatenate([value, extra], axis=-1) @ w_x + carry @ w_h)
        return carry, value + carry @ w_y

    def rolled(inputs):
        first, carry, extra = inputs
        return roll_out(step, carry, first, 5, extra)

    def loop(inputs):
        value, carry, extra = inputs
        values = []
        for n in range(5):
            carry, value = step(carry, value, extra[:, n])
            values.append(value)
        return jnp.stack(values, axis=1)

    @jax.jit
    def run(inputs):
        """The values, and the gradients of the fourth value of the first row."""
        return [jax.grad(lambda x, f=f: (f(x)[0, 3, 0], f(x)), has_aux=True)(inputs) for f in (rolled, loop)]

    of_roll_out, of_loop = run((first, carry, extra))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), of_roll_out, of_loop)
    _, _, of_extra = of_roll_out[0]
    assert np.all(of_extra[0, :4] != 0)
    assert not np.any(of_extra[0, 4:])


def test_roll_out_without_inputs_calls_the_step_with_two_arguments():
    values = jax.jit(lambda x: roll_out(lambda carry, x: (carry, 2 * x + carry), jnp.ones((2, 1)), x, 3))(
        jnp.array([[0.0], [1.0]])
    )
    assert values[..., 0].tolist() == [[1, 3, 7], [3, 7, 15]]
