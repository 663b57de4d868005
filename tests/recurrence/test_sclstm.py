"""The semantically conditioned LSTM: its backends, its act vectors and their cost; test_unroll.py has its equations."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.recurrence import LSTMCell, Plan, SCLSTMCell, unroll
from seqjax.recurrence.sclstm import act_cost
from tests.recurrence.problems import B, D, H, T, make_problem

A = 3
CELL = SCLSTMCell(act_features=A)
MASK = np.arange(T) < np.array([6, 4, 1, 0])[:, None]  # padding at the end of a row


@pytest.fixture(scope="module")
def problem():
    _, params, carry, xs = make_problem(CELL)
    return params, carry._replace(d=jnp.abs(carry.d)), xs


@partial(jax.jit, static_argnames="backend")
def run(params, carry, xs, backend):
    """A loss of outputs, last carry and act cost, its gradients, and what it is made of."""
    mask = jnp.asarray(MASK)

    def loss(params, carry, xs):
        last, ys = unroll(CELL, params, carry, xs, mask=mask, plan=Plan(backend=backend))
        acts = CELL.act_vectors(params, carry, xs, ys, mask)
        cost = act_cost(carry.d, acts, mask)
        return jnp.sum(jnp.sin(ys)) + sum(jnp.sum(leaf**2) for leaf in last) + jnp.sum(cost), (last, ys, acts, cost)

    return jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True)(params, carry, xs)


def test_custom_vjp_equals_autodiff(problem):
    one, other = run(*problem, "custom_vjp"), run(*problem, "autodiff")
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5), one, other)


@pytest.mark.parametrize("backend", ["custom_vjp", "autodiff"])
def test_padding_changes_no_bit(problem, backend):
    params, carry, xs = problem
    dirty = run(params, carry, jnp.where(MASK[..., None], xs, jnp.nan), backend)
    jax.tree.map(np.testing.assert_array_equal, dirty, run(*problem, backend))
    np.testing.assert_array_equal(dirty[1][2][~MASK], 0)


def test_act_vectors_are_those_of_the_carries_of_single_steps(problem):
    params, carry, xs = problem
    (_, (last, _, acts, _)), _ = run(*problem, "custom_vjp")
    step = jax.jit(CELL.step)
    for t in range(T):
        after, _ = step(params, carry, xs[:, t])
        real = MASK[:, t]
        carry = jax.tree.map(lambda new, old, real=real: jnp.where(real[:, None], new, old), after, carry)
        np.testing.assert_allclose(acts[:, t], carry.d, rtol=1e-5)
    np.testing.assert_allclose(acts[:, -1], last.d, rtol=1e-5)


def test_act_cost_equals_a_loop_in_numpy(problem):
    _, carry, _ = problem
    (_, (_, _, acts, cost)), _ = run(*problem, "custom_vjp")
    for row in range(B):
        d, expected = np.asarray(carry.d[row], np.float64), 0.0
        for t in range(MASK[row].sum()):
            expected += sum(1e-4 * 100.0 ** abs(new - old) for new, old in zip(acts[row, t], d, strict=True))
            d = np.asarray(acts[row, t], np.float64)
        np.testing.assert_allclose(cost[row], expected + np.abs(d).sum(), rtol=1e-5)


@pytest.mark.slow
def test_gradient_equals_finite_differences(problem):
    params, carry, xs = problem
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf, np.float64)), (params, carry, xs))
        _, gradients = run(*wide, "custom_vjp")
        rng = np.random.default_rng(0)
        way = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape)), wide)
        ahead, behind = (
            run(*jax.tree.map(lambda leaf, w, size=size: leaf + size * w, wide, way), "custom_vjp")[0][0]
            for size in (1e-6, -1e-6)
        )
        slope = sum(jax.tree.leaves(jax.tree.map(lambda g, w: jnp.sum(g * w), gradients, way)))
        np.testing.assert_allclose((ahead - behind) / 2e-6, slope, rtol=1e-6)


def test_with_nothing_to_say_it_is_an_lstm(problem):
    params, _, xs = problem
    zero = CELL.zero_carry(params, B)
    _, ys = jax.jit(partial(unroll, CELL))(params, zero, xs)
    lstm, width = LSTMCell(), 4 * H
    plain = lstm.Params(params.w_x[:, :width], params.w_h[:, :width], params.b[:width])
    _, expected = jax.jit(partial(unroll, lstm))(plain, lstm.zero_carry(plain, B), xs)
    np.testing.assert_allclose(ys, expected, atol=1e-6)


def test_parameters_have_their_shapes_and_the_first_carry_holds_the_acts(problem):
    params = problem[0]
    assert (params.w_x.shape, params.w_h.shape, params.w_d.shape) == ((D, 4 * H + A), (H, 4 * H + A), (A, H))
    carry = CELL.first_carry(params, jnp.full((B, A), 2.0))
    np.testing.assert_array_equal(carry.d, 2)
    np.testing.assert_array_equal(carry.c, 0)


def test_size_below_one_is_refused():
    with pytest.raises(ValueError, match="act_features must be at least 1, not 0"):
        SCLSTMCell(act_features=0)
