"""A decoder written by hand, whose every probability is known: a chain whose next token depends on the last two.

It attends, too, and the carry says where it is, so that a carry gathered wrongly shows in the scores.
"""

from itertools import product
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from seqjax.tokens import BOS, EOS

V, S = 6, 3
TOKENS = range(EOS, V)  # what may be chosen


class Carry(NamedTuple):
    row: object  # [R], which table
    before: object  # [R], the token before the last
    place: object  # [R]


def tables(rows, seed=0, spread=1.5):
    """Logits of the next token by row, token before the last and last, and attention by row, last and place."""
    rng = np.random.default_rng(seed)
    logits = spread * rng.normal(size=(rows, V, V, V))
    attention = np.exp(2 * rng.normal(size=(rows, V, 8, S)))
    attention[..., -1] = 0  # padding
    attention[0, :, :, 1] = 0
    return logits.astype(np.float32), (attention / attention.sum(-1, keepdims=True)).astype(np.float32)


def first_carry(rows):
    return Carry(jnp.arange(rows), jnp.zeros(rows, jnp.int32), jnp.zeros(rows, jnp.int32))


def make_step(logits, attention=None):
    """Each row has tables of its own, which the carry names."""

    def step(carry, token):
        new = Carry(carry.row, token, carry.place + 1)
        out = (new, jnp.asarray(logits)[carry.row, carry.before, token])
        return out if attention is None else (*out, jnp.asarray(attention)[carry.row, token, carry.place])

    return step


def score(logits, row, tokens):
    """The sum of log-probabilities of ``tokens`` in float64, and attention's rows are those of ``attend``."""
    before, last, total = 0, BOS, 0.0
    for token in tokens:
        table = logits[row, before, last].astype(np.float64)
        total += table[token] - np.log(np.sum(np.exp(table)))
        before, last = last, token
    return total


def attend(attention, row, tokens):
    inputs = [BOS, *tokens[:-1]]
    return np.array([attention[row, token, place] for place, token in enumerate(inputs)])


def every_sequence(max_length, min_length=1):
    """Those that end, and those that are cut at ``max_length``."""
    words = [token for token in TOKENS if token != EOS]
    ended = [(*s, EOS) for n in range(min_length, max_length + 1) for s in product(words, repeat=n - 1)]
    return ended, list(product(words, repeat=max_length))
