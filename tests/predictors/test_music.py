"""The composer: its losses, and what a piece depends on."""

import jax
import numpy as np
import pytest
from flax import nnx
from numpy_oracle import sigmoid
from random_modules import random_module

from seqjax.data.music.batches import PieceBatch, piece_batch
from seqjax.data.music.pitches import KEYS
from seqjax.data.synthetic import progressions
from seqjax.models.frame_model import FrameModel
from seqjax.predictors.music import COMPOSED, Composer, apply_temperature

PIECES = [piece[:8] for piece in progressions(3).pieces]
STEPS = 6


@pytest.fixture(scope="module")
def composer() -> Composer:
    rates = {"frame_dropout": 0.0, "output_dropout": 0.5}
    return Composer(random_module(lambda: FrameModel(KEYS, cell="elman", hidden_features=8, **rates, rngs=nnx.Rngs(0))))


@pytest.fixture(scope="module")
def batch() -> PieceBatch:
    return piece_batch([PIECES[0], PIECES[1][:5]], 7, 3)


def test_frame_losses_equal_a_loop(composer, batch):
    params = composer.initial_params
    losses = np.asarray(jax.jit(composer.frame_losses)(params, batch))
    expected = np.zeros_like(losses)
    logits = composer.log_odds(params, [PIECES[0], PIECES[1][:5]])
    for row, length in enumerate(batch.lengths):
        for time in range(length):
            for key in range(KEYS):
                p = 1 / (1 + np.exp(-float(logits[row][time, key])))
                expected[row, time] -= np.log(p if batch.frames[row, time + 1, key] else 1 - p)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


def test_frame_losses_and_their_gradient_ignore_padding(composer, batch):
    noisy = batch._replace(frames=batch.frames.copy())
    for row, length in enumerate(batch.lengths):
        noisy.frames[row, length + 1 :] = 1
    assert not np.array_equal(noisy.frames, batch.frames)
    loss = jax.jit(jax.value_and_grad(lambda params, batch, key: composer.frame_losses(params, batch, key).sum()))
    clean, other = (loss(composer.initial_params, each, jax.random.key(0)) for each in (batch, noisy))
    jax.tree.map(np.testing.assert_array_equal, other, clean)


def test_compose_is_a_function_of_prompt_and_key(composer):
    """Two batches of prompts of two lengths, which are padded to one size."""
    prompts = [PIECES[n % 3][: 3 + (n % 5 == 0)] for n in range(COMPOSED + 6)]
    keys = jax.random.split(jax.random.key(0), len(prompts))
    params = composer.initial_params
    pieces = composer.compose(params, prompts, STEPS, 1.0, keys)
    for prompt, piece in zip(prompts, pieces, strict=True):
        assert len(piece) == len(prompt) + STEPS
        np.testing.assert_array_equal(piece[: len(prompt)], prompt)
    alone = composer.compose(params, prompts[7:8], STEPS, 1.0, keys[7:8])
    np.testing.assert_array_equal(alone[0], pieces[7])
    other = composer.compose(params, prompts[7:8], STEPS, 1.0, keys[8:9])
    assert not np.array_equal(other[0], pieces[7])
    assert composer.compose(params, [], STEPS, 1.0, keys[:0]) == []


def test_compose_near_temperature_0_takes_the_most_probable_keys(composer):
    params = composer.initial_params
    (piece,) = composer.compose(params, [PIECES[0][:4]], STEPS, 1e-6, jax.random.split(jax.random.key(0), 1))
    (logits,) = composer.log_odds(params, [piece])
    for sounds, odds in zip(piece[4:].astype(bool), logits[3:], strict=True):
        assert abs(sounds.sum() - sigmoid(odds).sum()) <= 1
        assert odds[sounds].min() > odds[~sounds].max()


@pytest.mark.parametrize("temperature", [0.01, 0.5, 1.0, 3.0])
def test_apply_temperature_keeps_the_expected_number_of_keys(temperature):
    logits = np.random.default_rng(0).normal(scale=4, size=(3, 88)) - np.array([[0.0], [5.0], [12.0]])
    logits = logits.astype(np.float32)

    @jax.jit
    def run(logits, temperature):
        shifted = apply_temperature(logits, temperature)
        return shifted, [jax.nn.sigmoid(each).sum(axis=1) for each in (shifted, logits)]

    shifted, numbers = jax.device_get(run(logits, temperature))
    np.testing.assert_allclose(*numbers, rtol=1e-3)
    np.testing.assert_array_equal(shifted.argsort(axis=1), logits.argsort(axis=1))
    if temperature == 1:
        np.testing.assert_allclose(shifted, logits, atol=1e-3)
