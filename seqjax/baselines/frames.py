"""Baselines of music models: the log-odds of each key in the next frame of a piano roll.

Each function fits a baseline to pieces ``[T, 88]`` of zeros and ones. The fitted baseline takes a piece ``[T, 88]`` and
returns the log-odds of every frame but the first, ``[T - 1, 88]``. Probabilities are estimated as (hits + 1/2) /
(trials + 1), so none is 0 or 1 (Krichevsky & Trofimov 1981).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Baseline = Callable[[np.ndarray], np.ndarray]


def key_frequency(pieces: Sequence[np.ndarray]) -> Baseline:
    """Fits the frequency of each key (unigram): one probability per key, independent of the past."""
    following = np.concatenate([piece[1:] for piece in pieces])
    odds = _log_odds(following.sum(axis=0), len(following))
    return lambda piece: np.broadcast_to(odds, piece[1:].shape)


def persistence(pieces: Sequence[np.ndarray]) -> Baseline:
    """Fits persistence (repeat the last frame): one probability to keep sounding, and one to start, for all keys."""
    before, after = _transitions(pieces)
    odds = [_log_odds(after[before == state].sum(), (before == state).sum()) for state in (0, 1)]
    return lambda piece: np.where(piece[:-1], odds[1], odds[0])


def markov_per_key(pieces: Sequence[np.ndarray]) -> Baseline:
    """Fits a first-order Markov chain per key: the two probabilities of :func:`persistence` for each key."""
    before, after = _transitions(pieces)
    odds = [_log_odds((after * (before == state)).sum(axis=0), (before == state).sum(axis=0)) for state in (0, 1)]
    return lambda piece: np.where(piece[:-1], odds[1], odds[0])


def _transitions(pieces: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """All frames but the last of each piece, and the frame after each, both ``[N, 88]``."""
    return np.concatenate([piece[:-1] for piece in pieces]), np.concatenate([piece[1:] for piece in pieces])


def _log_odds(hits: Any, trials: Any) -> np.ndarray:
    """The log-odds of the estimated probability, of numbers or arrays."""
    return np.asarray(np.log((hits + 0.5) / (np.subtract(trials, hits, dtype=float) + 0.5)))
