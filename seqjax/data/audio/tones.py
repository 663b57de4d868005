"""A toy language of tones that needs no package: each letter is a tone, and a pause separates words."""

import numpy as np

from seqjax.data.audio.recordings import Recordings

WORDS = ("do", "re", "mi", "fa", "sol", "la", "si")
LETTERS = sorted(set("".join(WORDS)))
LETTER, PAUSE = 0.06, 0.05  # seconds
LOWEST, STEP = 300.0, 1.22  # Hz of the first letter's tone, and the ratio of two neighbours


def tones(count: int, rate: int, seed: int) -> Recordings:
    """Random texts of 1 to 4 words as tones, by four "speakers" that differ in pitch by a few percent.

    Args:
      count: Number of recordings.
      rate: Samples per second, at least 8000.
      seed: Source of texts, speakers and a little noise.
    """
    rng = np.random.default_rng(seed)
    names, sounds, texts, speakers = [], [], [], []
    for row in range(count):
        text = " ".join(rng.choice(WORDS, int(rng.integers(1, 5))))
        speaker = int(rng.integers(4))
        names.append(f"tones{row}")
        texts.append(text)
        speakers.append(f"speaker{speaker}")
        pieces = [_tone(letter, 1 + 0.02 * speaker, rate) for letter in text]
        wave = np.concatenate([np.zeros(rate // 50), *pieces, np.zeros(rate // 50)])
        sounds.append((wave + 0.002 * rng.standard_normal(len(wave))).astype(np.float32))
    return Recordings("generated", tuple(names), tuple(sounds), tuple(texts), tuple(speakers))


def _tone(letter: str, pitch: float, rate: int) -> np.ndarray:
    if letter == " ":
        return np.zeros(int(PAUSE * rate))
    time = np.arange(int(LETTER * rate)) / rate
    envelope = np.sin(np.pi * time / LETTER)
    return 0.3 * envelope * np.sin(2 * np.pi * LOWEST * pitch * STEP ** LETTERS.index(letter) * time)
