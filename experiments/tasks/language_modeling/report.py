"""What a language model knows when, and which of its units keep track of what."""

from collections.abc import Sequence

import numpy as np

from seqjax.data.text.documents import Stream
from seqjax.tokens import PAD


def by_distance(nats: np.ndarray, tokens: Stream) -> dict[int, float]:
    """Mean losses by the place in the text, in groups that double: each up to the place that is its key, from 1 on.

    Args:
      nats: The loss of each target, ``[B, T]``.
      tokens: The streams.
    """
    places = np.arange(tokens.inputs.shape[1])
    since = places - np.maximum.accumulate(np.where(tokens.starts, places, 0), axis=1)
    real = tokens.targets != PAD
    group = np.floor(np.log2(since[real] + 1)).astype(int)
    sums, counts = np.bincount(group, weights=nats[real]), np.bincount(group)
    return {2 ** (int(index) + 1) - 1: float(sums[index] / counts[index]) for index in np.flatnonzero(counts)}


def tracked(letters: Sequence[str]) -> dict[str, np.ndarray]:
    """What a unit might follow through a text (Karpathy et al. 2015, section 4.2), each ``[T]``, unless it is constant.

    Behind each letter: whether a quotation is open, whether a bracket is, and how far into its line the text is.
    """
    quoted = np.cumsum([letter == '"' for letter in letters]) % 2
    nested = np.cumsum([(letter in "([{") - (letter in ")]}") if letter else 0 for letter in letters]) > 0
    ends = np.array([letter == "\n" for letter in letters])
    places = np.arange(len(letters))
    column = places - np.maximum.accumulate(np.where(ends, places, 0)) if ends.any() else np.zeros(len(letters))
    signals = {"inside quotes": quoted, "inside brackets": nested, "place in the line": column}
    return {name: signal.astype(float) for name, signal in signals.items() if np.ptp(signal.astype(float)) > 0}


def most_alike(outputs: np.ndarray, signal: np.ndarray) -> tuple[int, float]:
    """The unit of ``outputs [T, H]`` whose correlation with ``signal [T]`` is strongest, and that correlation."""
    centred = outputs - outputs.mean(axis=0)
    wanted = signal - signal.mean()
    scale = np.sqrt(np.square(centred).sum(axis=0) * np.square(wanted).sum())
    correlations = wanted @ centred / np.maximum(scale, 1e-12)
    unit = int(np.argmax(np.abs(correlations)))
    return unit, float(correlations[unit])
