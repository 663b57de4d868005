"""Weights from and to linen's and NNX's cells, compared by the outputs of the cells."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx

from seqjax.interop.flax import from_linen, from_nnx, to_linen, to_nnx
from seqjax.layers import GRU, LSTM, RNN
from tests.marks import slow_but

D, H = 3, 4
X = jax.random.normal(jax.random.key(0), (2, 5, D))


def randomised(tree):
    """Random numbers in place of all leaves, biases included."""
    leaves, structure = jax.tree.flatten(tree)
    keys = jax.random.split(jax.random.key(1), len(leaves))
    return jax.tree.unflatten(structure, [jax.random.normal(k, v.shape) for k, v in zip(keys, leaves, strict=True)])


@pytest.mark.parametrize(
    ("kind", "cell"),
    slow_but(
        2, [(LSTM, linen.LSTMCell), (GRU, linen.GRUCell), (LSTM, linen.OptimizedLSTMCell), (RNN, linen.SimpleCell)]
    ),
)
def test_linen_weights_round_trip_with_equal_outputs(kind, cell):
    network = linen.RNN(cell(H))
    params = randomised(network.init(jax.random.key(0), X)["params"])
    layer = kind(D, H, rngs=nnx.Rngs(0))
    assert from_linen(layer, params["cell"]) is layer
    y, _ = layer(X)
    np.testing.assert_allclose(y, network.apply({"params": params}, X), atol=2e-6)
    (back,) = to_linen(layer)
    np.testing.assert_allclose(y, network.apply({"params": {"cell": back}}, X), atol=2e-6)


@pytest.mark.parametrize(
    ("kind", "cell"),
    slow_but(2, [(LSTM, nnx.LSTMCell), (GRU, nnx.GRUCell), (LSTM, nnx.OptimizedLSTMCell), (RNN, nnx.SimpleCell)]),
)
def test_nnx_weights_round_trip_with_equal_outputs(kind, cell):
    theirs = cell(D, H, rngs=nnx.Rngs(0))
    graph, params, rest = nnx.split(theirs, nnx.Param, ...)
    theirs = nnx.merge(graph, randomised(params), rest)
    expected = nnx.RNN(theirs)(X)
    layer = from_nnx(kind(D, H, rngs=nnx.Rngs(1)), theirs)
    np.testing.assert_allclose(layer(X)[0], expected, atol=2e-6)
    other = cell(D, H, rngs=nnx.Rngs(2))
    to_nnx(layer, other)
    np.testing.assert_allclose(nnx.RNN(other)(X), expected, atol=2e-6)


def test_linen_cells_have_the_order_of_the_carries():
    layer, other = (LSTM(D, H, num_layers=2, bidirectional=True, rngs=nnx.Rngs(seed)) for seed in (0, 1))
    from_linen(other, *to_linen(layer))
    np.testing.assert_array_equal(other(X)[0], layer(X)[0])
    assert to_linen(layer)[2]["ii"]["kernel"].shape == (2 * H, H)  # second layer, forward


def test_weights_that_do_not_fit_are_refused():
    layer = LSTM(D, H, rngs=nnx.Rngs(0))
    (params,) = to_linen(layer)
    with pytest.raises(ValueError, match="cells must be 1, one for each of the layer's, not 2"):
        from_linen(layer, params, params)
    with pytest.raises(ValueError, match="cell 0 lacks 'hf'; expected"):
        from_linen(layer, {name: value for name, value in params.items() if name != "hf"})
    with pytest.raises(ValueError, match=r"w_x of cell 0 must have shape \(3, 16\), not \(5, 16\)"):
        from_linen(layer, *to_linen(LSTM(5, H, rngs=nnx.Rngs(0))))
    with pytest.raises(ValueError, match="parameters that Flax's cells have"):
        to_linen(LSTM(D, H, norm=True, rngs=nnx.Rngs(0)))
    full = GRU(D, H, rngs=nnx.Rngs(0))
    full.forward[0].b_h[...] = jnp.ones(H)
    with pytest.raises(ValueError, match="b_h must be 0: nnx"):
        to_nnx(full, nnx.GRUCell(D, H, rngs=nnx.Rngs(0)))
