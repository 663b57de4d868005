"""Weights from and to linen's and NNX's cells, compared by the outputs of the cells."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx
from random_modules import normal, random_module

from seqjax.interop.flax import from_linen, from_nnx, to_linen, to_nnx
from seqjax.layers import GRU, LSTM, RNN, Dtypes, LinearRNN, Noise
from tests.marks import slow_but

D, H = 3, 4
X = normal((2, 5, D))


def randomised(tree):
    """Random numbers in place of all leaves, biases included."""
    rng = np.random.default_rng(1)
    return jax.tree.map(lambda leaf: jax.device_put(rng.normal(size=leaf.shape).astype(np.float32)), tree)


def outputs(*runs):
    """What each of ``runs`` makes of X, as one program."""
    return jax.device_get(jax.jit(lambda x: [run(x) for run in runs])(X))


def network(cell):
    """The outputs of one of Flax's cells; it is put together where it is traced, as Flax demands."""
    graph, state = nnx.split(cell)
    return lambda x: nnx.RNN(nnx.merge(graph, state, copy=True))(x)


def layer_of(kind, width=D, **options):
    return random_module(lambda: kind(width, H, **options, rngs=nnx.Rngs(0)))


def cell_of(kind, width=H, seed=0, **options):
    """One of Flax's cells."""
    return random_module(lambda: kind(D, width, **options, rngs=nnx.Rngs(0)), seed)


@pytest.mark.parametrize(
    ("kind", "cell"),
    slow_but(
        2, [(LSTM, linen.LSTMCell), (GRU, linen.GRUCell), (LSTM, linen.OptimizedLSTMCell), (RNN, linen.SimpleCell)]
    ),
)
def test_linen_weights_round_trip_with_equal_outputs(kind, cell):
    network = linen.RNN(cell(H))
    params = randomised(jax.eval_shape(network.init, jax.random.key(0), X)["params"])
    layer = layer_of(kind)
    assert from_linen(layer, params["cell"]) is layer
    (back,) = to_linen(layer)
    y, *theirs = outputs(
        lambda x: layer(x)[0], *(lambda x, p=p: network.apply({"params": p}, x) for p in (params, {"cell": back}))
    )
    for expected in theirs:
        np.testing.assert_allclose(y, expected, atol=2e-6)


@pytest.mark.parametrize(
    ("kind", "cell"),
    slow_but(2, [(LSTM, nnx.LSTMCell), (GRU, nnx.GRUCell), (LSTM, nnx.OptimizedLSTMCell), (RNN, nnx.SimpleCell)]),
)
def test_nnx_weights_round_trip_with_equal_outputs(kind, cell):
    theirs = cell_of(cell)
    layer = from_nnx(random_module(lambda: kind(D, H, rngs=nnx.Rngs(1)), seed=1), theirs)
    other = cell_of(cell, seed=2)
    to_nnx(layer, other)
    y, expected, back = outputs(lambda x: layer(x)[0], network(theirs), network(other))
    np.testing.assert_allclose(y, expected, atol=2e-6)
    np.testing.assert_allclose(back, expected, atol=2e-6)


def test_linen_cells_have_the_order_of_the_carries():
    layer, other = (
        random_module(lambda: LSTM(D, H, num_layers=2, bidirectional=True, rngs=nnx.Rngs(0)), seed) for seed in (0, 1)
    )
    from_linen(other, *to_linen(layer))
    np.testing.assert_array_equal(*outputs(lambda x: other(x)[0], lambda x: layer(x)[0]))
    assert to_linen(layer)[2]["ii"]["kernel"].shape == (2 * H, H)  # second layer, forward


