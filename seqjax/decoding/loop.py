"""The loop shared by greedy decoding and sampling."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from seqjax.decoding.arguments import check_banned, check_ids, check_lengths, check_ngram_size
from seqjax.decoding.constraints import Step, block_repeats, forced_tokens, restrict, run_step, step_shapes
from seqjax.tokens import BOS, EOS, PAD
from seqjax.typing import Array


class Decoded(NamedTuple):
    """One sequence for each row.

    Attributes:
      tokens: ``[B, T]``, PAD after EOS.
      scores: ``[B]``, the sum of the tokens' log-probabilities under the step's own distribution, EOS included.
      lengths: ``[B]``, EOS included if there is one.
      attention: ``[B, T, S]``, the weights with which each token was predicted, 0 after the end; None if the step
        returns none.
      carry: The carry that has read all tokens but the last. With the last token as ``first``, a second call continues
        the sequence.
    """

    tokens: Array
    scores: Array
    lengths: Array
    attention: Array | None
    carry: Any = None


class _Loop(NamedTuple):
    t: Array
    carry: Any
    token: Array  # [B], read by the next step
    done: Array  # [B]
    decoded: Decoded


def decode(
    step: Step,
    carry: Any,
    choose: Callable[[Array, Array], Array],
    *,
    max_length: int,
    min_length: int,
    prefix: Array | None,
    banned: Sequence[int],
    no_repeat_ngram_size: int = 0,
    first: Array | None = None,
) -> Decoded:
    """Runs a step until every row has ended.

    Args:
      step: ``step(carry, token [B]) -> (carry, logits [B, V])``, or with ``attention [B, S]`` as a third result.
      carry: The carry before BOS, leaves ``[B, ...]``.
      choose: ``choose(logits [B, V], t)``, the tokens ``[B]`` at position t; forbidden tokens have logit -inf.
      max_length: Maximum length T. A row that has not ended by then is truncated, without EOS.
      min_length: Minimum number of tokens, EOS included.
      prefix: ``[B, P]``, the tokens that each row starts with, padded with PAD, or None.
      banned: Ids that are never chosen.
      no_repeat_ngram_size: Number n of tokens; no n-gram occurs twice in a sequence. 0 for no limit.
      first: ``[B]``, tokens that the first step reads; None for BOS.

    Raises:
      ValueError: An argument out of its range or of another shape, or a carry without arrays.
      TypeError: An argument of another type.
    """
    check_lengths(min_length, max_length)
    check_ngram_size(no_repeat_ngram_size)
    rows, logits, weights = step_shapes(step, carry)
    check_banned(banned, logits.shape[-1], min_length)
    forced = forced_tokens(prefix, rows, max_length, logits.shape[-1])
    if first is not None:
        first = check_ids("first", first, logits.shape[-1], (rows,))

    def not_all_done(loop: _Loop) -> Array:
        return (loop.t < max_length) & ~jnp.all(loop.done)

    def body(loop: _Loop) -> _Loop:
        t = loop.t
        carry, logits, weights = run_step(step, loop.carry, loop.token)
        forced_now = None if forced is None else forced[:, t]
        allowed = block_repeats(logits, loop.decoded.tokens, t, no_repeat_ngram_size, forced_now)
        token = choose(restrict(allowed, t, forced_now, min_length, banned), t).astype(jnp.int32)
        if forced_now is not None:
            token = jnp.where(forced_now == PAD, token, forced_now)
        decoded = _append(loop.decoded, t, token, logits, weights, loop.done)
        token = jnp.where(loop.done, PAD, token)
        return _Loop(t + 1, carry, token, loop.done | (token == EOS), decoded)

    empty = Decoded(
        jnp.full((rows, max_length), PAD, jnp.int32),
        jnp.zeros(rows, logits.dtype),
        jnp.zeros(rows, jnp.int32),
        None if weights is None else jnp.zeros((rows, max_length, weights.shape[-1]), weights.dtype),
    )
    token = jnp.full(rows, BOS, jnp.int32) if first is None else first.astype(jnp.int32)
    start = _Loop(jnp.int32(0), carry, token, jnp.zeros(rows, bool), empty)
    end = jax.lax.while_loop(not_all_done, body, start)
    return end.decoded._replace(carry=end.carry)


def _append(decoded: Decoded, t: Array, token: Array, logits: Array, weights: Array | None, done: Array) -> Decoded:
    """Writes the tokens ``[B]`` at position t of the rows that are not done."""
    score = jnp.take_along_axis(logits, token[:, None], axis=-1)[:, 0] - jax.nn.logsumexp(logits, axis=-1)
    attention = decoded.attention
    if attention is not None and weights is not None:
        attention = attention.at[:, t].set(jnp.where(done[:, None], 0, weights))
    return Decoded(
        decoded.tokens.at[:, t].set(jnp.where(done, PAD, token)),
        decoded.scores + jnp.where(done, 0, score),
        decoded.lengths + jnp.where(done, 0, 1),
        attention,
    )
