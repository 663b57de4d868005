"""The music task: what it refuses, what it measures, what it composes."""

from math import log

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import music_bach
from experiments.registry import build_task
from experiments.tasks.music.task import Music, batches, by_distance, gather, rising_widths
from seqjax.data.music.midi import write_midi
from seqjax.data.music.pitches import KEYS
from seqjax.errors import InputError
from seqjax.predictors.music import cooled

pytestmark = pytest.mark.usefixtures("quick_compilation")


@pytest.fixture(scope="module")
def task() -> Music:
    config = music_bach.get_config("quick")
    return Music(config.data, config.model, seed=0)


@pytest.fixture(scope="module")
def silent(task: Music):
    """Parameters with which every key is as likely to sound as not."""
    return jax.tree.map(jnp.zeros_like, task.initial_params)


def test_what_knows_nothing_costs_88_bits_a_frame(task, silent):
    assert task.validate(silent)["loss"] == pytest.approx(KEYS * log(2), rel=1e-5)
    assert float(task.loss(silent, task.train_batch(0), None)) == pytest.approx(KEYS * log(2), rel=1e-5)


def test_the_loss_is_that_of_a_loop(task):
    batch, params = task.train_batch(0), task.initial_params
    logits = np.asarray(task.model.logits(params, batch, None), np.float64)
    nats, count = 0.0, 0
    for row, length in enumerate(batch.lengths):
        for time in range(length):
            count += 1
            for key in range(KEYS):
                p = 1 / (1 + np.exp(-logits[row, time, key]))
                nats -= np.log(p if batch.frames[row, time + 1, key] else 1 - p)
    assert float(task.loss(params, batch, None)) == pytest.approx(nats / count, rel=1e-5)


def test_padding_is_invisible_to_the_loss_and_its_gradient(task):
    batch = task.train_batch(0)
    noisy = batch._replace(frames=batch.frames.copy())
    for row, length in enumerate(batch.lengths):
        noisy.frames[row, length + 1 :] = 1
    assert not np.array_equal(noisy.frames, batch.frames)
    step = jax.jit(jax.value_and_grad(task.loss))
    there, other = (step(task.initial_params, each, jax.random.key(0)) for each in (batch, noisy))
    jax.tree.map(np.testing.assert_array_equal, other, there)


def test_validation_is_the_mean_over_frames_of_whole_pieces(task):
    part = task.parts[1]
    seen = [row for _, rows in batches(part) for row in rows]
    assert sorted(seen) == list(range(len(part)))
    whole = gather(list(part.pieces), int(part.lengths.max()), len(part))
    mean = float(task.loss(task.initial_params, whole, None))
    assert task.validate(task.initial_params)["loss"] == pytest.approx(mean, rel=1e-5)


def test_training_pieces_are_transposed_and_drawn_alike_each_time(task):
    config = music_bach.get_config("quick")
    again, still = Music(config.data, config.model, seed=0), None
    jax.tree.map(np.testing.assert_array_equal, again.train_batch(3), task.train_batch(3))
    config.data.transpose = (0, 0)
    still = Music(config.data, config.model, seed=0)
    moved, fixed = task.train_batch(3).frames, still.train_batch(3).frames
    assert not np.array_equal(moved, fixed)
    np.testing.assert_array_equal(moved.sum(axis=2), fixed.sum(axis=2))


def test_widths_hold_every_piece():
    lengths = np.array([3, 8, 9, 20, 21, 60])
    assert rising_widths(lengths, 1) == (64,)
    assert rising_widths(lengths, 3) == (8, 24, 64)
    assert rising_widths(np.array([5, 5]), 3) == (8,)


def test_the_loss_by_distance():
    truth = [np.ones((10, 1)), np.ones((3, 1))]
    odds = [np.zeros((10, 1)), np.full((3, 1), 1000.0)]
    curve = by_distance(odds, truth)
    assert list(curve) == [4, 8, 16]
    assert curve == pytest.approx({4: log(2) * 4 / 7, 8: log(2), 16: log(2)})


