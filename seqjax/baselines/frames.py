"""Simple rules about the next frame of a piano roll, which a model has to beat.

Each learns from pieces ``[T, 88]`` of zeros and ones, and gives the log-odds of every key in every frame but a piece's
first. What was never seen is not taken to be impossible: every count begins at one half (Krichevsky & Trofimov 1981).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Rule = Callable[[np.ndarray], np.ndarray]


def key_frequencies(pieces: Sequence[np.ndarray]) -> Rule:
    """Each key sounds as often as it does in the pieces, whatever sounded before."""
    following = np.concatenate([piece[1:] for piece in pieces])
    odds = _log_odds(following.sum(axis=0), len(following))
    return lambda piece: np.broadcast_to(odds, piece[1:].shape)


def repeat(pieces: Sequence[np.ndarray]) -> Rule:
    """The last frame again: a key that sounds goes on, and one that is silent stays so, with a probability each."""
    before, after = _pairs(pieces)
    odds = [_log_odds(after[before == was].sum(), (before == was).sum()) for was in (0, 1)]
    return lambda piece: np.where(piece[:-1], odds[1], odds[0])


def repeat_by_key(pieces: Sequence[np.ndarray]) -> Rule:
    """As :func:`repeat`, with two probabilities for each key."""
    before, after = _pairs(pieces)
    odds = [_log_odds((after * (before == was)).sum(axis=0), (before == was).sum(axis=0)) for was in (0, 1)]
    return lambda piece: np.where(piece[:-1], odds[1], odds[0])


def _pairs(pieces: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([piece[:-1] for piece in pieces]), np.concatenate([piece[1:] for piece in pieces])


def _log_odds(hits: Any, count: Any) -> np.ndarray:
    """Of ``hits`` among ``count``, numbers or arrays."""
    return np.asarray(np.log((hits + 0.5) / (np.subtract(count, hits, dtype=float) + 0.5)))
