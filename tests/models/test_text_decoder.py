"""The decoder of text: several rows of a source, scheduled sampling, search, any encoder before it."""

from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module
from seq2seq_zoo import SRC, TGT_IN, T, make, outputs, shared

from seqjax.decoding import beam_search, greedy, sample
from seqjax.layers import GRU
from seqjax.losses import token_cross_entropy
from seqjax.models.bridge import Bridge
from seqjax.models.decoder import RecurrentDecoder
from seqjax.models.encoder import Encoded, last_hidden
from seqjax.models.seq2seq import EncoderDecoder
from seqjax.models.text_decoder import TextDecoder
from seqjax.tokens import BOS


def test_several_rows_of_a_source_stand_next_to_each_other():
    """As in a beam. With attention, the test of scores below shows it."""
    model = shared("vector")

    @jax.jit
    def run():
        context, carry = model.encode(SRC)
        tokens = jnp.stack([TGT_IN, jnp.roll(TGT_IN, 1, axis=0)], axis=1).reshape(-1, T)
        carry = jax.tree.map(lambda leaf: jnp.repeat(leaf, 2, axis=0), carry)
        return model.decoder.decode(context, carry, tokens)[1]

    np.testing.assert_allclose(run()[::2], outputs("vector").logits, atol=1e-6)


class Decodings(NamedTuple):
    """The sequences of three searches, and scores and attention of all with teacher forcing."""

    greedy: object
    sample: object
    beam: object
    forced: tuple


@cache
def decodings(name):
    graph, params = nnx.split(shared(name))

    @jax.jit
    def run(params, src, keys):
        model = nnx.merge(graph, params)
        context, carry = model.encode(src)
        step = partial(model.step, context)
        options = {"max_length": 6}
        beams = beam_search(step, carry, beam=3, n_best=3, length_penalty=0.6, **options)
        searches = greedy(step, carry, **options), sample(step, carry, keys, temperature=2.0, **options), beams
        rows = jnp.concatenate([*(each.tokens[:, None] for each in searches[:2]), beams.tokens], axis=1)  # [B, 5, T]
        tokens = rows.reshape(-1, rows.shape[-1])
        tgt_in = jnp.concatenate([jnp.full_like(tokens[:, :1], BOS), tokens[:, :-1]], axis=1)
        _, logits, weights = model.decoder.decode(
            context, jax.tree.map(lambda leaf: jnp.repeat(leaf, 5, axis=0), carry), tgt_in
        )
        forced = (
            -token_cross_entropy(logits, tokens).sum(axis=1).reshape(-1, 5),
            weights.reshape(-1, 5, *weights.shape[1:]),
        )
        return Decodings(*searches, forced)

    return partial(run, params)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["feeding"])
def test_scores_are_teacher_forced_log_probabilities_and_rows_do_not_depend_on_their_batch(name):
    run, keys = decodings(name), jax.random.split(jax.random.key(3), len(SRC))
    decoded = run(SRC, keys)
    searches = [decoded.greedy, decoded.sample]
    searches += [jax.tree.map(lambda leaf, n=n: leaf[:, n], decoded.beam) for n in range(3)]
    scores, weights = decoded.forced
    for n, each in enumerate(searches):
        np.testing.assert_allclose(each.scores, scores[:, n], atol=1e-5)
        real = (jnp.arange(6)[None] < each.lengths[:, None])[..., None]
        np.testing.assert_allclose(each.attention, jnp.where(real, weights[:, n], 0), atol=1e-6)
    # Alone in a batch of the same shape, and in another place. (Of another shape a program may round otherwise.)
    for row, place in ((0, 0), (1, 3)):
        alone = run(jnp.zeros_like(SRC).at[place].set(SRC[row]), keys.at[place].set(keys[row]))
        jax.tree.map(
            lambda a, b, at=(place, row): np.testing.assert_array_equal(a[at[0]], b[at[1]]), alone[:3], decoded[:3]
        )


