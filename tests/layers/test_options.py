"""Each option of a recurrent layer against its definition."""

import dataclasses
import inspect
import pydoc
import re

import jax
import jax.numpy as jnp
import numpy as np
import numpy_oracle
import pytest
from flax import nnx
from layer_zoo import ZOO, D, H, make
from random_modules import normal, random_module

from seqjax.layers import GRU, LSTM, RNN, Dtypes, Noise, Recurrent, describe
from seqjax.recurrence import ElmanCell, GRUCell, LSTMCell, Plan
from tests.marks import slow_but

B, T = 3, 7
X = normal((B, T, D), seed=1)
REAL = np.arange(T)[None] < np.array([[7], [4], [0]])
MASK = jax.device_put(REAL)
KEY = jax.random.key(5)


def close(a, b, atol=1e-6):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=atol), a, b)


def run_cell(name, cell, x, reverse=False):
    """The last carry and the outputs of one of a layer's cells, by the equations in NumPy."""
    params = {key: np.asarray(leaf, np.float64) for key, leaf in cell.as_tuple()._asdict().items() if leaf is not None}
    carry = {key: np.zeros((B, H)) for key in ("c", "h") if key == "h" or name == "lstm"}
    return numpy_oracle.run(numpy_oracle.STEPS[name], params, carry, np.asarray(x, np.float64), REAL, reverse=reverse)


@pytest.mark.parametrize("merge", ["concat", "sum"])
@pytest.mark.parametrize("residual", [False, True])
def test_stacked_bidirectional_layer_equals_its_cells_run_in_turn(merge, residual):
    layer = random_module(
        lambda: GRU(D, H, num_layers=2, bidirectional=True, merge=merge, residual=residual, rngs=nnx.Rngs(0))
    )
    y, carry = jax.jit(lambda x: layer(x, mask=MASK))(X)
    below, ends = X, []
    for k in range(2):
        forward_end, forward = run_cell("gru", layer.forward[k], below)
        backward_end, backward = run_cell("gru", layer.backward[k], below, reverse=True)
        ends += [forward_end, backward_end]
        above = forward + backward if merge == "sum" else np.concatenate([forward, backward], axis=-1)
        below = above + below if residual and k > 0 else above
    close(y, below)
    close([end._asdict() for end in carry], ends)
    np.testing.assert_array_equal(np.asarray(y)[~REAL], 0)


def test_reverse_layer_runs_from_the_end():
    layer = random_module(lambda: LSTM(D, H, reverse=True, rngs=nnx.Rngs(0)))
    y, (carry,) = jax.jit(lambda x: layer(x, mask=MASK))(X)
    end, expected = run_cell("lstm", layer.forward[0], X, reverse=True)
    close((y, carry._asdict()), (expected, end))


def test_out_features_adds_a_linear_map_without_bias():
    layer = random_module(lambda: RNN(D, H, out_features=2, rngs=nnx.Rngs(0)))
    y, _ = jax.jit(lambda x: layer(x, mask=MASK))(X)
    close(y, run_cell("elman", layer.forward[0], X)[1] @ np.asarray(layer.output.kernel[...], np.float64))


@pytest.mark.parametrize(
    "name", ["gru-before", *(pytest.param(n, marks=pytest.mark.slow) for n in ("lstm-options", "linear"))]
)
def test_learned_carry_starts_every_sequence_and_has_a_gradient(name):
    layer = make(name)
    graph, state = nnx.split(layer)

    @jax.jit
    def program(state, mask, reset):
        def loss(state):
            layer = nnx.merge(graph, state)
            y, carry = layer(X, mask=mask, reset=reset)
            return jnp.sum(y**2), ((y, carry), layer(X, mask=mask, reset=reset, carry=layer.initial_carry(B)))

        gradient, results = jax.grad(loss, has_aux=True)(state)
        return gradient, results, layer.initial_carry(B)

    def run(mask, reset):
        return jax.device_get(program(state, mask, reset)[1][0])

    never, starts, first = (np.zeros((B, T), bool) for _ in range(3))
    starts[:, 3], first[:, :3] = True, True
    gradient, (default, given), learned = program(state, ~never, never)
    assert all(np.abs(leaf).min() > 0 for leaf in jax.tree.leaves(jax.device_get(learned)))
    close(default, given, atol=0)
    # Two sequences in one row, and each of them alone, with the other as padding.
    y, _ = run(~never, starts)
    close(y, run(first, never)[0] + run(~first, never)[0])
    empty_y, empty_carry = run(never, never)
    np.testing.assert_array_equal(empty_y, 0)
    close(empty_carry, learned, atol=0)
    assert np.abs(np.asarray(nnx.merge(graph, gradient).forward[0].initial_h[...])).min() > 0


