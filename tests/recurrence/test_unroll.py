"""The cells and their scan against plain loops in NumPy, and against themselves: masks, resets, splits, reversal."""

from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import numpy_oracle
import pytest

from seqjax.recurrence import bind, elman, gru, linear, lstm, mingru, minlstm, unroll

pytestmark = pytest.mark.usefixtures("quick_compilation")

B, T, D, H = 4, 6, 3, 5
CELLS = {"elman": elman, "lstm": lstm, "gru": gru}

# Padding on the right, on the left, in the middle, and an empty row.
MASK = np.array([[1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1], [1, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0]], bool)
# A start inside, at the first real position, and at padding, where it is not heeded.
RESET = np.array([[0, 0, 1, 0, 1, 0], [0, 1, 1, 0, 0, 1], [0, 1, 0, 1, 0, 1], [0, 1, 0, 0, 1, 0]], bool)


@partial(jax.jit, static_argnums=0, static_argnames="reverse")
def run(cell, params, carry, xs, mask=None, reset=None, reverse=False):
    return unroll(cell, params, carry, xs, mask=mask, reset=reset, reverse=reverse)


@pytest.fixture(params=CELLS)
def name(request):
    return request.param


@pytest.fixture
def problem(name):
    cell = CELLS[name]
    rng = np.random.default_rng(5)
    params = cell.init(jax.random.key(0), D, H)
    params = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape), jnp.float32), params)
    carry = cell.Carry(*(jnp.asarray(rng.normal(size=(B, H)), jnp.float32) for _ in cell.Carry._fields))
    return cell, params, carry, jnp.asarray(rng.normal(size=(B, T, D)), jnp.float32)


def wide(tree):
    return {name: np.asarray(leaf, np.float64) for name, leaf in tree._asdict().items() if leaf is not None}


def assert_bitwise(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_equals_a_loop_in_numpy(name, problem, reverse, masked, packed):
    cell, params, carry, xs = problem
    mask, reset = MASK if masked else None, RESET if packed else None
    last, y = run(cell, params, carry, xs, *jax.tree.map(jnp.asarray, (mask, reset)), reverse=reverse)
    expected_last, expected_y = numpy_oracle.run(
        numpy_oracle.STEPS[name], wide(params), wide(carry), np.asarray(xs, np.float64), mask, reset, reverse
    )
    np.testing.assert_allclose(y, expected_y, atol=2e-6)
    for field, value in expected_last.items():
        np.testing.assert_allclose(getattr(last, field), value, atol=2e-6)


@pytest.mark.parametrize(
    ("name", "options", "recur_options"),
    [
        ("elman", {"bias": False}, {}),
        ("lstm", {"bias": False}, {}),
        ("lstm", {"peepholes": True}, {}),
        ("lstm", {"proj_features": 2}, {}),
        ("lstm", {"coupled": True}, {}),
        ("lstm", {"norm": True}, {}),
        ("lstm", {"peepholes": True, "proj_features": 2, "norm": True}, {}),
        ("lstm", {"peepholes": True, "coupled": True, "bias": False}, {}),
        ("gru", {"bias": False}, {}),
        ("gru", {"reset_after": False}, {"reset_after": False}),
        ("gru", {"reset_after": False, "bias": False}, {"reset_after": False}),
        ("linear", {}, {}),
        ("mingru", {}, {}),
        ("minlstm", {}, {}),
    ],
)
def test_every_option_equals_a_loop_in_numpy(name, options, recur_options):
    cell = {"elman": elman, "lstm": lstm, "gru": gru, "linear": linear, "mingru": mingru, "minlstm": minlstm}[name]
    rng = np.random.default_rng(6)
    params = cell.init(jax.random.key(0), D, H, **options)
    params = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape), jnp.float32), params)
    carry = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape), jnp.float32), cell.zero_carry(params, B))
    xs = jnp.asarray(rng.normal(size=(B, T, D)), jnp.float32)
    if recur_options:
        cell = bind(cell, **recur_options)
    last, y = run(cell, params, carry, xs, jnp.asarray(MASK), jnp.asarray(RESET))
    step = partial(numpy_oracle.STEPS[name], **recur_options)
    expected_last, expected_y = numpy_oracle.run(step, wide(params), wide(carry), np.asarray(xs, float), MASK, RESET)
    np.testing.assert_allclose(y, expected_y, atol=5e-6)
    for field, value in expected_last.items():
        np.testing.assert_allclose(getattr(last, field), value, atol=5e-6)