@pytest.mark.parametrize("name", ["carry", pytest.param("attention", marks=pytest.mark.slow)])
def test_scheduled_sampling_at_rate_0_is_teacher_forcing_and_at_rate_1_reads_samples(name):
    """The logits are so large that a sample is the most likely token."""
    model = make(name)
    graph, params = nnx.split(model)
    run = jax.jit(lambda params, rate: nnx.merge(graph, params)(SRC, TGT_IN, key=jax.random.key(0), sampling_rate=rate))
    np.testing.assert_allclose(run(params, jnp.float32(0)), outputs(name).logits, atol=1e-6)

    model.decoder.output.kernel[...] = 1e5 * model.decoder.output.kernel[...]
    params = nnx.split(model)[1]

    @jax.jit
    def loop(params):
        model = nnx.merge(graph, params)
        context, carry = model.encode(SRC)

        def step(state, _):
            carry, token = state
            carry, last, *_ = model.step(context, carry, token)
            return (carry, jnp.argmax(last, axis=-1)), last

        _, logits = jax.lax.scan(step, (carry, TGT_IN[:, 0]), length=T)
        return jnp.swapaxes(logits, 0, 1)

    sampled = run(params, jnp.float32(1))
    np.testing.assert_allclose(sampled, loop(params), rtol=1e-4, atol=0.1)
    assert not np.allclose(sampled, run(params, jnp.float32(0)), atol=10)


def test_scheduled_sampling_needs_a_key():
    with pytest.raises(ValueError, match="key must be given, not None, with sampling_rate"):
        shared("carry")(SRC, TGT_IN, sampling_rate=0.5)


class FrameEncoder(nnx.Module):
    """A recurrent layer over frames, of which a decoder gets no carry."""

    def __init__(self, rngs):
        self.layer = GRU(3, 6, rngs=rngs)

    def __call__(self, source, *, key=None):
        """Encodes frames ``[B, S, 3]`` with their mask."""
        frames, mask = source
        outputs, carry = self.layer(frames, mask=mask, key=key)
        return Encoded(outputs, last_hidden(self.layer, carry), mask, None)


def frame_model(rngs):
    """Frames to text, put together from parts, with another cell in the decoder."""
    recurrent = RecurrentDecoder(
        4,
        7,
        6,
        7,
        cell="lstm",
        num_layers=1,
        conditioning="attention",
        score="general",
        input_feeding=False,
        dropout=0.0,
        rngs=rngs,
    )
    bridge = Bridge(recurrent.stack.cell.Carry, 1, 6, 7, rngs=rngs)
    output = nnx.Linear(7, 8, rngs=rngs)
    return EncoderDecoder(
        FrameEncoder(rngs), TextDecoder(nnx.Embed(8, 4, rngs=rngs), recurrent, bridge=bridge, output=output)
    )


def test_any_encoder_fits_before_the_decoder():
    """Frames to text: a beam's scores are those of teacher forcing, and padding is invisible."""
    model = random_module(lambda: frame_model(nnx.Rngs(0)))
    frames = jnp.asarray(np.random.default_rng(0).normal(size=(2, 5, 3)), jnp.float32)
    mask = jnp.asarray(np.arange(5) < np.array([[5], [3]]))

    @jax.jit
    def run(frames):
        context, carry = model.encode((frames, mask))
        beams = beam_search(partial(model.step, context), carry, beam=2, max_length=4)
        tokens = beams.tokens[:, 0]
        tgt_in = jnp.concatenate([jnp.full_like(tokens[:, :1], BOS), tokens[:, :-1]], axis=1)
        return beams, -token_cross_entropy(model((frames, mask), tgt_in), tokens).sum(axis=1)

    beams, scores = run(frames)
    np.testing.assert_allclose(beams.scores[:, 0], scores, atol=1e-5)
    assert beams.attention.shape == (2, 1, 4, 5)
    assert not np.any(beams.attention[1, ..., 3:])
    poisoned = jnp.asarray(np.where(mask[..., None], frames, np.float32(np.nan)))
    jax.tree.map(np.testing.assert_array_equal, run(poisoned), (beams, scores))


def test_an_encoder_without_a_carry_needs_a_bridge():
    decoder = shared("carry").decoder
    assert decoder.bridge is None
    with pytest.raises(ValueError, match="bridge must be given, not None, for an encoder that returns no carry"):
        decoder.start(Encoded(jnp.zeros((2, 5, 6)), jnp.zeros((2, 6)), jnp.ones((2, 5), bool), None))
