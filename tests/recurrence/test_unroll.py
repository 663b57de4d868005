"""``unroll`` against plain loops in NumPy, and against itself: masks, resets, splits, reversal."""

from functools import cache, partial
from itertools import accumulate, pairwise

import jax
import jax.numpy as jnp
import numpy as np
import numpy_oracle
import pytest

from seqjax.recurrence import ElmanCell, GRUCell, LinearCell, LSTMCell, MinGRUCell, MinLSTMCell, SCLSTMCell, unroll
from tests.recurrence.problems import MASK, RESET, B, H, T, assert_bitwise, assert_close, make_problem

CELLS = {"elman": ElmanCell(), "lstm": LSTMCell(), "gru": GRUCell()}


@partial(jax.jit, static_argnums=(0, 1))
def program(cell, reverse, params, carry, xs, mask, reset, initial):
    return unroll(cell, params, carry, xs, mask=mask, reset=reset, reverse=reverse, initial=initial)


def run(cell, params, carry, xs, mask=None, reset=None, initial=None, reverse=False):
    """The last carry and outputs, in NumPy as the inputs, so that equal shapes share a program."""
    return jax.device_get(program(cell, reverse, *jax.device_get((params, carry, xs, mask, reset, initial))))


@cache
def gradients(cell, reverse):
    """A program: gradients by parameters, first carry and inputs of a loss with weights; the last carry and outputs."""

    def loss(params, carry, xs, mask, reset, of_y, of_last):
        last, y = unroll(cell, params, carry, xs, mask=mask, reset=reset, reverse=reverse)
        total = jnp.sum(of_y[..., None] * y**2) + of_last * sum(jnp.sum(leaf**3) for leaf in last)
        return total, (last, y)

    return jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True))


@pytest.fixture(params=CELLS)
def name(request):
    return request.param


@pytest.fixture
def problem(name):
    return jax.device_get(make_problem(CELLS[name]))


def as_float64(tree):
    return {name: np.asarray(leaf, np.float64) for name, leaf in tree._asdict().items() if leaf is not None}


def assert_equals_numpy(result, step, problem, *flags, atol=2e-6, **options):
    """Compares a last carry and outputs with the loop in NumPy."""
    _, params, carry, xs = problem
    last, y = result
    arguments = as_float64(params), as_float64(carry), np.asarray(xs, np.float64)
    expected_last, expected_y = numpy_oracle.run(step, *arguments, *flags, **options)
    np.testing.assert_allclose(y, expected_y, atol=atol)
    for field, value in expected_last.items():
        np.testing.assert_allclose(getattr(last, field), value, atol=atol)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_unroll_equals_a_loop_in_numpy(name, problem, reverse, masked, packed):
    flags = MASK if masked else None, RESET if packed else None
    result = run(*problem, *flags, reverse=reverse)
    assert_equals_numpy(result, numpy_oracle.STEPS[name], problem, *flags, reverse)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("elman", ElmanCell(bias=False)),
        ("lstm", LSTMCell(bias=False)),
        ("lstm", LSTMCell(peepholes=True)),
        ("lstm", LSTMCell(proj_features=2)),
        ("lstm", LSTMCell(coupled=True)),
        ("lstm", LSTMCell(norm=True)),
        ("lstm", LSTMCell(peepholes=True, proj_features=2, norm=True)),
        ("lstm", LSTMCell(peepholes=True, coupled=True, bias=False)),
        ("gru", GRUCell(bias=False)),
        ("gru-before", GRUCell(reset_after=False)),
        ("gru-before", GRUCell(reset_after=False, bias=False)),
        ("linear", LinearCell()),
        ("mingru", MinGRUCell()),
        ("minlstm", MinLSTMCell()),
        ("sclstm", SCLSTMCell(act_features=2)),
    ],
)
def test_every_cell_option_equals_a_loop_in_numpy(name, cell):
    problem = make_problem(cell, seed=6)
    result = run(*problem, MASK, RESET)
    assert_equals_numpy(result, numpy_oracle.STEPS[name], problem, MASK, RESET, atol=5e-6)


def test_minlstm_with_both_gates_closed_gives_no_nan():
    cell = MinLSTMCell()
    b = np.repeat(np.array([-300.0, -300.0, 1.0], np.float32), 2)
    params = cell.Params(w_x=jnp.asarray(np.ones((1, 6), np.float32)), b=jnp.asarray(b))
    one, zero = (np.full(shape, value, np.float32) for shape, value in (((1, 2), 1), ((1, 1), 0)))
    _, y = jax.jit(cell.step)(params, cell.Carry(one), zero)
    np.testing.assert_allclose(y, 1.0)


def test_reset_returns_to_the_given_initial_carry(name, problem):
    _, _, carry, _ = problem
    initial = jax.tree.map(lambda leaf: leaf[:1] * np.float32(0.5), carry)
    rows = jax.tree.map(lambda leaf: np.repeat(leaf, B, axis=0), initial)
    result = run(*problem, MASK, RESET, rows)
    first = {field: leaf[0] for field, leaf in as_float64(initial).items()}
    assert_equals_numpy(result, numpy_oracle.STEPS[name], problem, MASK, RESET, initial=first)


def test_single_steps_equal_the_sequence(problem):
    cell, params, carry, xs = problem
    last, y = run(cell, params, carry, xs)
    step = jax.jit(cell.step)
    for t in range(T):
        carry, out = step(params, carry, xs[:, t])
        np.testing.assert_allclose(out, y[:, t], atol=1e-6)
    assert_close(carry, last)


