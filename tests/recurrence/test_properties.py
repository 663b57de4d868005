"""Properties of ``unroll`` for any mask, any resets and any split: random ones, and bitwise where nothing may differ.

Shapes are few, so that examples share compilations.
"""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqjax.recurrence import ElmanCell, GRUCell, LSTMCell, MinGRUCell, Plan, unroll
from tests.marks import slow_but

B, T, D, H = 3, 6, 2, 3
CELLS = {"elman": ElmanCell(), "lstm": LSTMCell(), "gru": GRUCell(), "mingru": MinGRUCell()}

flags = arrays(bool, (B, T))
examples = settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
cells = pytest.mark.parametrize("name", slow_but(2, CELLS))
directions = st.booleans()


@cache
def params_of(name):
    return CELLS[name].init(jax.random.key(0), D, H)


@partial(jax.jit, static_argnames=("name", "reverse", "plan"))
def compiled(name, params, xs, mask, reset, carry, reverse, plan):
    def loss(params, xs):
        last, y = unroll(CELLS[name], params, carry, xs, mask=mask, reset=reset, reverse=reverse, plan=plan)
        return jnp.sum(jnp.sin(y)) + sum(jnp.sum(leaf**2) for leaf in last), (last, y)

    (_, found), gradient = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)(params, xs)
    return found, gradient


def run(name, xs, mask, reset, carry=None, reverse=False, plan=Plan()):  # noqa: B008 - a constant
    """The last carry and the outputs, and the gradient of a sum over both with respect to parameters and inputs."""
    carry = first_carry(name) if carry is None else carry
    return compiled(name, params_of(name), xs, mask, reset, carry, reverse, plan)


def first_carry(name):
    fields = CELLS[name].Carry._fields
    return CELLS[name].Carry(
        *(np.linspace(-1, 1, B * H, dtype=np.float32).reshape(B, H) + k for k in range(len(fields)))
    )


def inputs(seed=0):
    return np.random.default_rng(seed).normal(size=(B, T, D)).astype(np.float32)


def assert_bitwise(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def assert_close(a, b):
    jax.tree.map(partial(np.testing.assert_allclose, atol=2e-6), a, b)


@cells
@examples
@given(mask=flags, reset=flags, reverse=directions, garbage=arrays(np.float32, (B, T, D), elements=st.floats(width=32)))
def test_padding_changes_no_bit(name, mask, reset, reverse, garbage):
    xs = inputs()
    dirty = np.where(mask[..., None], xs, garbage)
    found, gradient = run(name, dirty, mask, reset, reverse=reverse)
    assert_bitwise((found, gradient), run(name, xs, mask, reset, reverse=reverse))
    np.testing.assert_array_equal(np.asarray(gradient[1])[~mask], 0)
    np.testing.assert_array_equal(np.asarray(found[1])[~mask], 0)
    # Resets at padding have no effect either.
    assert_bitwise(found, run(name, xs, mask, reset & mask, reverse=reverse)[0])


@pytest.mark.slow
@cells
@examples
@given(mask=flags, reset=flags)
def test_row_equals_the_same_row_with_its_padding_removed(name, mask, reset):
    xs = inputs()
    (last, y), _ = run(name, xs, mask, reset)
    order = np.argsort(~mask, axis=1, kind="stable")  # real positions first
    rows = np.arange(B)[:, None]
    (packed_last, packed_y), _ = run(name, xs[rows, order], mask[rows, order], reset[rows, order])
    assert_bitwise((last, y[rows, order]), (packed_last, packed_y))


@cells
@examples
@given(mask=flags, at=st.integers(0, T), reset=flags)
def test_sequence_split_anywhere_equals_the_whole(name, mask, at, reset):
    """Both halves keep the whole length, with the other half masked: one shape for all places of the split."""
    xs = inputs()
    (last, y), _ = run(name, xs, mask, reset)
    first = np.broadcast_to(np.arange(T) < at, (B, T))
    (middle, y1), _ = run(name, xs, mask & first, reset)
    (end, y2), _ = run(name, xs, mask & ~first, reset, middle)
    assert_bitwise((end, np.where(first[..., None], y1, y2)), (last, y))


@cells
@examples
@given(mask=flags)
def test_reverse_equals_flipping_by_hand(name, mask):
    xs, never = inputs(), np.zeros((B, T), bool)
    (last, y), _ = run(name, xs, mask, never, reverse=True)
    (flipped_last, flipped), _ = run(name, xs[:, ::-1], mask[:, ::-1], never)
    assert_bitwise((last, y), (flipped_last, flipped[:, ::-1]))


@cells
@examples
@given(mask=flags, reset=flags)
def test_outputs_after_a_reset_ignore_everything_before_it(name, mask, reset):
    xs = inputs()
    (_, y), _ = run(name, xs, mask, reset)
    after = np.logical_or.accumulate(reset & mask, axis=1)  # a start here, or before
    changed = np.where(after[..., None], xs, inputs(1))
    carry = jax.tree.map(lambda leaf: leaf + 1, first_carry(name))
    (_, other), _ = run(name, changed, mask, reset, carry)
    assert_bitwise(np.asarray(y)[after], np.asarray(other)[after])


@cells
@examples
@given(mask=flags, reset=flags, reverse=directions)
def test_single_steps_equal_the_sequence(name, mask, reset, reverse):
    xs = inputs()
    (last, y), _ = run(name, xs, mask, reset, reverse=reverse)
    carry = first_carry(name)
    zero = jax.tree.map(lambda leaf: np.zeros_like(leaf[:1]), carry)
    for row in range(B):
        state = jax.tree.map(lambda leaf, row=row: leaf[row : row + 1], carry)
        previous = None  # the real position visited before
        for t in reversed(range(T)) if reverse else range(T):
            if not mask[row, t]:
                continue
            starts = (previous is not None and reset[row, previous]) if reverse else reset[row, t]
            state, out = step(name, params_of(name), zero if starts else state, xs[row : row + 1, t])
            assert_close(out[0], y[row, t])
            previous = t
        assert_close(
            jax.tree.map(lambda leaf: np.asarray(leaf)[0], state),
            jax.tree.map(lambda leaf, row=row: np.asarray(leaf)[row], last),
        )


@partial(jax.jit, static_argnums=0)
def step(name, params, carry, x):
    return CELLS[name].step(params, carry, x)


@examples
@given(mask=flags, reset=flags, reverse=directions)
def test_associative_scan_equals_sequential_scan(mask, reset, reverse):
    one, other = (
        run("mingru", inputs(), mask, reset, reverse=reverse, plan=Plan(backend=backend))
        for backend in ("associative", "autodiff")
    )
    assert_close(one, other)
