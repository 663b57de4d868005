"""Augmentation of speech: noise, speed, and masks of time and frequency. Random numbers come from a given generator."""

from collections.abc import Sequence

import numpy as np

NOISES = {"white": 0.0, "pink": 1.0, "brown": 2.0}  # the power at frequency f is proportional to f^-slope
VOICES = 4  # in babble
LARGEST_SHARE = 0.2  # of an utterance that one mask of time may cover (Park et al. 2019, section 2: the bound p)


def noise(samples: int, slope: float, rng: np.random.Generator) -> np.ndarray:
    """Random noise ``float32 [samples]`` whose power falls with the frequency f as f^-slope; its mean square is 1."""
    from scipy.fft import irfft

    size = 1 << max(samples - 1, 1).bit_length()  # a power of two, which is transformed fast
    frequencies = np.maximum(np.arange(size // 2 + 1), 1, dtype=np.float32)
    shape = frequencies ** np.float32(-slope / 2)
    spectrum = rng.standard_normal((2, size // 2 + 1), dtype=np.float32) * shape
    spectrum[:, 0] = 0
    wave = irfft(spectrum[0] + np.complex64(1j) * spectrum[1], size)[:samples].astype(np.float32)
    return np.asarray(wave / np.float32(max(_root_mean_square(wave), 1e-12)))


def babble(voices: Sequence[np.ndarray], samples: int) -> np.ndarray:
    """Noise ``float32 [samples]`` of voices that speak at the same time: their sum, each repeated as long as needed."""
    return np.asarray(np.sum([np.resize(voice, samples) for voice in voices], axis=0), np.float32)


def add_noise(samples: np.ndarray, noise: np.ndarray, decibels: float) -> np.ndarray:
    """Adds noise ``[N]`` to samples ``[N]`` at a ratio of signal to noise in decibels: 10 log10 of the powers'."""
    level = _root_mean_square(samples) / max(_root_mean_square(noise), 1e-12) * 10 ** (-decibels / 20)
    return (samples + np.float32(level) * noise).astype(np.float32)


def change_speed(sound: np.ndarray, percent: int) -> np.ndarray:
    """A sound at so many percent of its speed; of samples the pitch changes with it (Ko et al. 2015).

    Args:
      sound: Samples ``[N]``, which are resampled, or frames ``[T, D]``, which are interpolated along time.
      percent: 100 for no change.
    """
    if percent == 100:
        return sound
    if sound.ndim == 1:
        from scipy.signal import resample_poly

        return np.asarray(resample_poly(sound, 100, percent), np.float32)
    places = np.linspace(0, len(sound) - 1, speed_length(sound, percent))
    before = np.minimum(places.astype(int), max(len(sound) - 2, 0))
    after = np.minimum(before + 1, len(sound) - 1)
    share = (places - before)[:, None]
    return np.asarray((1 - share) * sound[before] + share * sound[after], np.float32)


def speed_length(sound: np.ndarray, percent: int) -> int:
    """Number of samples or frames of :func:`change_speed`'s result."""
    return -(-len(sound) * 100 // percent)


def mask_blocks(
    frames: np.ndarray, rng: np.random.Generator, *, time: Sequence[int], features: Sequence[int]
) -> np.ndarray:
    """Sets random blocks of time and of features to 0, the mean of normalised ones (SpecAugment; Park et al. 2019).

    Args:
      frames: Normalised features ``[T, D]``.
      rng: Source of the blocks.
      time: Number of blocks of time, and the largest number of frames of each, which is at most a fifth of all.
      features: Number of blocks of features, and the largest number of features of each.
    """
    masked = frames.copy()
    for axis, (count, largest) in enumerate((time, features)):
        length = frames.shape[axis]
        largest = min(largest, int(length * LARGEST_SHARE) if axis == 0 else length)
        for _ in range(count):
            width = int(rng.integers(0, largest + 1))
            start = int(rng.integers(0, length - width + 1))
            block = slice(start, start + width)
            masked[(block, slice(None)) if axis == 0 else (slice(None), block)] = 0
    return masked


def _root_mean_square(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
