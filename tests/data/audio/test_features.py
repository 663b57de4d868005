"""Features against their formulas, written out as sums."""

import numpy as np
import pytest

from seqjax.data.audio.features import FLOOR, MEL_FILTERS, Features, mel_filters, normalised

RATE = 8000
WAVE = np.random.default_rng(0).normal(0, 0.1, 700).astype(np.float32)


def power_by_formula(wave: np.ndarray, window: int, hop: int, bins: int) -> np.ndarray:
    """The discrete Fourier transform as a matrix of exponentials."""
    hann = np.array([0.5 - 0.5 * np.cos(2 * np.pi * n / window) for n in range(window)])
    k, n = np.arange(bins)[:, None], np.arange(window)[None]
    transform = np.exp(-2j * np.pi * k * n / (2 * (bins - 1)))
    starts = range(0, len(wave) - window + 1, hop)
    frames = np.stack([wave[start : start + window] * hann for start in starts])
    return np.abs(frames @ transform.T) ** 2 / np.sum(hann**2)


def filter_by_formula(index: int, count: int, frequency: float, rate: int) -> float:
    """The height of a triangle on the mel scale at a frequency."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    low, middle, high = (700 * (10 ** (top * (index + n) / (count + 1) / 2595) - 1) for n in range(3))
    if low < frequency <= middle:
        return (frequency - low) / (middle - low)
    return (high - frequency) / (high - middle) if middle < frequency < high else 0.0


def log_mel_by_formula(filters: int) -> np.ndarray:
    power = power_by_formula(WAVE, 200, 80, 129)
    weights = [[filter_by_formula(d, filters, RATE / 2 * k / 128, RATE) for k in range(129)] for d in range(filters)]
    return np.log(power @ np.array(weights).T + FLOOR)


def test_log_mel_is_its_formula():
    features = Features("log_mel", 23, RATE)(WAVE)
    assert features.shape == (7, 23)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, log_mel_by_formula(23), atol=1e-4)


def test_cepstral_coefficients_are_cosine_sums_of_log_mel():
    log_mel = log_mel_by_formula(MEL_FILTERS)
    d = np.arange(MEL_FILTERS)
    expected = [np.sqrt(2 / MEL_FILTERS) * log_mel @ np.cos(np.pi * c * (d + 0.5) / MEL_FILTERS) for c in range(13)]
    expected[0] /= np.sqrt(2)
    np.testing.assert_allclose(Features("mfcc", 13, RATE)(WAVE), np.stack(expected, axis=1), atol=1e-4)


def test_filters_are_triangles_of_height_one_that_add_up_to_one_between_the_outer_ones():
    filters = mel_filters(10, 2049, 16000)
    frequencies = np.linspace(0, 8000, 2049)
    peaks = filters.argmax(axis=1)
    assert (np.diff(peaks) > 0).all()
    np.testing.assert_allclose(filters.max(axis=1), 1, atol=0.05)
    inside = (frequencies > frequencies[peaks[0]] + 5) & (frequencies < frequencies[peaks[-1]] - 5)
    np.testing.assert_allclose(filters.sum(axis=0)[inside], 1, atol=1e-5)


@pytest.mark.parametrize("samples", [1, 199, 200, 279, 280, 8000])
def test_number_of_frames_is_known_beforehand(samples):
    features = Features("log_mel", 8, RATE)
    assert len(features(np.zeros(samples, np.float32))) == features.frames(samples)


def test_a_tone_is_loudest_in_its_own_filter():
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    loudest = Features("log_mel", 20, RATE)(tone).mean(axis=0).argmax()
    assert filter_by_formula(int(loudest), 20, 1000, RATE) >= 0.5


def test_normalised_features_have_mean_0_and_deviation_1_whatever_the_loudness():
    features = Features("log_mel", 8, RATE)
    frames = normalised(features(WAVE))
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(frames.std(axis=0), 1, atol=1e-4)
    np.testing.assert_allclose(normalised(features(2 * WAVE)), frames, atol=0.05)
    np.testing.assert_array_equal(normalised(np.ones((4, 3), np.float32)), 0)
    given = normalised(np.ones((4, 2), np.float32), np.zeros(2), np.array([0.5, 2]))
    np.testing.assert_allclose(given, np.tile([2, 0.5], (4, 1)))


def test_options_out_of_range_are_refused():
    with pytest.raises(ValueError, match="'log_mel', 'mfcc', not 'mel'"):
        Features("mel", 8, RATE)
    with pytest.raises(ValueError, match="size must be at most 40"):
        Features("mfcc", 41, RATE)
