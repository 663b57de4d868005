"""Layers and models survive pickling and copying: joblib, multiprocessing and Grain's workers pickle what they send."""

import copy
import pickle
from functools import cache, partial

import forecaster_oracle
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import seq2seq_zoo
from flax import nnx
from layer_zoo import ZOO, make
from random_modules import random_module

from seqjax.layers import RNN, Attention, FeedForward
from seqjax.models.classifier import AveragingClassifier, RecurrentClassifier
from seqjax.models.frame_model import FrameModel
from seqjax.models.language_model import LanguageModel
from seqjax.models.readout import FeedForwardReadout, RecurrentReadout
from seqjax.recurrence import ElmanCell

SIZES = {"embed_features": 3, "hidden_features": 4}
NO_DROPOUT = {"word_dropout": 0.0, "embed_dropout": 0.0, "output_dropout": 0.0}
MODELS = {
    **{f"seq2seq {name}": partial(seq2seq_zoo.make, name) for name in seq2seq_zoo.VARIANTS},
    **{f"forecaster {kind}": partial(forecaster_oracle.make, kind) for kind in ("lstm", "mlp", "segment", "seq2seq")},
    "recurrent classifier": lambda: RecurrentClassifier(
        9, 2, cell="lstm", pooling="attention", **SIZES, **NO_DROPOUT, rngs=nnx.Rngs(0)
    ),
    "averaging classifier": lambda: AveragingClassifier(9, 2, num_layers=1, **SIZES, **NO_DROPOUT, rngs=nnx.Rngs(0)),
    "language model": lambda: LanguageModel(
        9,
        cell="minlstm",
        num_layers=2,
        tie_embeddings=True,
        embed_dropout=0.1,
        input_dropout=0.1,
        weight_dropout=0.0,
        output_dropout=0.1,
        **SIZES,
        rngs=nnx.Rngs(0),
    ),
    "frame model": lambda: FrameModel(
        3, cell="gru", hidden_features=4, frame_dropout=0.1, output_dropout=0.1, rngs=nnx.Rngs(0)
    ),
    "readout": lambda: RecurrentReadout(
        3,
        2,
        last=1,
        cell="elman",
        hidden_features=4,
        num_layers=1,
        activation="relu",
        recurrent_init="identity",
        input_init_std=0.0,
        forget_bias=1.0,
        chrono=0.0,
        norm=True,
        rngs=nnx.Rngs(0),
    ),
    "feed-forward readout": lambda: FeedForwardReadout(
        3, 2, time=4, last=1, hidden_features=4, num_layers=1, rngs=nnx.Rngs(0)
    ),
    "feed-forward network": lambda: FeedForward(3, 4, 2, rngs=nnx.Rngs(0)),
    "attention": lambda: Attention(3, 3, score="additive", rngs=nnx.Rngs(0)),
    **{f"layer {name}": partial(make, name) for name in ZOO},
}


@cache
def module_of(name):
    return random_module(MODELS[name])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_a_copy_has_the_same_graph_and_parameters(name, duplicate):
    module = module_of(name)
    (graph, state), (other_graph, other_state) = nnx.split(module), nnx.split(duplicate(module))
    assert other_graph == graph
    assert hash(other_graph) == hash(graph)  # it compiles nothing anew
    jax.tree.map(np.testing.assert_array_equal, state, other_state)


def leaky(x):
    return jnp.where(x > 0, x, 0.1 * x)


@pytest.mark.parametrize(
    "activation",
    [
        jnp.tanh,
        jnp.arctan,
        jax.nn.sigmoid,
        jax.nn.relu,
        jax.nn.gelu,
        jax.nn.silu,
        jax.nn.hard_tanh,
        jax.lax.erf,
        partial(jax.nn.leaky_relu, negative_slope=0.2),
        leaky,
    ],
    ids=["tanh", "arctan", "sigmoid", "relu", "gelu", "silu", "hard_tanh", "erf", "leaky_relu", "leaky"],
)
def test_a_cell_with_any_named_activation_pickles(activation):
    cell = pickle.loads(pickle.dumps(ElmanCell(activation=activation, bias=False)))
    x = jnp.asarray(np.array([-1.5, 0.0, 0.7], np.float32))
    np.testing.assert_array_equal(*jax.jit(lambda x: (cell.activation(x), activation(x)))(x))
    assert not cell.bias
    copy.deepcopy(random_module(lambda: RNN(2, 3, activation=activation, rngs=nnx.Rngs(0))))


def test_a_layer_with_a_lambda_can_be_copied():
    layer = random_module(lambda: RNN(2, 3, activation=lambda x: 2 * x, rngs=nnx.Rngs(0)))
    np.testing.assert_array_equal(*jax.jit(lambda x: (copy.deepcopy(layer)(x)[0], layer(x)[0]))(np.ones((1, 2, 2))))
