"""The layer's options, each against what it is defined to be."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from layer_zoo import ZOO, D, H, make

from seqjax.layers import GRU, LSTM, RNN, MinGRU, Recurrent, describe
from seqjax.recurrence import elman, gru, unroll
from tests.marks import slow_but

pytestmark = pytest.mark.usefixtures("quick_compilation")

B, T = 3, 7
X = jax.random.normal(jax.random.key(1), (B, T, D))
MASK = jnp.arange(T) < jnp.array([[7], [4], [0]])
KEY = jax.random.key(5)


def close(a, b, atol=1e-6):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=atol), a, b)


def alone(layer, cell, x, reverse=False):
    """One of a layer's cells run by the ground floor."""
    params = cell.as_tuple()
    return _alone(layer.cell, params, layer.cell.zero_carry(params, x.shape[0]), x, reverse)


@partial(jax.jit, static_argnums=(0, 4))
def _alone(cell, params, carry, x, reverse):
    return unroll(cell, params, carry, x, mask=MASK, reverse=reverse)


@pytest.mark.parametrize("merge", ["concat", "sum"])
@pytest.mark.parametrize("residual", [False, True])
def test_layers_and_directions_are_wired_as_said(merge, residual):
    layer = GRU(D, H, num_layers=2, bidirectional=True, merge=merge, residual=residual, rngs=nnx.Rngs(0))
    y, carry = jax.jit(lambda x: layer(x, mask=MASK))(X)
    below, ends = X, []
    for k in range(2):
        forward_end, forward = alone(layer, layer.forward[k], below)
        backward_end, backward = alone(layer, layer.backward[k], below, reverse=True)
        ends += [forward_end, backward_end]
        above = forward + backward if merge == "sum" else jnp.concatenate([forward, backward], axis=-1)
        below = above + below if residual and k > 0 else above
    close(y, below)
    close(carry, tuple(ends))
    np.testing.assert_array_equal(y[~MASK], 0)


def test_reverse_runs_from_the_end():
    layer = LSTM(D, H, reverse=True, rngs=nnx.Rngs(0))
    y, (carry,) = layer(X, mask=MASK)
    end, expected = alone(layer, layer.forward[0], X, reverse=True)
    close((y, carry), (expected, end))


def test_output_is_a_linear_map_without_bias():
    layer = RNN(D, H, out_features=2, rngs=nnx.Rngs(0))
    y, _ = layer(X)
    hidden = unroll(elman, layer.forward[0].as_tuple(), elman.Carry(jnp.zeros((B, H))), X)[1]
    close(y, hidden @ layer.output.kernel[...])


@pytest.mark.parametrize(
    "name", ["gru-before", *(pytest.param(n, marks=pytest.mark.slow) for n in ("lstm-options", "linear"))]
)
def test_a_learned_carry_starts_every_sequence_and_gets_a_gradient(name):
    layer = make(name)
    graph, state = nnx.split(layer)

    @jax.jit
    def run(state, mask, reset, carry=None):
        return nnx.merge(graph, state)(X, mask=mask, reset=reset, carry=carry)

    learned = layer.initial_carry(B)
    assert all(np.abs(leaf).min() > 0 for leaf in jax.tree.leaves(learned))
    never = jnp.zeros((B, T), bool)
    close(run(state, ~never, never), run(state, ~never, never, learned), atol=0)
    # Two sequences in a row, and each of them by itself, with the other as padding.
    starts, first = never.at[:, 3].set(True), ~never.at[:, 3:].set(True)
    y, _ = run(state, ~never, starts)
    close(y, run(state, first, never)[0] + run(state, ~first, never)[0])
    empty_y, empty_carry = run(state, never, never)
    np.testing.assert_array_equal(empty_y, 0)
    close(empty_carry, learned, atol=0)
    gradient = jax.jit(jax.grad(lambda s: jnp.sum(run(s, ~never, never)[0] ** 2)))(state)
    assert np.abs(nnx.merge(graph, gradient).forward[0].initial_h[...]).min() > 0


@pytest.mark.parametrize("name", [name for name in ZOO if not (set(ZOO[name][1]) & {"bidirectional", "reverse"})])
def test_streaming_equals_the_sequence(name):
    layer = make(name)
    y, carry = jax.jit(lambda x: layer(x))(X)
    step = jax.jit(lambda carry, x: layer.step(carry, x))
    stream, outputs = layer.initial_carry(B), []
    for t in range(T):
        stream, out = step(stream, X[:, t])
        outputs.append(out)
    close(jnp.stack(outputs, axis=1), y, atol=2e-6)
    close(stream, carry, atol=2e-6)


@pytest.mark.parametrize("options", [{"bidirectional": True}, {"reverse": True}])
def test_a_layer_that_runs_backwards_does_not_stream(options):
    with pytest.raises(ValueError, match="step needs a layer that runs forwards only"):
        LSTM(D, H, **options, rngs=nnx.Rngs(0)).step(None, X[:, 0])


# Noise


NOISE = ["weight_dropout", "zoneout", "dropout", "input_dropout", "recurrent_dropout"]


