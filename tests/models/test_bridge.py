"""The bridge from an encoder's last carry to a decoder's first."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.models.bridge import Bridge
from seqjax.models.encoder import Encoded
from seqjax.recurrence import LSTMCell

B, M, H = 2, 3, 5
RNG = np.random.default_rng(0)


def encoded(layers, directions):
    """An encoded source with a random carry; without one for no layers."""

    def draw(*shape):
        return jnp.asarray(RNG.normal(size=shape), jnp.float32)

    carry = tuple(LSTMCell.Carry(c=draw(B, M), h=draw(B, M)) for _ in range(layers * directions))
    return Encoded(draw(B, 4, M), draw(B, M), jnp.ones((B, 4), bool), carry or None)


def check(linear, got, source, squash):
    expected = np.asarray(source) @ np.asarray(linear.kernel[...]) + np.asarray(linear.bias[...])
    np.testing.assert_allclose(got, np.tanh(expected) if squash else expected, atol=1e-6)


@pytest.mark.parametrize(
    ("encoder_layers", "directions", "sources"),
    [(3, 2, (1, 2)), (1, 1, (0, 0)), (2, 1, (0, 1))],
)
def test_top_layer_reads_top_layer_and_both_directions(encoder_layers, directions, sources):
    source = encoded(encoder_layers, directions)
    bridge = random_module(
        lambda: Bridge(LSTMCell.Carry, 2, directions * M, H, directions=directions, rngs=nnx.Rngs(0))
    )
    carries = bridge(source)
    assert len(carries) == 2
    for index, layer in enumerate(sources):
        cells = source.carry[layer * directions : (layer + 1) * directions]
        for name in ("c", "h"):
            fields = np.concatenate([getattr(cell, name) for cell in cells], axis=1)
            check(bridge.layers[index][name], getattr(carries[index], name), fields, name == "h")


def test_fixed_vector_takes_the_place_of_a_missing_carry():
    source = encoded(0, 1)
    bridge = random_module(lambda: Bridge(LSTMCell.Carry, 2, M, H, rngs=nnx.Rngs(0)))
    for index, carry in enumerate(bridge(source)):
        for name in ("c", "h"):
            check(bridge.layers[index][name], getattr(carry, name), source.vector, name == "h")
