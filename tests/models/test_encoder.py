"""The encoder of tokens."""

import jax
import jax.numpy as jnp
import numpy as np
from seq2seq_zoo import SRC, make, shared

from seqjax.models.encoder import embed_tokens
from seqjax.tokens import PAD


def test_fixed_vector_is_the_last_hidden_of_both_directions():
    encoder = shared("attention").encoder
    encoded = jax.device_get(jax.jit(lambda src: encoder(src))(SRC))
    half = encoded.vector.shape[1] // 2
    np.testing.assert_array_equal(encoded.mask, SRC != PAD)
    for row, length in enumerate((SRC != PAD).sum(axis=1).tolist()):
        if length:
            np.testing.assert_allclose(encoded.vector[row, :half], encoded.outputs[row, length - 1, :half], atol=1e-6)
            np.testing.assert_allclose(encoded.vector[row, half:], encoded.outputs[row, 0, half:], atol=1e-6)
    np.testing.assert_array_equal(encoded.vector[2], 0)  # an empty source
    forward, backward = encoded.carry
    np.testing.assert_array_equal(encoded.vector, np.concatenate([forward.h, backward.h], axis=1))


def test_reversed_source_equals_a_source_written_backwards_and_its_carry_is_the_decoders_first():
    reverse, plain = shared("carry"), make("carry", reverse_source=False)
    backwards = jnp.array([[2, 6, 5, 4], [2, 7, 0, 0], [0, 0, 0, 0], [2, 8, 8, 0]])

    @jax.jit
    def run(src, backwards):
        layer, embed = plain.encoder.layer, plain.encoder.embed
        _, (last,) = layer(embed_tokens(embed, backwards), mask=backwards != PAD)
        return reverse.encode(src)[1].cells, plain.encode(backwards)[1].cells, last

    (carry,), (expected,), last = run(SRC, backwards)
    np.testing.assert_array_equal(carry.h, expected.h)
    np.testing.assert_array_equal(carry.h[2], 0)
    np.testing.assert_allclose(expected.h, last.h, atol=1e-6)