@pytest.mark.parametrize("option", slow_but(2, NOISE))
def test_noise_needs_a_key_and_is_decided_by_it(option):
    layer = RNN(D, H, num_layers=2, **{option: 0.5}, rngs=nnx.Rngs(0))
    plain = RNN(D, H, num_layers=2, rngs=nnx.Rngs(0))
    run = jax.jit(lambda key, train=None: layer(X, key=key, train=train)[0], static_argnames="train")
    np.testing.assert_array_equal(run(KEY), run(KEY))
    assert np.abs(run(KEY) - run(jax.random.key(6))).max() > 1e-3
    np.testing.assert_array_equal(run(KEY, train=False), run(None))
    np.testing.assert_array_equal(run(KEY, train=True), run(KEY))
    if option != "zoneout":  # without a key it mixes at the rate
        np.testing.assert_array_equal(run(None), jax.jit(lambda: plain(X)[0])())
    with pytest.raises(ValueError, match=rf"key must be given, not None, with train=True and .*'{option}'"):
        layer(X, train=True)


def test_dropout_between_layers_spares_the_last():
    layer = LSTM(D, H, dropout=0.5, rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(layer(X, key=KEY)[0], layer(X)[0])


def test_input_dropout_drops_the_same_features_at_all_steps_of_a_row():
    layer = MinGRU(D, H, input_dropout=0.5, rngs=nnx.Rngs(0))
    d_x = jax.grad(lambda x: jnp.sum(layer(x, key=KEY)[0] ** 2))(jnp.tile(X, (20, 1, 1)))
    dropped = np.asarray(d_x == 0)
    np.testing.assert_array_equal(dropped.all(axis=1), dropped.any(axis=1))
    assert 0.3 < dropped.mean() < 0.7


@pytest.mark.parametrize("kind", slow_but(1, [LSTM, RNN, GRU]))
def test_recurrent_dropout_hides_the_same_units_of_h_at_all_steps(kind):
    layer = kind(D, H, recurrent_dropout=0.5, rngs=nnx.Rngs(0))
    graph, state = nnx.split(layer)

    def total(state, x):
        return jnp.sum(nnx.merge(graph, state)(x, key=KEY)[0] ** 2)

    # Row k of dL/dW_h is the sum over steps of h_k times what follows: 0 only if unit k is hidden at every step.
    hidden = [np.all(jax.grad(total)(state, X[:1]).forward[0].w_h[...] == 0, axis=1)]
    keep = jax.random.bernoulli(jax.random.split(jax.random.fold_in(KEY, 1), 4)[1], 0.5, (1, H))
    np.testing.assert_array_equal(hidden[0], ~keep[0])
    assert 0 < keep.sum() < H


def test_recurrent_dropout_leaves_the_leak_of_a_gru_alone():
    params = gru.init(jax.random.key(0), D, H)._replace(b=jnp.repeat(jnp.array([0.0, 100.0, 0.0]), H))
    carry = gru.Carry(jnp.ones((1, H)))
    new, _ = gru.recur(params, carry, gru.project(params, X[:1, 0]), keep=jnp.zeros((1, H)))
    close(new, carry)


def test_weight_dropout_drops_entries_of_w_h_for_all_rows_and_steps():
    layer = RNN(D, H, weight_dropout=0.5, rngs=nnx.Rngs(0))
    graph, state = nnx.split(layer)
    gradient = jax.grad(lambda s: jnp.sum(nnx.merge(graph, s)(X, key=KEY)[0] ** 2))(state)
    dropped = np.asarray(gradient.forward[0].w_h[...] == 0)
    assert 0.2 < dropped.mean() < 0.8
    w_h = jnp.where(dropped, 0, 2 * layer.forward[0].w_h[...])
    params = layer.forward[0].as_tuple()._replace(w_h=w_h)
    close(layer(X, key=KEY)[0], unroll(elman, params, elman.Carry(jnp.zeros((B, H))), X)[1])


def test_zoneout_keeps_units_as_they_were_at_its_rate():
    layer = LSTM(D, 50, zoneout=(0.5, 0.1), rngs=nnx.Rngs(0))
    x = jax.random.normal(KEY, (40, 1, D))
    (start,) = layer(x)[1]
    _, (end,) = layer(x, carry=(start,), key=KEY)
    for field, rate in (("c", 0.5), ("h", 0.1)):
        kept = np.asarray(getattr(end, field) == getattr(start, field)).mean()
        assert abs(kept - rate) < 0.05


def test_zoneout_without_a_key_mixes_at_its_rate():
    plain, layer = GRU(D, H, rngs=nnx.Rngs(0)), GRU(D, H, zoneout=0.25, rngs=nnx.Rngs(0))
    start = (gru.Carry(jnp.ones((B, H))),)
    y, (end,) = layer(X[:, :1], carry=start)
    _, (new,) = plain(X[:, :1], carry=start)
    close(end.h, 0.25 * 1 + 0.75 * new.h)
    close(y[:, 0], end.h)


# Types


@pytest.mark.parametrize("name", slow_but(2, ZOO))
def test_bfloat16_in_gives_bfloat16_out_over_a_float32_carry(name):
    layer = make(name, dtype=jnp.bfloat16)
    y, carry = jax.eval_shape(lambda x: layer(x, mask=MASK, key=KEY), X.astype(jnp.bfloat16))
    assert y.dtype == jnp.bfloat16
    assert {leaf.dtype for leaf in jax.tree.leaves(carry)} == {jnp.dtype("float32")}
    assert {leaf.dtype for leaf in jax.tree.leaves(nnx.state(layer))} == {jnp.dtype("bfloat16")}


def test_each_type_of_the_policy_is_obeyed():
    types = {"param_dtype": "float32", "dtype": "bfloat16", "carry_dtype": "float16", "out_dtype": "float32"}
    layer = LSTM(D, H, num_layers=2, **types, rngs=nnx.Rngs(0))
    y, carry = layer(X)
    assert y.dtype == jnp.float32
    assert {leaf.dtype for leaf in jax.tree.leaves(carry)} == {jnp.dtype("float16")}
    products = {
        equation.invars[0].aval.dtype
        for equation in equations(jax.make_jaxpr(lambda x: layer(x)[0])(X).jaxpr)
        if equation.primitive.name == "dot_general"
    }
    assert products == {jnp.dtype("bfloat16")}


def equations(jaxpr):
    for equation in jaxpr.eqns:
        yield equation
        for inner in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda p: hasattr(p, "eqns")):
            if hasattr(inner, "eqns") or hasattr(inner, "jaxpr"):
                yield from equations(getattr(inner, "jaxpr", inner))