@pytest.mark.parametrize("cell", [linear, mingru, minlstm])
@pytest.mark.parametrize("reverse", [False, True])
def test_all_steps_at_once_equal_one_after_the_other(cell, reverse):
    rng = np.random.default_rng(7)
    params = cell.init(jax.random.key(0), D, H)
    carry, initial = (cell.Carry(jnp.asarray(rng.normal(size=(B, H)), jnp.float32)) for _ in range(2))
    xs = jnp.asarray(rng.normal(size=(B, T, D)), jnp.float32)

    def loss(params, carry, initial, xs, parallel):
        options = {"mask": jnp.asarray(MASK), "reset": jnp.asarray(RESET), "reverse": reverse}
        last, y = unroll(cell, params, carry, xs, initial=initial, parallel=parallel, **options)
        return jnp.sum(jnp.sin(y)) + jnp.sum(last.h**2), (last, y)

    both = jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2, 3), has_aux=True), static_argnums=4)
    jax.tree.map(
        partial(np.testing.assert_allclose, atol=3e-6),
        both(params, carry, initial, jnp.where(MASK[..., None], xs, np.nan), True),
        both(params, carry, initial, xs, False),
    )
    for time in (0, 1):
        options = {"initial": initial, "reverse": reverse}
        jax.tree.map(
            partial(np.testing.assert_allclose, atol=1e-6),
            unroll(cell, params, carry, xs[:, :time], parallel=True, **options),
            unroll(cell, params, carry, xs[:, :time], parallel=False, **options),
        )


def test_minlstm_gates_that_are_both_shut_give_no_nan():
    params = minlstm.init(jax.random.key(0), 1, 2)._replace(b=jnp.repeat(jnp.array([-300.0, -300.0, 1.0]), 2))
    _, y = minlstm.step(params, minlstm.Carry(jnp.ones((1, 2))), jnp.zeros((1, 1)))
    np.testing.assert_allclose(y, 1.0)


def test_only_a_diagonal_linear_recurrence_runs_in_parallel(problem):
    cell, params, carry, xs = problem
    with pytest.raises(ValueError, match="parallel=True needs a cell whose recur is linear"):
        unroll(cell, params, carry, xs, parallel=True)


def test_a_reset_returns_to_the_given_initial_carry(name, problem):
    cell, params, carry, xs = problem
    initial = jax.tree.map(lambda leaf: leaf[:1] * 0.5, carry)
    rows = jax.tree.map(lambda leaf: jnp.repeat(leaf, B, axis=0), initial)
    last, y = unroll(cell, params, carry, xs, mask=jnp.asarray(MASK), reset=jnp.asarray(RESET), initial=rows)
    expected_last, expected_y = numpy_oracle.run(
        numpy_oracle.STEPS[name],
        wide(params),
        wide(carry),
        np.asarray(xs, np.float64),
        MASK,
        RESET,
        initial={field: leaf[0] for field, leaf in wide(initial).items()},
    )
    np.testing.assert_allclose(y, expected_y, atol=2e-6)
    for field, value in expected_last.items():
        np.testing.assert_allclose(getattr(last, field), value, atol=2e-6)


def test_steps_one_by_one_equal_the_sequence(problem):
    cell, params, carry, xs = problem
    last, y = run(cell, params, carry, xs)
    step = jax.jit(cell.step)
    for t in range(T):
        carry, out = step(params, carry, xs[:, t])
        np.testing.assert_allclose(out, y[:, t], atol=1e-6)
    jax.tree.map(partial(np.testing.assert_allclose, atol=1e-6), carry, last)


@pytest.mark.parametrize("at", [0, 1, 3, T])
def test_split_anywhere_is_the_whole(problem, at):
    cell, params, carry, xs = problem
    mask, reset = jnp.asarray(MASK), jnp.asarray(RESET)
    last, y = run(cell, params, carry, xs, mask, reset)
    middle, y1 = run(cell, params, carry, xs[:, :at], mask[:, :at], reset[:, :at])
    end, y2 = run(cell, params, middle, xs[:, at:], mask[:, at:], reset[:, at:])
    np.testing.assert_allclose(jnp.concatenate([y1, y2], axis=1), y, atol=1e-6)
    jax.tree.map(partial(np.testing.assert_allclose, atol=1e-6), end, last)


