"""Tiny problems of CTC, and the probability of every text by brute force over all paths."""

import itertools
from collections import defaultdict

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.tokens import PAD
from seqjax.typing import Array

TIME, CLASSES, BLANK = 4, 4, 3  # tokens 1 and 2; 0 is PAD, which the tiny networks may give some probability too
TOKENS = (1, 2)


def written(path: tuple[int, ...]) -> tuple[int, ...]:
    """The text of a path: repeated classes merged, then blanks removed."""
    return tuple(key for key, _ in itertools.groupby(path) if key != BLANK)


def texts(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of every text, summed over all its paths."""
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product((*TOKENS, BLANK), repeat=len(log_probs)):
        found[written(path)] += np.exp(sum(log_probs[t, token] for t, token in enumerate(path)))
    return dict(found)


def problem() -> tuple[Array, Array, list[dict[tuple[int, ...], float]]]:
    """Logits of two rows, the second with one frame of padding, in which stands NaN."""
    logits = np.random.default_rng(0).normal(0, 2, (2, TIME, CLASSES)).astype(np.float32)
    logits[..., PAD] = -1e9  # a network learns never to write PAD; it makes the brute force small
    logits[1, -1] = np.nan
    mask = np.array([[True] * TIME, [True] * (TIME - 1) + [False]])
    every = [texts(np.asarray(jax.nn.log_softmax(row[real]))) for row, real in zip(logits, mask, strict=True)]
    return jnp.asarray(logits), jnp.asarray(mask), every


def padded(text: tuple[int, ...]) -> list[int]:
    return [*text, *[PAD] * (TIME - len(text))]


def text_probability(log_probs: np.ndarray, labels: np.ndarray, blank: int) -> float:
    """The log-probability of a text by the forward recursion of Graves et al. 2006, equations 5 to 8, as a loop."""
    states = [blank, *(state for label in labels for state in (label, blank))]
    alpha = np.full(len(states), -np.inf)
    alpha[0] = log_probs[0, blank]
    alpha[1] = log_probs[0, states[1]]
    for frame in log_probs[1:]:
        before = alpha.copy()
        for at, state in enumerate(states):
            ways = [before[at]] + ([before[at - 1]] if at else [])
            if at > 1 and state != blank and state != states[at - 2]:
                ways.append(before[at - 2])
            alpha[at] = np.logaddexp.reduce(ways) + frame[state]
    return float(np.logaddexp(alpha[-1], alpha[-2]))
