"""The backends against each other; tests/layers/test_plans.py has all cells and plans, these are few and small."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.recurrence import ElmanCell, GRUCell, LinearCell, LSTMCell, MinGRUCell, MinLSTMCell, Plan, unroll
from tests.recurrence.problems import MASK, RESET, B, H, assert_close, draw, make_problem


@pytest.mark.parametrize("cell", [LinearCell(), MinGRUCell(), MinLSTMCell()], ids=lambda cell: type(cell).__name__)
@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scan_equals_sequential_scan(cell, reverse):
    _, params, carry, xs = make_problem(cell, seed=7)
    initial = draw(carry, np.random.default_rng(8))
    flags = jax.device_put({"mask": MASK, "reset": RESET})

    def loss(params, carry, initial, xs, backend):
        plan = Plan(backend=backend)
        last, y = unroll(cell, params, carry, xs, initial=initial, reverse=reverse, plan=plan, **flags)
        return jnp.sum(jnp.sin(y)) + jnp.sum(last.h**2), (last, y)

    both = jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2, 3), has_aux=True), static_argnums=4)
    assert_close(
        both(params, carry, initial, np.where(MASK[..., None], xs, np.float32(np.nan)), "associative"),
        both(params, carry, initial, xs, "autodiff"),
        atol=3e-6,
    )

    @jax.jit
    def run(xs):
        options = {"initial": initial, "reverse": reverse}
        return [
            [unroll(cell, params, carry, xs[:, :time], plan=Plan(backend=backend), **options) for time in (0, 1)]
            for backend in ("associative", "autodiff")
        ]

    assert_close(*run(xs))


def test_associative_scan_in_chunks_equals_one_scan():
    problem = make_problem(MinGRUCell())
    plans = [Plan(backend="associative", chunk=chunk) for chunk in (None, 4)]

    @jax.jit
    def run(reset):
        return [
            [unroll(*problem, reset=reset, reverse=reverse, plan=plan) for reverse in (False, True)] for plan in plans
        ]

    assert_close(*run(RESET))


@pytest.mark.parametrize("cell", [ElmanCell(), LSTMCell(), GRUCell()], ids=lambda cell: type(cell).__name__)
def test_associative_backend_refuses_other_cells(cell):
    with pytest.raises(ValueError, match="backend='associative' needs a diagonal linear recurrence"):
        unroll(*make_problem(cell), plan=Plan(backend="associative"))


PLANS = [
    Plan(),
    Plan(residuals="carry", chunk=3),  # two chunks and a rest
    Plan(projection="hoisted", prefetch=True),
    Plan(projection="fused"),
]


def test_custom_vjp_equals_autodiff():
    """A reversed LSTM with peepholes and recurrent dropout, without padding, so that h comes from the outputs."""
    cell, params, carry, xs = make_problem(LSTMCell(peepholes=True))
    xs = np.concatenate([xs, np.asarray(xs)[:, :1]], axis=1)  # 7 steps
    recurrent_mask = (np.random.default_rng(1).random((B, H)) < 0.6).astype(np.float32) / np.float32(0.6)

    def loss(operands, plan):
        params, carry, xs, recurrent_mask = operands
        last, y = unroll(cell, params, carry, xs, recurrent_mask=recurrent_mask, reverse=True, plan=plan)
        return jnp.sum(jnp.sin(y)) + sum(jnp.sum(leaf**2) for leaf in last)

    @jax.jit
    def gradients(operands):
        return [jax.value_and_grad(loss)(operands, plan) for plan in (Plan(backend="autodiff"), *PLANS)]

    expected, *others = gradients((params, carry, xs, recurrent_mask))
    for plan, ours in zip(PLANS, others, strict=True):
        close = partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5, err_msg=str(plan))
        jax.tree.map(close, ours, expected)