@pytest.mark.parametrize("name", [name for name in ZOO if not (set(ZOO[name][1]) & {"bidirectional", "reverse"})])
def test_step_by_step_equals_the_sequence(name):
    layer = make(name)

    @jax.jit
    def both(x):
        stream, outputs = jax.lax.scan(layer.step, layer.initial_carry(B), jnp.swapaxes(x, 0, 1))
        return (jnp.swapaxes(outputs, 0, 1), stream), layer(x)

    close(*both(X), atol=2e-6)


@pytest.mark.parametrize("options", [{"bidirectional": True}, {"reverse": True}])
def test_step_refuses_a_layer_that_runs_backwards(options):
    with pytest.raises(ValueError, match="step needs a layer that runs forwards only"):
        random_module(lambda: LSTM(D, H, **options, rngs=nnx.Rngs(0))).step(None, jax.device_put(np.asarray(X)[:, 0]))


# Types


@pytest.mark.parametrize("name", slow_but(2, ZOO))
def test_bfloat16_input_gives_bfloat16_output_and_a_float32_carry(name):
    layer = make(name, dtype=jnp.bfloat16)
    y, carry = jax.eval_shape(lambda x: layer(x, mask=MASK, key=KEY), np.asarray(X).astype(jnp.bfloat16))
    assert y.dtype == jnp.bfloat16
    assert {leaf.dtype for leaf in jax.tree.leaves(carry)} == {jnp.dtype("float32")}
    assert {leaf.dtype for leaf in jax.tree.leaves(nnx.state(layer))} == {jnp.dtype("bfloat16")}


def test_dtypes_set_the_type_of_each_array():
    dtypes = Dtypes(param="float32", compute="bfloat16", carry="float16", output="float32")
    layer = random_module(lambda: LSTM(D, H, num_layers=2, dtypes=dtypes, rngs=nnx.Rngs(0)))
    y, carry = jax.eval_shape(layer, X)
    assert y.dtype == jnp.float32
    assert {leaf.dtype for leaf in jax.tree.leaves(carry)} == {jnp.dtype("float16")}
    products = {
        equation.invars[0].aval.dtype
        for equation in equations(jax.make_jaxpr(lambda x: layer(x)[0])(X).jaxpr)
        if equation.primitive.name == "dot_general"
    }
    assert products == {jnp.dtype("bfloat16")}


@pytest.mark.parametrize(
    "options", [{"out_features": 2}, {"proj_features": 2, "out_features": 3, "bidirectional": True}, {"norm": True}]
)
def test_all_products_of_bfloat16_inputs_are_in_bfloat16(options):
    layer = random_module(lambda: LSTM(D, H, **options, rngs=nnx.Rngs(0)))
    jaxpr = jax.make_jaxpr(lambda x: layer(x, mask=MASK, reset=MASK)[0])(np.asarray(X).astype(jnp.bfloat16)).jaxpr
    products = [equation for equation in equations(jaxpr) if equation.primitive.name == "dot_general"]
    assert {operand.aval.dtype for product in products for operand in product.invars} == {jnp.dtype("bfloat16")}


def equations(jaxpr):
    for equation in jaxpr.eqns:
        yield equation
        for inner in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda p: hasattr(p, "eqns")):
            if hasattr(inner, "eqns") or hasattr(inner, "jaxpr"):
                yield from equations(getattr(inner, "jaxpr", inner))


@pytest.mark.parametrize("kind", slow_but(1, [LSTM, RNN, GRU]))
def test_bfloat16_error_does_not_grow_over_512_steps(kind):
    layer = random_module(lambda: kind(D, 16, rngs=nnx.Rngs(0)), scale=0.25)
    x = normal((4, 512, D))
    run = jax.jit(lambda x: layer(x)[0])
    narrow, wide = jax.device_get((run(np.asarray(x).astype(jnp.bfloat16)), run(x)))
    # An output is at most 1 and bfloat16 has 8 bits: 2^-8 for a rounding. Five roundings, and no growth with T.
    error = np.abs(np.asarray(narrow, np.float32) - wide)
    assert error.max() < 5 * 2**-8
    assert error[:, -64:].max() < 2 * max(error[:, :64].max(), 2**-8)


# Names, signatures, the user's own cell


