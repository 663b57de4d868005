"""Reads sound files as mono samples at any rate. libsndfile, through the package soundfile, decodes them."""

import importlib.util
import math
from pathlib import Path

import numpy as np

from seqjax.errors import InputError

ENDINGS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".sph")
SLACK = 64  # bytes that headers of whole files may say too much
UNKNOWN = 2**31  # bytes; programs that write to a pipe put in a larger number
QUIET = 1e-5  # a recording whose samples all have magnitudes below it is silent: less than one step of 16 bits


def read_sound(path: Path | str, rate: int) -> np.ndarray:
    """Reads a sound file.

    WAV with 8 to 32 bits or floating point, FLAC, OGG, MP3 and whatever else libsndfile decodes. Channels are averaged.
    Of an OGG file that was cut off, what is there is read.

    Args:
      path: The file.
      rate: Samples per second of the result; see :func:`resample`.

    Returns:
      Samples ``float32 [N]``, of which integers are scaled to [-1, 1).

    Raises:
      InputError: For a file that is missing, no sound, cut off, empty, or holds samples that are not finite.
    """
    if importlib.util.find_spec("soundfile") is None:
        raise InputError("sound files need the package 'soundfile'; install seqjax with its extra 'speech'")
    import soundfile

    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is a folder; name a sound file" if path.is_dir() else f"there is no file {path}")
    _require_whole(path)
    try:
        samples, own_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (RuntimeError, OSError, TypeError, ValueError):  # TypeError: a .raw file, which has no header
        raise InputError(f"{path} is no sound file that can be read; save it as WAV, FLAC or OGG") from None
    if not len(samples):
        raise InputError(f"{path} holds no samples; record it again")
    if not np.isfinite(samples).all():
        raise InputError(f"{path} holds samples that are no finite numbers; save it again")
    return resample(samples.mean(axis=1), own_rate, rate)


def _require_whole(path: Path) -> None:
    """Raises ``InputError`` if a file cannot be opened or is empty, or is a WAV file shorter than its header says."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(12)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check its permissions") from None
    if not size:
        raise InputError(f"{path} is empty; record it again")
    if header[:4] == b"RIFF" and header[8:] == b"WAVE":
        stated = int.from_bytes(header[4:8], "little") + 8
        if size < stated - SLACK and stated < UNKNOWN:
            raise InputError(f"{path} is cut off: its header says {stated:,} bytes, and it has {size:,}; copy it again")


def resample(samples: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Changes the sampling rate by a polyphase low-pass filter (scipy.signal.resample_poly).

    Args:
      samples: ``float32 [N]``.
      rate: Their number per second.
      new_rate: The number per second of the result, ``[ceil(N * new_rate / rate)]``.
    """
    if rate == new_rate:
        return samples
    from scipy.signal import resample_poly

    divisor = math.gcd(rate, new_rate)
    return np.asarray(resample_poly(samples, new_rate // divisor, rate // divisor), np.float32)


def as_float(samples: np.ndarray) -> np.ndarray:
    """Samples as ``float32 [N]``; 16-bit integers are scaled to [-1, 1)."""
    return samples.astype(np.float32) / 32768 if samples.dtype == np.int16 else samples.astype(np.float32)


def is_silent(samples: np.ndarray) -> bool:
    """True if no sample differs from the mean by a step of 16 bits."""
    return bool(np.abs(samples - samples.mean()).max(initial=0) < QUIET)