def test_weights_that_do_not_fit_are_refused(unchecked):
    layer = layer_of(LSTM)
    (params,) = to_linen(layer)
    with pytest.raises(ValueError, match="cells must be 1, one for each of the layer's, not 2"):
        from_linen(layer, params, params)
    with pytest.raises(ValueError, match="cell 0 lacks 'hf'; expected"):
        from_linen(layer, {name: value for name, value in params.items() if name != "hf"})
    with pytest.raises(ValueError, match=r"w_x of cell 0 must have shape \(3, 16\), not \(5, 16\)"):
        from_linen(layer, *to_linen(layer_of(LSTM, width=5)))
    with pytest.raises(ValueError, match="b_h must be 0: nnx"):
        to_nnx(layer_of(GRU), cell_of(nnx.GRUCell))
    for call in (from_nnx, to_nnx):
        with pytest.raises(TypeError, match=r"cell 0 must be nnx.LSTMCell or nnx.OptimizedLSTMCell, not GRUCell"):
            call(layer, cell_of(nnx.GRUCell))
        with pytest.raises(ValueError, match="cell 0 has activation_fn=relu, which the layer has not"):
            call(layer, cell_of(nnx.LSTMCell, activation_fn=nnx.relu))
        with pytest.raises(ValueError, match="cell 0 has gate_fn=hard_sigmoid"):
            call(layer, cell_of(nnx.LSTMCell, gate_fn=nnx.hard_sigmoid))
        with pytest.raises(ValueError, match="cell 0 has residual=True"):
            call(layer_of(RNN), cell_of(nnx.SimpleCell, residual=True))
    with pytest.raises(ValueError, match=r"cell 0 must have sizes \(3, 4\), not \(3, 5\)"):
        to_nnx(layer, cell_of(nnx.LSTMCell, width=5))
    with pytest.raises(TypeError, match="cell 0 must be a dictionary of parameters, not LSTMCell"):
        from_linen(layer, cell_of(nnx.LSTMCell))
    with pytest.raises(ValueError, match="cell 0 has no place for 'hx'"):
        from_linen(layer, {**params, "hx": params["hi"]})
    with pytest.raises(ValueError, match="'kernel of ii of cell 0' must hold floating-point numbers, not int32"):
        from_linen(layer, {**params, "ii": {"kernel": np.zeros((D, H), np.int32)}})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda **k: LSTM(D, H, norm=True, **k), "Flax has no place for norm=True"),
        (lambda **k: LSTM(D, H, bias=False, **k), "no place for bias=False"),
        (lambda **k: LSTM(D, H, proj_features=2, **k), "no place for proj_features=2"),
        (lambda **k: RNN(D, H, activation=nnx.gelu, **k), "no place for activation=gelu, only for tanh and relu"),
        (lambda **k: GRU(D, H, reset_after=False, **k), "no place for reset_after=False"),
        (lambda **k: LSTM(D, H, num_layers=2, residual=True, **k), "no place for residual=True"),
        (lambda **k: LSTM(D, H, num_layers=2, dropout=0.1, **k), "no place for dropout=0.1"),
        (lambda **k: LSTM(D, H, reverse=True, **k), "no place for reverse=True"),
        (lambda **k: LSTM(D, H, bidirectional=True, merge="sum", **k), "no place for merge='sum'"),
        (lambda **k: LSTM(D, H, out_features=4, **k), "no place for out_features"),
        (lambda **k: LSTM(D, H, learn_carry=True, **k), "no place for learn_carry=True"),
        (lambda **k: LSTM(D, H, noise=Noise(zoneout=0.1), **k), "no place for noise="),
        (lambda **k: LSTM(D, H, dtypes=Dtypes(compute=jnp.bfloat16), **k), "no place for dtypes="),
        (lambda **k: LinearRNN(D, H, **k), "must be an RNN, LSTM or GRU, not LinearRNN"),
    ],
)
def test_options_that_flax_lacks_are_refused(make, message):
    layer = random_module(lambda: make(rngs=nnx.Rngs(0)))
    for call in (from_linen, to_linen, from_nnx, to_nnx):
        with pytest.raises(ValueError, match=message):
            call(layer)


def test_cells_inside_an_rnn_and_variables_are_read_too():
    network = linen.RNN(linen.LSTMCell(H))
    variables = randomised(jax.eval_shape(network.init, jax.random.key(0), X))
    expected = from_linen(layer_of(LSTM), variables["params"]["cell"])
    for tree in (variables, variables["params"]):
        layer = from_linen(random_module(lambda: LSTM(D, H, rngs=nnx.Rngs(1)), seed=1), tree)
        jax.tree.map(np.testing.assert_array_equal, nnx.state(layer), nnx.state(expected))
    rnn = nnx.RNN(cell_of(nnx.LSTMCell, seed=2))
    to_nnx(expected, rnn)
    layer = from_nnx(random_module(lambda: LSTM(D, H, rngs=nnx.Rngs(1)), seed=1), rnn)
    jax.tree.map(np.testing.assert_array_equal, nnx.state(layer), nnx.state(expected))


def test_parameters_of_other_types_are_cast():
    layer = layer_of(LSTM, dtypes=Dtypes(param=jnp.bfloat16))
    cell = cell_of(nnx.LSTMCell, seed=1)
    to_nnx(layer, cell)
    assert cell.ii.kernel[...].dtype == jnp.float32
    other = from_nnx(random_module(lambda: LSTM(D, H, rngs=nnx.Rngs(2)), seed=2), cell)
    np.testing.assert_array_equal(other.forward[0].w_x[...], np.float32(layer.forward[0].w_x[...]))