@pytest.mark.parametrize("reverse", [False, True])
def test_padding_is_invisible_bitwise_to_outputs_carries_and_gradients(problem, reverse):
    cell, params, carry, xs = problem
    mask = jnp.asarray(MASK)

    def loss(params, carry, xs):
        last, y = unroll(cell, params, carry, xs, mask=mask, reset=jnp.asarray(RESET), reverse=reverse)
        return jnp.sum(y**2) + sum(jnp.sum(leaf**3) for leaf in last), (last, y)

    gradient = jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True))
    clean = gradient(params, carry, xs)
    for garbage in (1e30, np.inf, np.nan):
        dirty = gradient(params, carry, jnp.where(mask[..., None], xs, garbage))
        assert_bitwise(clean, dirty)
    (_, (last, y)), (_, d_carry, d_xs) = dirty
    assert np.isfinite(y).all()
    np.testing.assert_array_equal(y[~MASK], 0)
    np.testing.assert_array_equal(d_xs[~MASK], 0)
    assert np.abs(d_xs[MASK]).min() > 0
    empty = ~MASK.any(axis=1)
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[empty], b[empty]), last, carry)
    jax.tree.map(lambda d, c: np.testing.assert_allclose(d[empty], 3 * c[empty] ** 2, rtol=1e-6), d_carry, carry)


def test_packed_rows_equal_rows_run_apart(problem):
    cell, params, _, xs = problem
    zero = cell.zero_carry(params, B)
    cuts = [0, 2, 5, T]
    reset = np.zeros((B, T), bool)
    reset[:, cuts[1:-1]] = True
    for reverse in (False, True):
        last, y = run(cell, params, zero, xs, None, jnp.asarray(reset), reverse=reverse)
        apart = [run(cell, params, zero, xs[:, a:b], reverse=reverse) for a, b in pairwise(cuts)]
        np.testing.assert_allclose(y, jnp.concatenate([out for _, out in apart], axis=1), atol=1e-6)
        jax.tree.map(partial(np.testing.assert_allclose, atol=1e-6), last, apart[0 if reverse else -1][0])


def test_no_gradient_crosses_a_reset(problem):
    cell, params, carry, xs = problem
    reset = jnp.zeros((B, T), bool).at[:, 3].set(True)

    def loss(xs, carry):
        return jnp.sum(unroll(cell, params, carry, xs, reset=reset)[1][:, 3:] ** 2)

    d_xs, d_carry = jax.grad(loss, argnums=(0, 1))(xs, carry)
    np.testing.assert_array_equal(d_xs[:, :3], 0)
    jax.tree.map(lambda leaf: np.testing.assert_array_equal(leaf, 0), d_carry)
    assert np.abs(d_xs[:, 3:]).min() > 0


def test_reverse_equals_flipping_each_row_by_hand(problem):
    cell, params, carry, xs = problem
    mask = jnp.asarray(MASK)
    last, y = run(cell, params, carry, xs, mask, reverse=True)
    flipped_last, flipped = run(cell, params, carry, xs[:, ::-1], mask[:, ::-1])
    assert_bitwise((last, y), (flipped_last, flipped[:, ::-1]))


def test_no_steps_at_all(problem):
    cell, params, carry, xs = problem
    nothing = jnp.zeros((B, 0), bool)
    for reverse in (False, True):
        last, y = unroll(cell, params, carry, xs[:, :0], mask=nothing, reset=nothing, reverse=reverse)
        assert y.shape == (B, 0, H)
        assert_bitwise(last, carry)


@pytest.mark.parametrize("name_of", ["relu", "sigmoid", "sin"])
def test_elman_takes_any_activation(name_of):
    ours = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "sin": jnp.sin}[name_of]
    plain = {"relu": lambda a: np.maximum(a, 0), "sigmoid": numpy_oracle.sigmoid, "sin": np.sin}[name_of]
    cell = bind(elman, activation=ours)
    params = cell.init(jax.random.key(1), D, H)
    xs = jax.random.normal(jax.random.key(2), (B, T, D))
    _, y = run(cell, params, cell.zero_carry(params, B), xs)
    zero = {"h": np.zeros((B, H))}
    _, expected = numpy_oracle.run(
        partial(numpy_oracle.elman_step, activation=plain), wide(params), zero, np.asarray(xs, np.float64)
    )
    np.testing.assert_allclose(y, expected, atol=2e-6)


def test_a_second_call_compiles_nothing():
    traced = []

    def activation(a):
        traced.append(a.shape)
        return jnp.tanh(a)

    params = elman.init(jax.random.key(0), D, H)
    zero = elman.zero_carry(params, B)
    xs = jnp.ones((B, T, D))
    run(bind(elman, activation=activation), params, zero, xs)
    before = len(traced)
    assert before > 0
    run(bind(elman, activation=activation), params, zero, 2 * xs)
    assert len(traced) == before
