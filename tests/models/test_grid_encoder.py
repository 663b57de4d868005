"""Encoders of pictures and clips against NumPy loops, and the models of captions that they are part of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.models.captioner import Captioner, attention_penalty
from seqjax.models.grid_encoder import PATCH, Clips, Grid, grid_side, largest
from seqjax.models.pure import pure
from seqjax.tokens import BOS, PAD

SIZE, TOKENS = 12, 9
VARIANTS = {"frames": {"conditioning": "attention"}, "s2vt": {"conditioning": "carry"}}


def captioner(reader: str, **options) -> Captioner:
    options = {"channels": (3, 4), "cell": "lstm", "score": "general", "input_feeding": False, "dropout": 0.0} | options
    widths = {"frame_features": 5, "embed_features": 3, "decoder_features": 6}
    return random_module(
        lambda: Captioner(TOKENS, size=SIZE, reader=reader, **widths, **options, rngs=nnx.Rngs(params=0)),
        seed=6,  # with some others all units of a layer are 0 for every frame
    )


def clips(frames: int, mask=None) -> Clips:
    pixels = np.random.default_rng(0).integers(0, 256, (2, frames, SIZE, SIZE, 3), dtype=np.uint8)
    return Clips(pixels, np.ones((2, frames), bool) if mask is None else np.array(mask))


def normalised(y: np.ndarray, norm: nnx.LayerNorm) -> np.ndarray:
    mean, variance = y.mean(axis=-1, keepdims=True), y.var(axis=-1, keepdims=True)
    return np.maximum(
        (y - mean) / np.sqrt(variance + 1e-6) * np.asarray(norm.scale[...]) + np.asarray(norm.bias[...]), 0
    )


def test_grid_is_two_convolutions_position_by_position():
    grid = random_module(lambda: Grid((3, 4), rngs=nnx.Rngs(0)))
    (picture,) = clips(1).pixels[0]
    x = picture / 127.5 - 1
    first, second = (np.asarray(layer.kernel[...], np.float64) for layer in grid.layers)
    biases = [np.asarray(layer.bias[...], np.float64) for layer in grid.layers]
    places = SIZE // PATCH
    y = np.zeros((places, places, 3))
    for row in range(places):
        for column in range(places):
            patch = x[PATCH * row : PATCH * (row + 1), PATCH * column : PATCH * (column + 1)]
            y[row, column] = np.einsum("ijc,ijcd->d", patch, first)
    y = normalised(y + biases[0], grid.norms[0])
    padded = np.pad(y, ((1, 1), (1, 1), (0, 0)))  # 3 positions with stride 2 need one of padding at each end
    z = np.zeros((2, 2, 4))
    for row in range(2):
        for column in range(2):
            z[row, column] = np.einsum(
                "ijc,ijcd->d", padded[2 * row : 2 * row + 3, 2 * column : 2 * column + 3], second
            )
    z = normalised(z + biases[1], grid.norms[1])
    np.testing.assert_allclose(jax.jit(grid)(x[None].astype(np.float32))[0], z, atol=1e-5)
    assert grid_side(SIZE) == 2
    assert [grid_side(size) for size in (8, 9, 48)] == [1, 2, 6]
    with pytest.raises(ValueError, match="channels must be two or more"):
        Grid((3,), rngs=nnx.Rngs(0))


def test_largest_has_a_gradient_where_positions_are_equal():
    y = jnp.array([[1.0, 5.0], [3.0, 5.0], [3.0, 2.0]])
    value, gradient = jax.value_and_grad(lambda y: largest(y) @ jnp.array([1.0, 10.0]))(y)
    assert value == 53
    np.testing.assert_array_equal(gradient, [[0, 10], [1, 0], [0, 0]])


def test_picture_is_its_positions_and_their_mean():
    encoder = captioner("grid", conditioning="vector").encoder
    source = clips(1)
    encoded = jax.jit(encoder)(source)
    pixels = source.pixels[:, 0].astype(np.float32) / 127.5 - 1
    grid = np.asarray(jax.jit(encoder.grid)(pixels))
    expected = grid.reshape(2, 4, 4) + np.asarray(encoder.places[...])
    np.testing.assert_allclose(encoded.outputs, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(encoded.vector, expected.mean(axis=1), rtol=1e-5)
    assert encoded.carry is None
    assert encoded.mask.all()


def test_frame_is_its_positions_and_their_maximum_with_the_change_beside_it():
    frames = captioner("frames", conditioning="vector").encoder.frames
    source = clips(3, [[True] * 3, [True, True, False]])
    x = 1 - source.pixels / 255
    pixels = np.zeros((2, 3, SIZE, SIZE, 6), np.float32)
    for time in range(3):
        pixels[:, time, ..., :3] = x[:, time]
        pixels[:, time, ..., 3:] = x[:, time] - x[:, max(time - 1, 0)]
    found, mask = jax.jit(frames)(source)
    assert np.ptp(found[0], axis=0).max() > 0.1, "frames must differ for this test to see which is which"
    grid = jax.jit(frames.grid)
    np.testing.assert_array_equal(mask, source.mask)
    kernel, bias = (np.asarray(each[...]) for each in (frames.linear.kernel, frames.linear.bias))
    for row in range(2):
        grids = np.asarray(grid(pixels[row])).reshape(3, 4, 4)
        for time in range(3):
            y = np.concatenate([grids[time].reshape(-1), grids[time].max(axis=0)])
            expected = np.maximum(y @ kernel + bias, 0) if source.mask[row, time] else 0
            np.testing.assert_allclose(found[row, time], np.broadcast_to(expected, 5), atol=1e-3)


def test_clip_is_what_is_read_and_the_largest_looks_of_each_frame():
    encoder = captioner("frames", conditioning="vector").encoder
    source = clips(3, [[True] * 3, [True, True, False]])
    encoded = encoder(source)
    h, carry = encoder.layer(encoder.frames(source)[0], mask=jnp.asarray(source.mask))
    np.testing.assert_array_equal(encoded.outputs[..., :10], h)
    looks = np.zeros((2, 3, 8))
    x = 1 - source.pixels / 255
    for row, time in np.argwhere(source.mask):
        y = np.asarray(encoder.looks(jnp.asarray(x[row, time][None], jnp.float32)))[0]
        change = np.abs(x[row, time] - x[row, max(time - 1, 0)])
        w = np.zeros((2, 2, 1))  # 12 pixels are padded by 2 on each side, which count in the mean
        for i, j in np.ndindex(2, 2):
            w[i, j] = change[6 * i : 6 * i + 6, 6 * j : 6 * j + 6].mean()
        looks[row, time] = np.concatenate([y.max(axis=(0, 1)), (y * (w / max(w.max(), 1e-9))).max(axis=(0, 1))])
    np.testing.assert_allclose(encoded.outputs[..., 10:], looks, atol=1e-5)
    np.testing.assert_allclose(encoded.vector[:, 10:], looks.max(axis=1), atol=1e-5)
    np.testing.assert_array_equal(encoded.vector[:, :10], np.concatenate([each.h for each in carry], axis=-1))


def test_motion_of_whole_clips_is_hidden_in_training_but_not_their_looks():
    encoder = captioner("frames", conditioning="vector", motion_dropout=0.5).encoder
    source = clips(3)
    seen = encoder(source)
    hidden = [encoder(source, key=jax.random.key(seed)) for seed in range(8)]
    kinds = set()
    for each in hidden:
        np.testing.assert_array_equal(each.outputs[..., 10:], seen.outputs[..., 10:])
        for row in range(2):
            read = [
                each.outputs[row, :, :10],
                each.vector[row, :10],
                *(leaf[row] for leaf in jax.tree.leaves(each.carry)),
            ]
            full = [
                seen.outputs[row, :, :10],
                seen.vector[row, :10],
                *(leaf[row] for leaf in jax.tree.leaves(seen.carry)),
            ]
            is_hidden = not np.any(read[0])
            kinds.add(is_hidden)
            for found, expected in zip(read, full, strict=True):
                np.testing.assert_array_equal(found, 0 * expected if is_hidden else expected)
    assert kinds == {True, False}


@pytest.fixture(scope="module", params=VARIANTS)
def model(request):
    """The name of a variant, its function of parameters, its parameters, and its compiled logits."""
    forward, params = pure(captioner(request.param, **VARIANTS[request.param]))
    logits = jax.jit(lambda params, source, tokens: forward(params).logits_and_weights(source, tokens))
    return request.param, forward, params, logits


TGT = jnp.array([[BOS, 4, 5, 6], [BOS, 7, PAD, PAD]])


def test_step_by_step_gives_the_logits_of_all_steps(model):
    name, forward, params, logits = model
    source = clips(3)
    together, weights = logits(params, source, TGT)
    context, carry = jax.jit(lambda params, source: forward(params).encode(source))(params, source)
    step = jax.jit(lambda params, *state: forward(params).step(*state))
    for time in range(TGT.shape[1]):
        carry, each, *attention = step(params, context, carry, TGT[:, time])
        np.testing.assert_allclose(each, together[:, time], atol=1e-5)
        if attention:
            np.testing.assert_allclose(attention[0], weights[:, time], atol=1e-6)
    assert (weights is None) == (name == "s2vt")
    if weights is not None:
        np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)


def test_frames_of_padding_do_not_matter(model):
    _, _, params, logits = model
    source = clips(3, [[True, True, False], [True, True, True]])
    pixels = np.where(source.mask[..., None, None, None], source.pixels.astype(np.float32), np.nan)
    before, after = (logits(params, Clips(jnp.asarray(each, jnp.float32), source.mask), TGT)[0]
                     for each in (source.pixels, pixels))  # fmt: skip
    np.testing.assert_array_equal(before, after)
    assert np.isfinite(after).all()
    shorter = logits(params, Clips(source.pixels[:1, :2], source.mask[:1, :2]), TGT[:1])[0]
    np.testing.assert_allclose(shorter[0], after[0], atol=1e-5)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm(layer, x: np.ndarray, carry: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    (cell,) = layer.forward
    params = cell.as_tuple()
    w_x, w_h, b = (np.asarray(each, np.float64) for each in (params.w_x, params.w_h, params.b))
    h, c = carry
    i, f, g, o = np.split(x @ w_x + h @ w_h + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def test_s2vt_is_one_stack_that_reads_and_then_writes():
    """Venugopalan et al. 2015, figure 2, as a loop: zeros in place of the word, then of the frame."""
    module = captioner("s2vt", conditioning="carry")
    source = clips(3)
    frames, _ = jax.jit(module.encoder.frames)(source)
    recurrent, text = module.decoder.recurrent, module.decoder
    assert module.encoder.recurrent is recurrent
    bottom = top = (np.zeros(6), np.zeros(6))
    for frame in np.asarray(frames, np.float64)[0]:
        bottom = lstm(recurrent.bottom, frame, bottom)
        top = lstm(recurrent.stack, np.concatenate([np.zeros(3), bottom[0]]), top)
    expected = []
    for token in TGT[0]:
        bottom = lstm(recurrent.bottom, np.zeros(5), bottom)
        word = np.asarray(text.embed.embedding[...])[token]
        top = lstm(recurrent.stack, np.concatenate([word, bottom[0]]), top)
        expected.append(top[0] @ np.asarray(text.output.kernel[...]) + np.asarray(text.output.bias[...]))
    np.testing.assert_allclose(jax.jit(module)(source, TGT)[0], expected, atol=1e-5)
    params = pure(module)[1]
    assert len(jax.tree.leaves(params)) == len(jax.tree.leaves(nnx.to_pure_dict(nnx.state(module, nnx.Param))))


def test_attention_penalty_is_the_sum_over_positions():
    rng = np.random.default_rng(0)
    weights, mask = rng.random((3, 4, 5)), rng.random((3, 5)) < 0.7
    tokens = np.array([[4, 5, 6, 2], [4, 2, PAD, PAD], [PAD] * 4])
    expected = []
    for row in range(3):
        looked = [sum(weights[row, t, s] for t in range(4) if tokens[row, t] != PAD) for s in range(5)]
        expected.append(sum((1 - each) ** 2 for s, each in enumerate(looked) if mask[row, s]))
    expected[2] = 0.0
    weights[2] = np.nan
    found = jax.jit(attention_penalty)(weights.astype(np.float32), tokens, mask)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_options_that_exclude_each_other_are_refused():
    with pytest.raises(ValueError, match="reader must be one of"):
        captioner("photo", conditioning="carry")
    with pytest.raises(ValueError, match="conditioning must be 'carry' with reader='s2vt'"):
        captioner("s2vt", conditioning="attention")
    with pytest.raises(ValueError, match="cell must be one of"):
        captioner("grid", conditioning="vector", cell="gated")
