"""Query reduction against a loop in NumPy, and the shares of its steps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.recurrence import Plan, ReductionCell, unroll
from tests.recurrence.problems import MASK, B, T, draw

M, H = 3, 5


def problem(cell: ReductionCell):
    rng = np.random.default_rng(0)
    params = draw(jax.eval_shape(lambda key: cell.init(key, 2 * M, H), jax.random.key(0)), rng)
    return (
        params,
        draw(cell.zero_carry(params, B), rng),
        jax.device_put(rng.normal(size=(B, T, 2 * M)).astype(np.float32)),
    )


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def in_numpy(params, x):
    """The gates z and r and the candidate n of one step."""
    sentence, question = np.split(np.asarray(x, np.float64), 2)
    gates = (sentence * question) @ np.asarray(params.w_gates, np.float64) + params.b_gates
    z, r = np.split(sigmoid(gates), 2)
    return z, r, np.tanh(np.concatenate([sentence, question]) @ np.asarray(params.w_x, np.float64) + params.b)


@pytest.mark.parametrize("vector_gates", [False, True])
def test_cell_equals_a_loop_in_numpy_and_its_carry_is_the_sum_of_its_shares(vector_gates):
    cell = ReductionCell(vector_gates=vector_gates)
    params, carry, xs = problem(cell)

    @jax.jit
    def run(params, carry, xs):
        last, ys = unroll(cell, params, carry, xs, mask=jnp.asarray(MASK))
        _, backwards = unroll(cell, params, carry, xs, mask=jnp.asarray(MASK), reverse=True)
        together = unroll(cell, params, carry, xs, mask=jnp.asarray(MASK), plan=Plan(backend="associative"))
        shares = [cell.shares(params, xs, jnp.asarray(MASK), reverse=reverse) for reverse in (False, True)]
        return last.h, ys, backwards, together, shares

    last, ys, backwards, together, shares = run(params, carry, jnp.where(MASK[..., None], xs, jnp.nan))
    np.testing.assert_allclose(together[1], ys, atol=1e-6)
    np.testing.assert_allclose(together[0].h, last, atol=1e-6)
    for row in range(B):
        for outputs, share, steps in ((ys, shares[0], range(T)), (backwards, shares[1], range(T - 1, -1, -1))):
            h = np.asarray(carry.h[row], np.float64)
            expected, wrote = np.zeros(T), np.zeros((T, H))
            for t in steps:
                if not MASK[row, t]:
                    continue
                z, r, n = in_numpy(params, xs[row, t])
                h = (1 - z) * h + z * r * n
                np.testing.assert_allclose(outputs[row, t], h, atol=1e-5)
                expected *= 1 - z.mean()
                expected[t], wrote[t] = z.mean(), r * n
                np.testing.assert_allclose(share[row, t], expected, atol=1e-5)
                if not vector_gates:
                    rest = (1 - expected.sum()) * np.asarray(carry.h[row])
                    np.testing.assert_allclose(expected @ wrote + rest, h, atol=1e-6)
            assert not np.asarray(share[row])[:, ~MASK[row]].any()


def test_closed_gate_gives_finite_shares_and_gradients():
    cell = ReductionCell()
    params, _, xs = problem(cell)
    loss = jax.jit(jax.grad(lambda params, xs: jnp.sum(cell.shares(params, xs, jnp.asarray(MASK)) ** 2)))
    found = loss(jax.tree.map(lambda leaf: 1e3 * leaf, params), xs)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


def test_odd_inputs_are_refused_and_biases_are_those_asked_for():
    with pytest.raises(ValueError, match="in_features must be even"):
        ReductionCell().init(jax.random.key(0), 3, 2)
    params = ReductionCell(vector_gates=True, update_bias=-2.0).init(jax.random.key(0), 4, 2)
    np.testing.assert_array_equal(params.b_gates, [-2, -2, 0, 0])
