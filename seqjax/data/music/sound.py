"""A simple additive synthesiser that turns piano rolls into sound."""

import wave
from pathlib import Path

import numpy as np

from seqjax.data.music.notes import held_notes

RATE = 22050  # samples per second
HARMONICS = 6
ATTACK, RELEASE = 0.01, 0.15  # seconds of fade-in and fade-out of a note


def synthesise(roll: np.ndarray, seconds_per_frame: np.ndarray | float) -> np.ndarray:
    """Synthesises a roll.

    A note of frequency f is the sum over n = 1 to 6 of sin(2 pi n f t) exp(-(1 + n) t) / n^1.5: high harmonics decay
    first, as those of a plucked string do. Harmonics above half the sampling rate are left out.

    Args:
      roll: 1 where a key sounds, ``[T, 88]``.
      seconds_per_frame: Duration of every frame, or of each, ``[T]``.

    Returns:
      Samples ``float32 [N]``, 22,050 per second, scaled so that the largest magnitude is 1; zeros for a silent roll.
    """
    release = int(RELEASE * RATE)
    edges = np.concatenate([[0.0], np.cumsum(np.broadcast_to(seconds_per_frame, len(roll)))])  # of frames, in seconds
    samples = np.zeros(int(edges[-1] * RATE) + release + 1, np.float32)
    for first, last, number in held_notes(roll):
        start = int(edges[first] * RATE)
        held = int((edges[last] - edges[first]) * RATE)
        time = np.arange(held + release) / RATE
        envelope = np.minimum(time / ATTACK, 1) * np.clip((held + release - np.arange(held + release)) / release, 0, 1)
        frequency = 440 * 2 ** ((number - 69) / 12)
        for n in range(1, HARMONICS + 1):
            if n * frequency < RATE / 2:
                tone = np.sin(2 * np.pi * n * frequency * time) * np.exp(-(1 + n) * time) / n**1.5
                samples[start : start + len(time)] += (envelope * tone)[: len(samples) - start]
    return samples / max(float(np.abs(samples).max()), 1e-6)


def write_wav(path: Path, roll: np.ndarray, seconds_per_frame: np.ndarray | float) -> None:
    """Writes the sound of a roll as a mono WAV file with 16 bits per sample; see :func:`synthesise`."""
    samples = np.round(0.9 * 32767 * synthesise(roll, seconds_per_frame)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
