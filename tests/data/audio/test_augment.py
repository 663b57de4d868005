"""Augmentation: noise has its spectrum and level, speed its length, masks their sizes."""

import numpy as np
import pytest

from seqjax.data.audio.augment import NOISES, add_noise, babble, change_speed, mask_blocks, noise, speed_length

RATE = 8000


@pytest.mark.parametrize(("kind", "slope"), NOISES.items())
def test_power_of_noise_falls_with_its_slope(kind, slope):
    wave = noise(1 << 16, slope, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(wave.astype(float))) ** 2
    low, high = power[100:200].mean(), power[3200:6400].mean()
    assert np.log(low / high) / np.log(32) == pytest.approx(slope, abs=0.15), kind
    assert np.mean(wave**2) == pytest.approx(1, rel=1e-4)
    assert len(noise(1001, slope, np.random.default_rng(0))) == 1001


@pytest.mark.parametrize("decibels", [-5.0, 0.0, 10.0])
def test_noise_is_added_at_its_ratio(decibels):
    rng = np.random.default_rng(0)
    signal, added = rng.normal(0, 0.3, 5000).astype(np.float32), noise(5000, 0.0, rng)
    rest = add_noise(signal, added, decibels) - signal
    assert 10 * np.log10(np.mean(signal**2) / np.mean(rest**2)) == pytest.approx(decibels, abs=1e-3)


def test_babble_is_the_sum_of_voices_as_long_as_needed():
    np.testing.assert_array_equal(babble([np.array([1.0, 2.0]), np.array([10.0])], 5), [11, 12, 11, 12, 11])


def test_speed_changes_length_and_pitch_of_samples():
    tone = np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE).astype(np.float32)
    fast = change_speed(tone, 125)
    assert len(fast) == RATE * 100 // 125
    assert np.abs(np.fft.rfft(fast)).argmax() * RATE / len(fast) == pytest.approx(625, abs=2)
    assert change_speed(tone, 100) is tone


def test_speed_interpolates_frames():
    frames = np.stack([np.arange(11.0), -np.arange(11.0)], axis=1).astype(np.float32)
    slow = change_speed(frames, 50)
    assert slow.shape == (22, 2)
    np.testing.assert_allclose(slow[:, 0], np.linspace(0, 10, 22), rtol=1e-5)
    np.testing.assert_allclose(slow[:, 1], -slow[:, 0])
    np.testing.assert_array_equal(change_speed(frames[:1], 50), frames[[0, 0]])


@pytest.mark.parametrize("percent", [50, 75, 90, 100, 112, 133, 200])
def test_length_at_another_speed_is_known_beforehand(percent):
    for length in (1, 2, 399, 400, 401, 5003):
        assert speed_length(np.zeros(length), percent) == len(change_speed(np.zeros(length, np.float32), percent))
        assert speed_length(np.zeros((length, 3)), percent) == len(change_speed(np.zeros((length, 3)), percent))


def test_masks_are_blocks_of_at_most_their_size():
    frames = np.ones((50, 20), np.float32)
    widths = []
    for seed in range(30):
        masked = mask_blocks(frames, np.random.default_rng(seed), time=(1, 8), features=(1, 5))
        rows, columns = (masked == 0).all(axis=1), (masked == 0).all(axis=0)
        np.testing.assert_array_equal(masked == 0, rows[:, None] | columns)
        for blocked in (rows, columns):
            assert np.abs(np.diff(np.pad(blocked, 1).astype(int))).sum() in (0, 2), "one block"
        widths.append((rows.sum(), columns.sum()))
    assert np.max(widths, axis=0).tolist() == [8, 5]
    assert (frames == 1).all(), "the input is left as it is"


def test_a_mask_of_time_covers_a_fifth_at_most():
    frames = np.ones((10, 4), np.float32)
    masked = [mask_blocks(frames, np.random.default_rng(n), time=(1, 100), features=(0, 0)) for n in range(40)]
    assert max((each == 0).all(axis=1).sum() for each in masked) == 2


def test_equal_generators_augment_equally():
    frames = np.random.default_rng(0).normal(size=(30, 8)).astype(np.float32)
    one, two = (mask_blocks(frames, np.random.default_rng(3), time=(2, 9), features=(2, 3)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
