"""A step written by hand, whose every probability is known: a second-order Markov chain over tokens.

It has attention too. The carry holds the position, so that a wrong choice of carry shows in the attention.
"""

from itertools import product
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.tokens import BOS, EOS

V, S = 6, 3
TOKENS = range(EOS, V)  # those that may be chosen


class Carry(NamedTuple):
    """The state of the chain."""

    row: object  # [R], the table
    before: object  # [R], the token before the last
    place: object  # [R], the number of tokens read


def tables(rows, seed=0, spread=1.5):
    """Logits of the next token by row and last two tokens; attention by row, last token and position."""
    rng = np.random.default_rng(seed)
    logits = spread * rng.normal(size=(rows, V, V, V))
    attention = np.exp(2 * rng.normal(size=(rows, V, 8, S)))
    attention[..., -1] = 0  # padding
    attention[0, :, :, 1] = 0
    return logits.astype(np.float32), (attention / attention.sum(-1, keepdims=True)).astype(np.float32)


def first_carry(rows):
    """The carry before BOS."""
    return jax.device_put(Carry(np.arange(rows, dtype=np.int32), np.zeros(rows, np.int32), np.zeros(rows, np.int32)))


def make_step(logits, attention=None):
    """A step that reads the tables of the row that its carry names."""

    def step(carry, token):
        new = Carry(carry.row, token, carry.place + 1)
        out = (new, jnp.asarray(logits)[carry.row, carry.before, token])
        return out if attention is None else (*out, jnp.asarray(attention)[carry.row, token, carry.place])

    return step


def score(logits, row, tokens):
    """The sum of the log-probabilities of ``tokens``, in float64."""
    before, last, total = 0, BOS, 0.0
    for token in tokens:
        table = logits[row, before, last].astype(np.float64)
        total += table[token] - np.log(np.sum(np.exp(table)))
        before, last = last, token
    return total


def attend(attention, row, tokens):
    """The attention with which each of ``tokens`` is predicted."""
    inputs = [BOS, *tokens[:-1]]
    return np.array([attention[row, token, place] for place, token in enumerate(inputs)])


def every_sequence(max_length, min_length=1):
    """All sequences that end, and all that are truncated at ``max_length``."""
    words = [token for token in TOKENS if token != EOS]
    ended = [(*s, EOS) for n in range(min_length, max_length + 1) for s in product(words, repeat=n - 1)]
    return ended, list(product(words, repeat=max_length))
