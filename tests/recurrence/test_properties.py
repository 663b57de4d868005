"""What must hold for any mask, any resets, any split: random ones, and bitwise where nothing may differ.

Shapes are few, so that examples share compilations.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqjax.recurrence import elman, gru, lstm, mingru, unroll
from tests.marks import slow_but

B, T, D, H = 3, 6, 2, 3
CELLS = {"elman": elman, "lstm": lstm, "gru": gru, "mingru": mingru}

flags = arrays(bool, (B, T))
examples = settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
cells = pytest.mark.parametrize("name", slow_but(2, CELLS))
ways = st.booleans()


@partial(jax.jit, static_argnames=("name", "reverse", "parallel"))
def run(name, xs, mask, reset, carry=None, reverse=False, parallel=False):
    """The last carry and the outputs, and the gradient of a sum over both with respect to parameters and inputs."""
    cell = CELLS[name]
    params = cell.init(jax.random.key(0), D, H)
    carry = start(name) if carry is None else carry

    def loss(params, xs):
        last, y = unroll(cell, params, carry, xs, mask=mask, reset=reset, reverse=reverse, parallel=parallel)
        return jnp.sum(jnp.sin(y)) + sum(jnp.sum(leaf**2) for leaf in last), (last, y)

    (_, found), gradient = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)(params, xs)
    return found, gradient


def start(name):
    fields = CELLS[name].Carry._fields
    return CELLS[name].Carry(*(jnp.linspace(-1, 1, B * H).reshape(B, H) + k for k, _ in enumerate(fields)))


def inputs(seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=(B, T, D)), jnp.float32)


def same(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def near(a, b):
    jax.tree.map(partial(np.testing.assert_allclose, atol=2e-6), a, b)


@cells
@examples
@given(mask=flags, reset=flags, reverse=ways, garbage=arrays(np.float32, (B, T, D), elements=st.floats(width=32)))
def test_padding_is_invisible_bitwise_whatever_it_holds(name, mask, reset, reverse, garbage):
    xs = inputs()
    dirty = jnp.where(mask[..., None], xs, garbage)
    found, gradient = run(name, dirty, mask, reset, reverse=reverse)
    same((found, gradient), run(name, xs, mask, reset, reverse=reverse))
    np.testing.assert_array_equal(np.asarray(gradient[1])[~mask], 0)
    np.testing.assert_array_equal(np.asarray(found[1])[~mask], 0)
    # Nor does it matter what the flags for resets say there.
    same(found, run(name, xs, mask, reset & mask, reverse=reverse)[0])


@pytest.mark.slow
@cells
@examples
@given(mask=flags, reset=flags)
def test_a_row_without_padding_is_the_row_with_its_padding_taken_out(name, mask, reset):
    xs = inputs()
    (last, y), _ = run(name, xs, mask, reset)
    order = np.argsort(~mask, axis=1, kind="stable")  # real positions first
    rows = np.arange(B)[:, None]
    (packed_last, packed_y), _ = run(name, xs[rows, order], mask[rows, order], reset[rows, order])
    same((last, y[rows, order]), (packed_last, packed_y))


@cells
@examples
@given(mask=flags, at=st.integers(0, T), reset=flags)
def test_a_split_anywhere_is_the_whole(name, mask, at, reset):
    """Both halves keep the whole length, with the other half masked: one shape for all places of the split."""
    xs = inputs()
    (last, y), _ = run(name, xs, mask, reset)
    first = np.broadcast_to(np.arange(T) < at, (B, T))
    (middle, y1), _ = run(name, xs, mask & first, reset)
    (end, y2), _ = run(name, xs, mask & ~first, reset, middle)
    same((end, np.where(first[..., None], y1, y2)), (last, y))


@cells
@examples
@given(mask=flags)
def test_reverse_is_a_flip_by_hand(name, mask):
    xs, never = inputs(), np.zeros((B, T), bool)
    (last, y), _ = run(name, xs, mask, never, reverse=True)
    (flipped_last, flipped), _ = run(name, xs[:, ::-1], mask[:, ::-1], never)
    same((last, y), (flipped_last, flipped[:, ::-1]))


@cells
@examples
@given(mask=flags, reset=flags)
def test_after_a_reset_nothing_before_it_matters(name, mask, reset):
    xs = inputs()
    (_, y), _ = run(name, xs, mask, reset)
    seen = np.logical_or.accumulate(reset & mask, axis=1)  # a start has been seen, here or before
    changed = jnp.where(seen[..., None], xs, inputs(1))
    carry = jax.tree.map(lambda leaf: leaf + 1, start(name))
    (_, other), _ = run(name, changed, mask, reset, carry)
    same(np.asarray(y)[seen], np.asarray(other)[seen])


@cells
@examples
@given(mask=flags, reset=flags, reverse=ways)
def test_steps_one_by_one_are_the_sequence(name, mask, reset, reverse):
    xs, cell = inputs(), CELLS[name]
    (last, y), _ = run(name, xs, mask, reset, reverse=reverse)
    params = cell.init(jax.random.key(0), D, H)
    carry = start(name)
    zero = cell.zero_carry(params, B)
    for row in range(B):
        state = jax.tree.map(lambda leaf, row=row: leaf[row : row + 1], carry)
        previous = None  # the real position visited before
        for t in reversed(range(T)) if reverse else range(T):
            if not mask[row, t]:
                continue
            starts = (previous is not None and reset[row, previous]) if reverse else reset[row, t]
            if starts:
                state = jax.tree.map(lambda leaf: leaf[:1], zero)
            state, out = step(name, params, state, xs[row : row + 1, t])
            near(out[0], y[row, t])
            previous = t
        near(jax.tree.map(lambda leaf: leaf[0], state), jax.tree.map(lambda leaf, row=row: leaf[row], last))


@partial(jax.jit, static_argnums=0)
def step(name, params, carry, x):
    return CELLS[name].step(params, carry, x)


@examples
@given(mask=flags, reset=flags, reverse=ways)
def test_all_steps_at_once_are_one_after_the_other(mask, reset, reverse):
    one, other = (
        run("mingru", inputs(), mask, reset, reverse=reverse, parallel=parallel) for parallel in (True, False)
    )
    near(one, other)
