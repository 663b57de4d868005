"""Small layers that together have every cell and every option, for tests that must hold for all of them."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
from flax import nnx
from random_modules import random_module

from seqjax.layers import GRU, LSTM, RNN, Dtypes, LinearRNN, MinGRU, MinLSTM, Noise, Recurrent
from seqjax.recurrence import Plan, SCLSTMCell

D, H = 3, 4
ASSOCIATIVE = Plan(backend="associative")

ZOO = {
    "rnn": (RNN, {"activation": jax.nn.sigmoid, "bidirectional": True, "merge": "sum"}),
    "lstm": (LSTM, {"dropout": 0.3, "num_layers": 2, "noise": Noise(weight_dropout=0.2, recurrent_dropout=0.2)}),
    "lstm-options": (
        LSTM,
        {"peepholes": True, "proj_features": 2, "norm": True, "chrono": 9.0, "learn_carry": True}
        | {"bidirectional": True, "out_features": 2},
    ),
    "lstm-coupled": (LSTM, {"coupled": True, "bias": False, "noise": Noise(zoneout=(0.3, 0.1)), "reverse": True}),
    "gru": (
        GRU,
        {"num_layers": 2, "dropout": 0.1, "noise": Noise(input_dropout=0.2, recurrent_dropout=0.2, zoneout=0.1)},
    ),
    "gru-before": (GRU, {"reset_after": False, "learn_carry": True, "residual": True, "num_layers": 2}),
    "linear": (LinearRNN, {"plan": ASSOCIATIVE, "bidirectional": True, "learn_carry": True}),
    "mingru": (MinGRU, {"plan": ASSOCIATIVE, "num_layers": 2, "residual": True, "noise": Noise(input_dropout=0.2)}),
    "minlstm": (MinLSTM, {"noise": Noise(zoneout=0.1)}),
    "sclstm": (partial(Recurrent, SCLSTMCell(act_features=2)), {"learn_carry": True}),
}


def make(name, *, dtype=jnp.float32, seed=0, zoneout=None, hidden=H, **changes):
    """The layer of that name, with random parameters, none of them 0.

    ``zoneout`` replaces the layer's own; a plan among the changes does not replace "associative".
    """
    kind, options = ZOO[name]
    if zoneout is not None:
        changes["noise"] = dataclasses.replace(options.get("noise", Noise()), zoneout=zoneout)
    if options.get("plan") == ASSOCIATIVE:
        changes.pop("plan", None)
    options = options | changes
    return random_module(lambda: kind(D, hidden, dtypes=Dtypes(param=dtype), **options, rngs=nnx.Rngs(0)), seed)