def test_names_of_parameters_are_stable():
    layer = make("lstm-options")
    paths = {"/".join(map(str, path)) for path, _ in nnx.to_flat_state(nnx.state(layer))}
    cell = {"w_x", "w_h", "b", "w_r", "p_i", "p_f", "p_o", "gain_x", "gain_h", "gain_c", "bias_c"}
    cell |= {"initial_c", "initial_h"}
    expected = {f"{side}/{k}/{name}" for side in ("forward", "backward") for k in range(1) for name in cell}
    assert paths == expected | {"output/kernel"}
    gru_paths = {
        path[-1] for path, _ in nnx.to_flat_state(nnx.state(nnx.eval_shape(lambda: GRU(D, H, rngs=nnx.Rngs(0)))))
    }
    assert gru_paths == {"w_x", "w_h", "b", "b_h"}


def test_layers_with_equal_options_have_equal_graphs():
    options = {"activation": jax.nn.relu, "noise": Noise(zoneout=[0.1]), "dtypes": Dtypes(), "plan": Plan(chunk=2)}
    a, b = (nnx.split(random_module(lambda s=seed: RNN(D, H, **options, rngs=nnx.Rngs(s))))[0] for seed in (0, 1))
    assert a == b
    assert hash(a) == hash(b)


@pytest.mark.parametrize(("kind", "cell"), [(RNN, ElmanCell), (LSTM, LSTMCell), (GRU, GRUCell)])
def test_layers_name_every_option_in_their_signature(kind, cell):
    """``help(LSTM)`` and editors show the signature: all options of a stack and of the cell, with their defaults."""
    parameters = inspect.signature(kind.__init__).parameters
    assert all(p.kind is not inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    page = pydoc.plain(pydoc.render_doc(kind))
    for name, shared in inspect.signature(Recurrent.__init__).parameters.items():
        if name != "cell":
            assert parameters[name] == shared
            assert re.search(rf"__init__\(.*\b{name}\b", page)
            assert name == "self" or re.search(rf"\b{name}\b", kind.__doc__.partition("Args:")[2])
    for field in dataclasses.fields(cell):
        assert parameters[field.name].default == field.default
        assert f"      {field.name}: " in kind.__doc__


def test_describe_counts_parameters_and_products():
    layer = random_module(lambda: LSTM(10, 20, num_layers=2, proj_features=5, out_features=3, rngs=nnx.Rngs(0)))
    text = describe(layer)
    state = nnx.state(layer)
    parameters = sum(leaf.size for leaf in jax.tree.leaves(state))
    flop = 2 * sum(leaf.size for leaf in jax.tree.leaves(state) if leaf.ndim == 2)
    assert text.splitlines()[-1].split() == ["total", f"{parameters:,}", f"{flop:,}"]
    lines = [line.split() for line in text.splitlines()]
    assert ["forward.0.w_x", "[10,", "80]", "800", "1,600"] in lines
    assert ["forward.1", "carry", "c", "[B,", "20],", "h", "[B,", "5]"] in lines


class Leaky:
    """A user's own cell, with the least that is needed: a leaky average of its input."""

    from typing import NamedTuple

    class Params(NamedTuple):
        w_x: jax.Array
        rate: jax.Array

    class Carry(NamedTuple):
        h: jax.Array

    @staticmethod
    def init(key, in_features, hidden_features, *, dtype=jnp.float32):
        w_x = jax.random.normal(key, (in_features, hidden_features), dtype)
        return Leaky.Params(w_x, jnp.full((hidden_features,), 0.5, dtype))

    @staticmethod
    def step(params, carry, x):
        rate = params.rate[None]
        h = rate * carry.h + (1 - rate) * (x @ params.w_x)
        return Leaky.Carry(h), h


def test_recurrent_takes_a_users_own_cell():
    layer = random_module(
        lambda: Recurrent(Leaky, D, H, num_layers=2, bidirectional=True, noise=Noise(zoneout=0.1), rngs=nnx.Rngs(0))
    )
    y, carry = jax.eval_shape(lambda x: layer(x, mask=MASK, reset=MASK, key=KEY), X)
    assert y.shape == (B, T, 2 * H)
    assert len(carry) == 4
    single = random_module(lambda: Recurrent(Leaky, D, H, rngs=nnx.Rngs(0)))
    params = jax.device_get(single.forward[0].as_tuple())
    h, expected = np.zeros((B, H)), []
    for t in range(T):
        h = params.rate * h + (1 - params.rate) * (np.asarray(X)[:, t] @ params.w_x)
        expected.append(h)
    close(jax.jit(lambda x: single(x)[0])(X), np.stack(expected, axis=1))
