"""Small layers that together have every cell and every option, for tests that must hold for all of them."""

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import GRU, LSTM, RNN, LinearRNN, MinGRU, MinLSTM

D, H = 3, 4

ZOO = {
    "rnn": (RNN, {"activation": jax.nn.sigmoid, "bidirectional": True, "merge": "sum"}),
    "lstm": (LSTM, {"dropout": 0.3, "num_layers": 2, "weight_dropout": 0.2, "recurrent_dropout": 0.2}),
    "lstm-options": (
        LSTM,
        {"peepholes": True, "proj_features": 2, "norm": True, "chrono": 9.0, "learn_carry": True}
        | {"bidirectional": True, "out_features": 2},
    ),
    "lstm-coupled": (LSTM, {"coupled": True, "bias": False, "zoneout": (0.3, 0.1), "reverse": True}),
    "gru": (GRU, {"num_layers": 2, "input_dropout": 0.2, "recurrent_dropout": 0.2, "zoneout": 0.1, "dropout": 0.1}),
    "gru-before": (GRU, {"reset_after": False, "learn_carry": True, "residual": True, "num_layers": 2}),
    "linear": (LinearRNN, {"parallel": True, "bidirectional": True, "learn_carry": True}),
    "mingru": (MinGRU, {"parallel": True, "num_layers": 2, "residual": True, "input_dropout": 0.2}),
    "minlstm": (MinLSTM, {"zoneout": 0.1}),
}


def make(name, *, dtype=jnp.float32, seed=0, **changes):
    """The layer of that name, with parameters that are drawn anew, so that none is 0."""
    kind, options = ZOO[name]
    layer = kind(D, H, param_dtype=dtype, **(options | changes), rngs=nnx.Rngs(seed))
    graph, state = nnx.split(layer)
    leaves, tree = jax.tree.flatten(state)
    keys = jax.random.split(jax.random.key(seed + 100), len(leaves))
    leaves = [
        leaf + 0.3 * jax.random.normal(key, leaf.shape, leaf.dtype) for leaf, key in zip(leaves, keys, strict=True)
    ]
    return nnx.merge(graph, jax.tree.unflatten(tree, leaves))
