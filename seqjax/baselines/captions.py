"""Baselines of captioning: one caption for all, and that of the nearest training picture."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

ROWS = 256  # pictures that are compared at once


def most_frequent_caption(captions: Sequence[Sequence[str]]) -> str:
    """The caption that most pictures have; of equally frequent ones the first in alphabetical order."""
    counts = Counter(caption for those in captions for caption in set(those))
    return min(counts, key=lambda caption: (-counts[caption], caption))


def nearest_pictures(pictures: Sequence[np.ndarray], training: Sequence[np.ndarray]) -> np.ndarray:
    """Index of the nearest training picture of each picture, ``int [N]``, by the squared distance of the pixels.

    Clips are compared frame by frame; a shorter one stands still after its last frame.

    Args:
      pictures: N pictures or clips ``uint8 [T, S, S, 3]``, all of one S.
      training: Those that are searched.
    """
    frames = max(len(each) for each in (*pictures, *training))
    known = np.stack([_flat(each, frames) for each in training])
    squares = np.einsum("nd,nd->n", known, known)
    nearest = []
    for begin in range(0, len(pictures), ROWS):
        own = np.stack([_flat(each, frames) for each in pictures[begin : begin + ROWS]])
        nearest.append(np.argmin(squares - 2 * own @ known.T, axis=1))
    return np.concatenate(nearest)


def _flat(clip: np.ndarray, frames: int) -> np.ndarray:
    """All values of a clip of so many frames, ``float32 [D]``, 0 for white."""
    held = clip[np.minimum(np.arange(frames), len(clip) - 1)]
    return 1 - held.reshape(-1).astype(np.float32) / 255
