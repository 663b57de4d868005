"""Features of sound: log-mel energies and cepstral coefficients (MFCC), a frame every 10 milliseconds."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

KINDS = ("log_mel", "mfcc")
WINDOW, HOP = 0.025, 0.010  # seconds of a frame, and between the starts of two
FLOOR = 1e-6  # energy that is added to each filter's: 60 dB below full scale, so that digital silence is finite
MEL_FILTERS = 40  # of which cepstral coefficients are computed
SMALLEST_DEVIATION = 1e-3  # by which a feature is divided at least


@dataclass(frozen=True)
class Features:
    """From samples to frames of D features.

    .. code-block:: text

        P_t[k] = |sum_n w[n] x[t hop + n] exp(-2 pi i k n / F)|^2 / sum_n w[n]^2          w: Hann's window
        log_mel_t[d] = log(sum_k M[d, k] P_t[k] + floor)
        mfcc_t[c] = sqrt(2 / 40) sum_d log_mel_t[d] cos(pi c (d + 1/2) / 40)        divided by sqrt(2) for c = 0

    The filters M are triangles of height 1 that are equally spaced on the mel scale, 2595 log10(1 + f / 700), from 0 to
    half the sampling rate (Davis & Mermelstein 1980).

    Attributes:
      kind: "log_mel" or "mfcc".
      size: Number D of features; of "mfcc" at most 40.
      rate: Samples per second.

    Raises:
      ValueError: For another kind, or more coefficients than filters.
    """

    kind: str
    size: int
    rate: int

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, not {self.kind!r}")
        if self.kind == "mfcc" and self.size > MEL_FILTERS:
            raise ValueError(f"size must be at most {MEL_FILTERS} for 'mfcc', not {self.size}")

    @property
    def window(self) -> int:
        """Samples of a frame."""
        return round(WINDOW * self.rate)

    @property
    def hop(self) -> int:
        """Samples between the starts of two frames."""
        return round(HOP * self.rate)

    def frames(self, samples: int) -> int:
        """Number of frames of so many samples: those that lie within them, and at least one."""
        return 1 + max(samples - self.window, 0) // self.hop

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Features ``float32 [T, D]`` of samples ``[N]``; fewer than a frame are padded with zeros."""
        if len(samples) < self.window:
            samples = np.pad(samples, (0, self.window - len(samples)))
        from scipy.fft import dct, rfft

        framed = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float32), self.window)[:: self.hop]
        window = _window(self.window)
        spectrum = rfft(framed * window, 2 * (self._bins - 1))
        power = (spectrum.real**2 + spectrum.imag**2) / np.float32(np.sum(window**2))
        filters = _sparse_filters(self._filters, self._bins, self.rate)
        log_mel = np.ascontiguousarray(np.log((filters @ power.T).T + np.float32(FLOOR)))
        if self.kind == "log_mel":
            return log_mel
        return np.asarray(dct(log_mel, type=2, norm="ortho")[:, : self.size], np.float32)

    @property
    def _filters(self) -> int:
        return self.size if self.kind == "log_mel" else MEL_FILTERS

    @property
    def _bins(self) -> int:
        """Frequencies of the discrete Fourier transform, whose length is a power of two."""
        return (1 << (self.window - 1).bit_length()) // 2 + 1


@cache
def _window(size: int) -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


@cache
def mel_filters(filters: int, bins: int, rate: int) -> np.ndarray:
    """The weights M of each frequency in each filter, ``float32 [filters, bins]``; see :class:`Features`."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, filters + 2) / 2595) - 1)
    frequencies = np.linspace(0, rate / 2, bins)
    low, middle, high = (corners[n : n + filters, None] for n in range(3))
    rising, falling = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
    return np.maximum(np.minimum(rising, falling), 0).astype(np.float32)


@cache
def _sparse_filters(filters: int, bins: int, rate: int) -> Any:
    """:func:`mel_filters`, most of which are 0, in a form for fast products."""
    from scipy.sparse import csr_array

    return csr_array(mel_filters(filters, bins, rate))


def normalised(frames: np.ndarray, mean: np.ndarray | None = None, deviation: np.ndarray | None = None) -> np.ndarray:
    """Frames ``[T, D]`` with each feature's mean taken off, divided by its standard deviation.

    Args:
      frames: The features.
      mean: The means ``[D]``; None for those of the frames themselves.
      deviation: The standard deviations ``[D]``; None for those of the frames themselves.
    """
    mean = frames.mean(axis=0) if mean is None else mean
    deviation = frames.std(axis=0) if deviation is None else deviation
    return np.asarray((frames - mean) / np.maximum(deviation, SMALLEST_DEVIATION), np.float32)
