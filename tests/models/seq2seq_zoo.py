"""Small encoder-decoder models of each kind, and a batch for them."""

from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from random_modules import random_module

from seqjax.losses import token_cross_entropy, weighted_mean
from seqjax.models.seq2seq import Seq2Seq
from seqjax.tokens import PAD

SRC_SIZE, TGT_SIZE = 9, 8
SRC = jax.device_put(np.array([[4, 5, 6, 2], [7, 2, 0, 0], [0, 0, 0, 0], [8, 8, 2, 0]], np.int32))
TGT_IN = jax.device_put(np.array([[1, 4, 5, 7], [1, 0, 0, 0], [1, 6, 3, 0], [1, 5, 5, 0]], np.int32))
TGT_OUT = jax.device_put(np.array([[4, 5, 7, 2], [2, 0, 0, 0], [6, 3, 2, 0], [5, 5, 2, 0]], np.int32))
T = 4

PLAIN = {
    "cell": "gru",
    "embed_features": 5,
    "encoder_features": 6,
    "decoder_features": 6,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "bidirectional": False,
    "reverse_source": False,
    "conditioning": "attention",
    "score": "general",
    "input_feeding": False,
    "tie_embeddings": False,
    "dropout": 0.0,
}
VARIANTS = {
    "carry": {"cell": "elman", "conditioning": "carry", "reverse_source": True},
    "carry-tied": {
        "cell": "lstm",
        "conditioning": "carry",
        "encoder_layers": 2,
        "decoder_layers": 2,
        "tie_embeddings": True,
    },
    "vector": {"conditioning": "vector", "decoder_layers": 2},
    "attention": {"score": "dot", "encoder_features": 3, "bidirectional": True},
    "feeding": {
        "cell": "lstm",
        "score": "additive",
        "input_feeding": True,
        "tie_embeddings": True,
        "decoder_layers": 2,
        "bidirectional": True,
        "dropout": 0.5,  # none without a key
    },
}


def options_of(name):
    """The options of a variant; PLAIN for an unknown name."""
    return PLAIN | VARIANTS.get(name, {})


def make(name, **options):
    """A fresh model, for a test that changes it or its options."""
    options = options_of(name) | options
    return random_module(lambda: Seq2Seq(SRC_SIZE, TGT_SIZE, **options, rngs=nnx.Rngs(0)))


@cache
def shared(name):
    """The model of a variant, which no test may change."""
    return make(name)


class Outputs(NamedTuple):
    """The forward pass of one model and one batch."""

    logits: jax.Array
    weights: jax.Array | None
    encoded: NamedTuple
    context: NamedTuple
    carry: NamedTuple


@cache
def forward(name):
    """The parameters, and the outputs of ``(params, src, tgt_in)`` as one program."""
    graph, params = nnx.split(shared(name))

    def run(params, src, tgt_in):
        model = nnx.merge(graph, params)
        encoded = model.encoder(src)
        context, carry = model.decoder.start(encoded)
        _, logits, weights = model.decoder.decode(context, carry, tgt_in)
        return Outputs(logits, weights, encoded, context, carry)

    return params, jax.jit(run)


@cache
def outputs(name):
    """The outputs of the batch."""
    params, run = forward(name)
    return run(params, SRC, TGT_IN)


class Results(NamedTuple):
    """The training and the streaming of one model and one batch."""

    logits: jax.Array
    stepped: jax.Array
    weights: jax.Array | None
    stepped_weights: jax.Array | None
    loss: jax.Array
    gradients: dict


@cache
def program(name):
    """The parameters, and the results as one program."""
    graph, params = nnx.split(shared(name))

    def run(params, src, tgt_in, tgt_out):
        def loss(params):
            logits = nnx.merge(graph, params)(src, tgt_in)
            mask = (tgt_out != PAD).astype(jnp.float32)
            return weighted_mean(token_cross_entropy(logits, tgt_out, 0.1), mask), logits

        (value, logits), gradients = jax.value_and_grad(loss, has_aux=True)(params)
        model = nnx.merge(graph, params)
        context, carry = model.encode(src)
        _, _, weights = model.decoder.decode(context, carry, tgt_in)

        def step(carry, token):
            carry, *out = model.step(context, carry, token)
            return carry, out

        _, steps = jax.lax.scan(step, carry, tgt_in.T)
        stepped, *stepped_weights = (jnp.swapaxes(leaf, 0, 1) for leaf in steps)
        return Results(logits, stepped, weights, stepped_weights[0] if stepped_weights else None, value, gradients)

    return params, jax.jit(run)


@cache
def results(name):
    """The results of the batch."""
    params, run = program(name)
    return run(params, SRC, TGT_IN, TGT_OUT)