def test_the_same_seed_is_the_same_piece_whatever_else_is_composed(task):
    starts = [task.parts[2].pieces[n % 3][: 1 + n % 2] for n in range(20)]
    keys = jax.random.split(jax.random.key(0), 20)
    params = task.initial_params
    pieces = task.model.compose(params, starts, 6, 1.0, keys)
    for start, piece in zip(starts, pieces, strict=True):
        assert len(piece) == len(start) + 6
        np.testing.assert_array_equal(piece[: len(start)], start)
    alone = task.model.compose(params, starts[7:8], 6, 1.0, keys[7:8])
    np.testing.assert_array_equal(alone[0], pieces[7])
    other = task.model.compose(params, starts[7:8], 6, 1.0, keys[8:9])
    assert not np.array_equal(other[0], pieces[7])
    assert task.model.compose(params, [], 6, 1.0, keys[:0]) == []


@pytest.mark.parametrize("temperature", [0.01, 0.5, 1.0, 3.0])
def test_a_temperature_leaves_the_number_of_keys(temperature):
    logits = 4 * jax.random.normal(jax.random.key(0), (3, 88)) - jnp.array([[0.0], [5.0], [12.0]])
    found = cooled(logits, temperature)
    np.testing.assert_allclose(jax.nn.sigmoid(found).sum(axis=1), jax.nn.sigmoid(logits).sum(axis=1), rtol=1e-3)
    np.testing.assert_array_equal(found.argsort(axis=1), logits.argsort(axis=1))
    if temperature == 1:
        np.testing.assert_allclose(found, logits, atol=1e-3)


def test_near_temperature_0_the_likeliest_sound(task):
    start, params = task.parts[2].pieces[0][:2], task.initial_params
    (piece,) = task.model.compose(params, [start], 6, 1e-6, jax.random.split(jax.random.key(0), 1))
    logits = np.asarray(task.model.logits(params, gather([piece], len(piece) - 1, 1), None))[0, 1:]
    for said, odds in zip(piece[2:].astype(bool), logits, strict=True):
        assert abs(said.sum() - float(jax.nn.sigmoid(odds).sum())) <= 1
        assert odds[said].min() > odds[~said].max()


def test_a_bad_value_is_one_sentence(tmp_path):
    write_midi(tmp_path / "a.mid", np.eye(88, dtype=np.uint8), 2, tempo=100.0)
    (tmp_path / "b.txt").write_text("no music")
    cases = [
        ({"data.path": ""}, "'data.path' is empty; name a .mat file or a folder"),
        ({"data.path": str(tmp_path / "absent")}, "is not there; give a .mat file or a folder of MIDI files"),
        ({"data.path": str(tmp_path / "b.txt")}, "is no .mat file and no folder of MIDI files"),
        ({"data.path": str(tmp_path / "absent.mat")}, "there is no file"),
        ({"data.path": str(tmp_path)}, "has 1 pieces, none of them in the"),
        ({"data.split": (0.5, 0.5)}, "'data.split' is (0.5, 0.5), but must be three shares"),
        ({"data.transpose": (1, 2)}, "'data.transpose' is (1, 2), but must be two numbers of semitones"),
        ({"data.frames_per_quarter": 0}, "'data.frames_per_quarter' is 0, but must be at least 1"),
        ({"data.frames_per_quarter": 49}, "'data.frames_per_quarter' is 49, but must be at most 48"),
        ({"data.widths": 0}, "'data.widths' is 0"),
        ({"data.batch_size": 0}, "'data.batch_size' is 0"),
        ({"model.cell": "lstmm"}, "did you mean 'lstm'"),
        ({"model.hidden_features": 0}, "'model.hidden_features' is 0"),
        ({"model.frame_dropout": 1.0}, "frame_dropout must be"),
        ({"seed": -1}, "'seed' is -1, but must be at least 0"),
    ]
    for keys, sentence in cases:
        config = music_bach.get_config("quick")
        config.update_from_flattened_dict(dict(keys))
        with pytest.raises(InputError) as error:
            build_task(config)
        assert sentence in str(error.value)
        assert "\n" not in str(error.value)
