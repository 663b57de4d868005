"""Hypotheses of a beam search, and the sequences that they stand for."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from seqjax.tokens import EOS, PAD
from seqjax.typing import Array


class Beams(NamedTuple):
    """The N best sequences of each row, best first.

    Where a row has fewer than N sequences, the scores of the rest are -inf and their lengths 0.

    Attributes:
      tokens: ``[B, N, T]``, PAD after EOS.
      scores: ``[B, N]``, the sum of the tokens' log-probabilities, EOS included.
      penalised: ``[B, N]``, the scores with both penalties, by which sequences are ranked.
      lengths: ``[B, N]``, EOS included if there is one.
      attention: ``[B, N, T, S]``, 0 after the end; None if the step returns none.
    """

    tokens: Array
    scores: Array
    penalised: Array
    lengths: Array
    attention: Array | None


class Hypotheses(NamedTuple):
    """Complete hypotheses of each row, best first.

    Attributes:
      penalised: ``[B, N]``, scores with penalties; -inf in unused entries.
      scores: ``[B, N]``, sums of log-probabilities.
      last: ``[B, N]``, the position of EOS; T for a hypothesis without EOS.
      beam: ``[B, N]``, the live hypothesis that EOS was appended to, or that is truncated.
    """

    penalised: Array
    scores: Array
    last: Array
    beam: Array


class History(NamedTuple):
    """The live hypotheses after every step, from which a sequence is read backwards.

    Attributes:
      tokens: ``[T, B, K]``, the last token of each.
      parents: ``[T, B, K]``, the live hypothesis of the step before that each continues.
      attention: ``[T, B, K, S]``, the weights with which each hypothesis of the step before was continued, or None.
    """

    tokens: Array
    parents: Array
    attention: Array | None


def pick(array: Array, index: Array) -> Array:
    """The entries of ``array [B, X]`` at ``index [B, Y]`` of each row."""
    return jnp.take_along_axis(array, index, axis=1)


def concatenate(a: Hypotheses, b: Hypotheses) -> Hypotheses:
    """The hypotheses of each row of ``a``, then those of ``b``."""
    return Hypotheses(*(jnp.concatenate(pair, axis=1) for pair in zip(a, b, strict=True)))


def rank(hypotheses: Hypotheses, count: int) -> Hypotheses:
    """The ``count`` best by penalised score, best first."""
    _, index = jax.lax.top_k(hypotheses.penalised, count)
    return Hypotheses(*(pick(leaf, index) for leaf in hypotheses))


def read_sequences(chosen: Hypotheses, history: History, steps: Array, max_length: int) -> Beams:
    """Reads the sequences of hypotheses backwards from the history, in which ``steps`` steps are filled."""
    rows, count = chosen.beam.shape
    valid = chosen.penalised > -jnp.inf
    tokens = jnp.full((rows, count, max_length), PAD, jnp.int32)
    attention = None
    if history.attention is not None:
        shape = (rows, count, max_length, history.attention.shape[-1])
        attention = jnp.zeros(shape, history.attention.dtype)

    def body(back: Array, loop: tuple[Array, Array, Array | None]) -> tuple[Array, Array, Array | None]:
        beam, tokens, attention = loop
        t = steps - 1 - back
        is_part, is_eos = valid & (t <= chosen.last), t == chosen.last
        token = jnp.where(is_eos, EOS, pick(history.tokens[t], beam))
        tokens = tokens.at[:, :, t].set(jnp.where(is_part, token, PAD))
        beam = jnp.where(is_part & ~is_eos, pick(history.parents[t], beam), beam)
        if attention is not None and history.attention is not None:
            weights = jnp.take_along_axis(history.attention[t], beam[..., None], axis=1)
            attention = attention.at[:, :, t].set(jnp.where(is_part[..., None], weights, 0))
        return beam, tokens, attention

    _, tokens, attention = jax.lax.fori_loop(0, steps, body, (chosen.beam, tokens, attention))
    scores = jnp.where(valid, chosen.scores, -jnp.inf)
    lengths = jnp.where(valid, jnp.minimum(chosen.last + 1, max_length), 0)
    return Beams(tokens, scores, chosen.penalised, lengths, attention)