@pytest.mark.parametrize("kind", slow_but(1, [LSTM, RNN, GRU]))
def test_bfloat16_stays_near_float32_over_512_steps(kind):
    layer = kind(D, 16, rngs=nnx.Rngs(0))
    x = jax.random.normal(KEY, (4, 512, D))
    narrow, wide = layer(x.astype(jnp.bfloat16))[0], layer(x)[0]
    # An output is at most 1 and bfloat16 keeps 8 bits: 2^-8 a rounding. Five of them, which did not grow with T.
    error = np.abs(np.asarray(narrow, np.float32) - wide)
    assert error.max() < 5 * 2**-8
    assert error[:, -64:].max() < 2 * max(error[:, :64].max(), 2**-8)


# The rest of the surface


def test_names_of_parameters_are_stable():
    layer = make("lstm-options")
    paths = {"/".join(map(str, path)) for path, _ in nnx.to_flat_state(nnx.state(layer))}
    cell = {"w_x", "w_h", "b", "w_r", "p_i", "p_f", "p_o", "gain_x", "gain_h", "gain_c", "bias_c"}
    cell |= {"initial_c", "initial_h"}
    expected = {f"{side}/{k}/{name}" for side in ("forward", "backward") for k in range(1) for name in cell}
    assert paths == expected | {"output/kernel"}
    gru_paths = {path[-1] for path, _ in nnx.to_flat_state(nnx.state(GRU(D, H, rngs=nnx.Rngs(0))))}
    assert gru_paths == {"w_x", "w_h", "b", "b_h"}


def test_equal_options_make_equal_graphs_so_that_nothing_compiles_twice():
    a, b = (nnx.split(RNN(D, H, activation=jax.nn.relu, rngs=nnx.Rngs(seed)))[0] for seed in (0, 1))
    assert a == b
    assert hash(a) == hash(b)


def test_describe_counts_parameters_and_products():
    layer = LSTM(10, 20, num_layers=2, proj_features=5, out_features=3, rngs=nnx.Rngs(0))
    text = describe(layer)
    state = nnx.state(layer)
    parameters = sum(leaf.size for leaf in jax.tree.leaves(state))
    flop = 2 * sum(leaf.size for leaf in jax.tree.leaves(state) if leaf.ndim == 2)
    assert text.splitlines()[-1].split() == ["total", f"{parameters:,}", f"{flop:,}"]
    lines = [line.split() for line in text.splitlines()]
    assert ["forward.0.w_x", "[10,", "80]", "800", "1,600"] in lines
    assert ["forward.1", "carry", "c", "[B,", "20],", "h", "[B,", "5]"] in lines


class Leaky:
    """A cell as a user might write it: a leaky average of its input, with a step and nothing more."""

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
        h = params.rate * carry.h + (1 - params.rate) * (x @ params.w_x)
        return Leaky.Carry(h), h


def test_a_users_own_cell_plugs_in():
    layer = Recurrent(Leaky, D, H, num_layers=2, bidirectional=True, zoneout=0.1, rngs=nnx.Rngs(0))
    y, carry = layer(X, mask=MASK, reset=MASK, key=KEY)
    assert y.shape == (B, T, 2 * H)
    assert len(carry) == 4
    single = Recurrent(Leaky, D, H, rngs=nnx.Rngs(0))
    params = single.forward[0].as_tuple()
    h, expected = np.zeros((B, H)), []
    for t in range(T):
        h = 0.5 * h + 0.5 * np.asarray(X[:, t] @ params.w_x)
        expected.append(h)
    close(single(X)[0], np.stack(expected, axis=1))
