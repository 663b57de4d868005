"""The encoder of frames: joins, padding, streams, and the existing decoder on top."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.layers import LSTM
from seqjax.models.encoder import Encoded
from seqjax.models.frame_encoder import FrameEncoder, Frames
from seqjax.models.pure import pure
from seqjax.models.speech import AttentionModel, CTCModel

B, S, D, H = 3, 13, 4, 5
RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(B, S, D)).astype(np.float32)
LENGTHS = np.array([13, 7, 0])
MASK = np.arange(S) < LENGTHS[:, None]


def encoder(joins=(2, 1), bidirectional=True, cell="lstm", dropout=0.0) -> FrameEncoder:
    options = {"cell": cell, "joins": joins, "bidirectional": bidirectional, "dropout": dropout}
    return random_module(lambda: FrameEncoder(D, H, **options, rngs=nnx.Rngs(0)))


@nnx.jit
def encode(model: FrameEncoder, features, mask) -> Encoded:
    return model(Frames(features, mask))


def test_without_joins_it_is_a_stack_of_layers():
    model = encoder((1, 1))
    stack = random_module(lambda: LSTM(D, H, num_layers=2, bidirectional=True, rngs=nnx.Rngs(0)), seed=1)
    for index, layer in enumerate(model.layers):
        stack.forward[index], stack.backward[index] = layer.forward[0], layer.backward[0]
    outputs, carry = nnx.jit(lambda stack, x, mask: stack(x, mask=mask))(stack, FEATURES, MASK)
    encoded = encode(model, FEATURES, MASK)
    np.testing.assert_allclose(encoded.outputs, outputs, atol=1e-6)
    np.testing.assert_array_equal(encoded.mask, MASK)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), encoded.carry, carry)
    np.testing.assert_allclose(encoded.vector, np.concatenate([carry[2].h, carry[3].h], axis=-1), atol=1e-6)


@pytest.mark.parametrize("joins", [(3,), (1, 2)])
def test_joined_steps_are_neighbours_side_by_side(joins):
    model = encoder(joins)
    encoded = encode(model, FEATURES, MASK)
    x, mask = np.where(MASK[..., None], FEATURES, 0), MASK
    for layer, join in zip(model.layers, joins, strict=True):
        steps = -(-x.shape[1] // join)
        joined = np.zeros((B, steps, join * x.shape[2]), np.float32)
        real = np.zeros((B, steps), bool)
        for time in range(x.shape[1]):
            step, place = divmod(time, join)
            joined[:, step, place * x.shape[2] : (place + 1) * x.shape[2]] = x[:, time]
            real[:, step] |= mask[:, time]
        y, _ = nnx.jit(lambda layer, x, mask: layer(x, mask=mask))(layer, joined, real)
        x, mask = np.asarray(y), real
    np.testing.assert_allclose(encoded.outputs, x, atol=1e-6)
    np.testing.assert_array_equal(encoded.mask, mask)
    assert encoded.outputs.shape[1] == model.outputs(S)
    assert encoded.mask.sum(axis=1).tolist() == [model.outputs(int(length)) for length in LENGTHS]


def test_padding_is_invisible_bitwise_also_in_gradients():
    apply, params = pure(encoder((2, 2)))
    noisy = np.where(MASK[..., None], FEATURES, np.nan)

    def loss(params, features):
        encoded = apply(params)(Frames(features, MASK))
        return jnp.sum(encoded.outputs**2) + jnp.sum(encoded.vector), encoded

    gradient_of = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))
    results = [gradient_of(params, each) for each in (FEATURES, noisy)]
    jax.tree.map(np.testing.assert_array_equal, *results)
    gradient = np.asarray(results[1][1][1])
    assert (gradient[~MASK] == 0).all()
    assert (np.abs(gradient[MASK]).max(axis=-1) > 0).all()


def test_a_row_alone_is_the_row_in_a_batch_and_wider_padding_changes_nothing():
    model = encoder((2, 1))
    encoded = encode(model, FEATURES, MASK)
    alone = encode(model, FEATURES[1:2, :8], MASK[1:2, :8])
    np.testing.assert_allclose(alone.outputs[0], encoded.outputs[1, :4], atol=1e-6)
    np.testing.assert_allclose(alone.vector[0], encoded.vector[1], atol=1e-6)


@pytest.mark.parametrize(("joins", "cell"), [((3, 1), "lstm"), ((2, 2), "gru")])
def test_steps_of_a_stream_are_the_whole(joins, cell):
    model = random_module(lambda: CTCModel(encoder(joins, bidirectional=False, cell=cell), 6, rngs=nnx.Rngs(0)))
    reduction = model.encoder.reduction
    whole = S - S % reduction
    whole_logits = nnx.jit(lambda model, features: model(Frames(features, np.ones((B, whole), bool)))[0])
    logits = whole_logits(model, FEATURES[:, :whole])
    step = nnx.jit(lambda model, carry, frames: model.step(carry, frames))
    carry, outputs = model.encoder.initial_carry(B), []
    for start in range(0, whole, reduction):
        carry, output = step(model, carry, FEATURES[:, start : start + reduction])
        outputs.append(output)
    np.testing.assert_allclose(np.stack(outputs, axis=1), logits, atol=1e-5)


def test_one_directional_encoder_does_not_look_ahead():
    model = encoder((2, 1), bidirectional=False)
    assert model.is_causal
    assert not encoder().is_causal
    changed = FEATURES.copy()
    changed[:, 6:] = 0
    full = np.ones((B, S), bool)
    one, two = encode(model, FEATURES, full).outputs, encode(model, changed, full).outputs
    np.testing.assert_array_equal(one[:, :3], two[:, :3])
    assert np.abs(np.asarray(one - two))[:, 3:].max() > 1e-3


@pytest.mark.slow
def test_dropout_needs_a_key():
    model = encoder(dropout=0.5)
    noisy = nnx.jit(lambda model, key: model(Frames(FEATURES, MASK), key=key).outputs)
    one, two = (noisy(model, jax.random.key(n)) for n in (0, 1))
    np.testing.assert_array_equal(encode(model, FEATURES, MASK).outputs, encode(encoder(), FEATURES, MASK).outputs)
    assert not np.array_equal(one, two)
    assert (np.asarray(one) == 0).mean() > 0.4


def test_decoder_with_attention_reads_no_padding():
    options = {"cell": "lstm", "embed_features": 3, "decoder_features": 4, "score": "general", "dropout": 0.0}
    model = random_module(lambda: AttentionModel(encoder((2, 1)), 7, **options, rngs=nnx.Rngs(0)))
    tokens = jnp.array([[1, 4, 5], [1, 6, 4], [1, 4, 4]])
    noisy = np.where(MASK[..., None], FEATURES, np.nan)

    @nnx.jit
    def decode(model, features):
        context, carry = model.encode(Frames(features, MASK))
        return model(Frames(features, MASK), tokens), model.step(context, carry, tokens[:, 0])[2]

    (logits, weights), (same, _) = decode(model, FEATURES), decode(model, noisy)
    assert logits.shape == (B, 3, 7)
    np.testing.assert_array_equal(logits, same)
    np.testing.assert_allclose(np.asarray(weights)[:2].sum(axis=1), 1, atol=1e-5)
    assert (np.asarray(weights)[1, 4:] == 0).all()


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match="joins must be one or more numbers"):
        encoder(())
    with pytest.raises(ValueError, match="joins must be one or more numbers"):
        encoder((2, 0))
    with pytest.raises(ValueError, match="cell must be one of"):
        encoder(cell="lstmm")
    model = encoder((1,))
    with pytest.raises(ValueError, match="step needs a layer that runs forwards"):
        model.step(model.initial_carry(B)[:1], jnp.asarray(FEATURES[:, :1]))