@pytest.mark.parametrize("lengths", [(0, T), (1, 3, 1, 1), (3, 3), (T, 0)])
def test_sequence_split_anywhere_equals_the_whole(problem, lengths):
    cell, params, carry, xs = problem
    last, y = run(cell, params, carry, xs, MASK, RESET)
    parts = []
    for a, b in pairwise(accumulate(lengths, initial=0)):
        carry, part = run(cell, params, carry, xs[:, a:b], MASK[:, a:b], RESET[:, a:b])
        parts.append(part)
    np.testing.assert_allclose(np.concatenate(parts, axis=1), y, atol=1e-6)
    assert_close(carry, last)


@pytest.mark.parametrize("reverse", [False, True])
def test_padding_changes_no_bit_of_outputs_carries_and_gradients(problem, reverse):
    cell, params, carry, xs = problem
    gradient = gradients(cell, reverse)
    ones = np.ones((B, T), np.float32), np.float32(1)
    clean = gradient(params, carry, xs, MASK, RESET, *ones)
    for garbage in (1e30, np.inf, np.nan):
        inputs = np.where(MASK[..., None], xs, np.float32(garbage))
        dirty = gradient(params, carry, inputs, MASK, RESET, *ones)
        assert_bitwise(clean, dirty)
    (_, (last, y)), (_, d_carry, d_xs) = jax.device_get(dirty)
    assert np.isfinite(y).all()
    np.testing.assert_array_equal(y[~MASK], 0)
    np.testing.assert_array_equal(d_xs[~MASK], 0)
    assert np.abs(d_xs[MASK]).min() > 0
    empty = ~MASK.any(axis=1)
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[empty], b[empty]), last, carry)
    jax.tree.map(lambda d, c: np.testing.assert_allclose(d[empty], 3 * c[empty] ** 2, rtol=1e-6), d_carry, carry)


@pytest.mark.parametrize("reverse", [False, True])
def test_packed_sequences_equal_separate_runs(problem, reverse):
    cell, params, carry, xs = problem
    zero = jax.tree.map(lambda leaf: np.zeros(leaf.shape, np.float32), carry)
    cuts = [0, 1, 4, 5, T]
    reset = np.zeros((B, T), bool)
    reset[:, cuts[1:-1]] = True
    real, never = np.ones((B, T), bool), np.zeros((B, T), bool)
    last, y = run(cell, params, zero, xs, None, reset, reverse=reverse)
    separate = [
        run(cell, params, zero, xs[:, a:b], real[:, a:b], never[:, a:b], reverse=reverse) for a, b in pairwise(cuts)
    ]
    np.testing.assert_allclose(y, np.concatenate([out for _, out in separate], axis=1), atol=1e-6)
    assert_close(last, separate[0 if reverse else -1][0])


def test_no_gradient_crosses_a_reset(problem):
    cell, params, carry, xs = problem
    reset = np.zeros((B, T), bool)
    reset[:, 3] = True
    late = np.float32(reset.cumsum(axis=1))
    real = np.ones((B, T), bool)
    _, (_, d_carry, d_xs) = gradients(cell, False)(params, carry, xs, real, reset, late, np.float32(0))
    d_xs = np.asarray(d_xs)
    np.testing.assert_array_equal(d_xs[:, :3], 0)
    jax.tree.map(lambda leaf: np.testing.assert_array_equal(leaf, 0), d_carry)
    assert np.abs(d_xs[:, 3:]).min() > 0


def test_reverse_equals_flipping_each_row(problem):
    cell, params, carry, xs = problem
    last, y = run(cell, params, carry, xs, MASK, reverse=True)
    flipped_last, flipped = run(cell, params, carry, xs[:, ::-1], MASK[:, ::-1])
    assert_bitwise((last, y), (flipped_last, flipped[:, ::-1]))


def test_unroll_over_no_steps_returns_the_carry(problem):
    cell, params, carry, xs = problem
    nothing = np.zeros((B, 0), bool)
    for reverse in (False, True):
        last, y = run(cell, params, carry, xs[:, :0], nothing, nothing, reverse=reverse)
        assert y.shape == (B, 0, H)
        assert_bitwise(last, carry)


@pytest.mark.parametrize("name_of", ["relu", "sigmoid", "sin"])
def test_elman_cell_takes_any_activation(name_of):
    ours = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "sin": jnp.sin}[name_of]
    plain = {"relu": lambda a: np.maximum(a, 0), "sigmoid": numpy_oracle.sigmoid, "sin": np.sin}[name_of]
    cell, params, *rest = make_problem(ElmanCell(activation=ours), seed=1)
    problem = cell, jax.tree.map(lambda leaf: 0.5 * np.asarray(leaf), params), *rest
    assert_equals_numpy(run(*problem), partial(numpy_oracle.elman_step, activation=plain), problem)


def test_a_second_call_compiles_nothing():
    traced = []

    def activation(a):
        traced.append(a.shape)
        return jnp.tanh(a)

    _, params, carry, xs = make_problem(ElmanCell())
    run(ElmanCell(activation=activation), params, carry, xs)
    before = len(traced)
    assert before > 0
    run(ElmanCell(activation=activation), params, carry, 2 * np.asarray(xs))
    assert len(traced) == before
