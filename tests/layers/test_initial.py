"""Initialisers of the user's: each gate's block, its metadata, and the draws that they leave alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.sharding import AxisType, PartitionSpec

from seqjax.layers import GRU, LSTM, RNN, LinearRNN, MinGRU, MinLSTM
from seqjax.recurrence import GRUCell, LSTMCell

D, H = 3, 4
LAYERS = {LSTM: 4, GRU: 3, RNN: 1, LinearRNN: 1, MinGRU: 2, MinLSTM: 3}


def numbered(key, shape, dtype=jnp.float32):
    """The shape itself, repeated, so that a test sees what an initialiser is asked for."""
    return jnp.full(shape, shape[0], dtype)


@pytest.mark.parametrize(("kind", "gates"), LAYERS.items())
def test_an_initialiser_draws_the_block_of_each_gate(kind, gates):
    shapes = []

    def record(key, shape, dtype):
        shapes.append((shape, dtype))
        return jax.random.normal(key, shape, dtype)

    layer = kind(D, H, num_layers=2, kernel_init=record, rngs=nnx.Rngs(0))
    assert shapes == [((D, H), jnp.float32)] * gates + [((H, H), jnp.float32)] * gates
    w_x = layer.forward[0].w_x[...]
    assert w_x.shape == (D, gates * H)
    blocks = np.split(np.asarray(w_x), gates, axis=1)
    assert len({block.tobytes() for block in blocks}) == gates  # each gate has its own draw
    plain = kind(D, H, num_layers=2, rngs=nnx.Rngs(0))
    for name, value in nnx.to_flat_state(nnx.state(plain)):
        if name[-1] != "w_x":
            np.testing.assert_array_equal(value[...], nnx.state(layer)[name[0]][name[1]][name[2]][...])


def test_recurrent_and_bias_initialisers():
    layer = LSTM(D, H, recurrent_kernel_init=numbered, bias_init=numbered, bidirectional=True, rngs=nnx.Rngs(0))
    for cell in (layer.forward[0], layer.backward[0]):
        np.testing.assert_array_equal(cell.w_h[...], np.full((H, 4 * H), H))
        np.testing.assert_array_equal(cell.b[...], np.full(4 * H, H))
    gru = GRU(D, H, bias_init=jax.nn.initializers.ones, rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(gru.forward[0].b[...], 1)
    np.testing.assert_array_equal(gru.forward[0].b_h[...], 1)
    projected = LSTM(D, H, proj_features=2, recurrent_kernel_init=numbered, rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(projected.forward[0].w_h[...], np.full((2, 4 * H), 2))


@pytest.mark.parametrize(
    ("kind", "options", "error", "message"),
    [
        (
            MinGRU,
            {"recurrent_kernel_init": numbered},
            ValueError,
            "recurrent_kernel_init must be None.* without w_h",
        ),
        (
            LSTM,
            {"bias": False, "bias_init": numbered},
            ValueError,
            "bias_init must be None.* without b or b_h",
        ),
        (RNN, {"kernel_init": "glorot"}, TypeError, "kernel_init must be an initialiser.*, not 'glorot'"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_initialisers_that_do_not_fit_are_refused(kind, options, error, message):
    with pytest.raises(error, match=message):
        kind(D, H, **options, rngs=nnx.Rngs(0))


def test_partitioning_of_an_initialiser_stays_with_the_parameter():
    mesh = jax.make_mesh((1,), ("model",), axis_types=(AxisType.Auto,))
    init = nnx.with_partitioning(jax.nn.initializers.normal(), (None, "model"))
    with jax.set_mesh(mesh):
        layer = LSTM(D, H, kernel_init=init, recurrent_kernel_init=init, rngs=nnx.Rngs(0))
        specs = nnx.get_partition_spec(nnx.state(layer))
        y, _ = jax.jit(layer.__call__)(np.ones((2, 3, D), np.float32))
    cell = specs["forward"][0]
    assert [cell[name].get_value() for name in ("w_x", "w_h")] == [PartitionSpec(None, "model")] * 2
    assert cell["b"].get_value() == PartitionSpec()
    assert y.shape == (2, 3, H)


def test_default_draws_are_those_of_the_cell():
    for kind, cell in ((LSTM, LSTMCell()), (GRU, GRUCell())):
        drawn = kind(D, H, rngs=nnx.Rngs(7)).forward[0].as_tuple()
        expected = cell.init(nnx.Rngs(7).params(), D, H)
        jax.tree.map(np.testing.assert_array_equal, drawn, expected)
