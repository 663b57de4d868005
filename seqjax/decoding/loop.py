"""Token after token, each row by itself: what greedy decoding and sampling share."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from seqjax.decoding.rules import Step, check_lengths, forced_tokens, restrict, run, shapes
from seqjax.tokens import BOS, EOS, PAD
from seqjax.typing import Array


class Decoded(NamedTuple):
    """One sequence for each row.

    ``tokens [B, T]``, PAD behind EOS; ``scores [B]``, the sum of the tokens' log-probabilities, that of EOS included,
    under the step's own distribution; ``lengths [B]``, EOS included if there is one; ``attention [B, T, S]``, the
    weights with which each token was made, 0 behind the end, or None if the step gives none; ``carry``, the carry
    before the last token: with that token as ``first`` decoding goes on where it stopped.
    """

    tokens: Array
    scores: Array
    lengths: Array
    attention: Array | None
    carry: Any = None


def decode(
    step: Step,
    carry: Any,
    choose: Callable[[Array, Array], Array],
    *,
    max_length: int,
    min_length: int,
    prefix: Array | None,
    banned: Sequence[int],
    first: Array | None = None,
) -> Decoded:
    """Runs the step until every row has ended.

    Args:
      step: ``step(carry, token [B]) -> (carry, logits [B, V])``, or with ``attention [B, S]`` as a third.
      carry: The carry before BOS, leaves ``[B, ...]``.
      choose: ``choose(logits [B, V], t)``, the tokens ``[B]`` at place t; what may not stand there has -inf.
      max_length: Places T. A row that has not ended by then is cut, without EOS.
      min_length: Tokens that a row has at least, EOS included.
      prefix: ``[B, P]``, the tokens that a row starts with, PAD behind them, or None.
      banned: Ids that are never chosen.
      first: ``[B]``, what the first step reads; None for BOS.

    Raises:
      ValueError: Lengths that do not fit each other, a prefix longer than T, or a carry without arrays.
    """
    check_lengths(min_length, max_length)
    rows, logits, weights = shapes(step, carry)
    forced = forced_tokens(prefix, rows, max_length)
    start = Decoded(
        jnp.full((rows, max_length), PAD, jnp.int32),
        jnp.zeros(rows, logits.dtype),
        jnp.zeros(rows, jnp.int32),
        None if weights is None else jnp.zeros((rows, max_length, weights.shape[-1]), weights.dtype),
    )

    def goes_on(loop: tuple[Any, ...]) -> Array:
        t, _, _, done, _ = loop
        going: Array = (t < max_length) & ~jnp.all(done)
        return going

    def body(loop: tuple[Any, ...]) -> tuple[Any, ...]:
        t, carry, token, done, so_far = loop
        carry, logits, weights = run(step, carry, token)
        here = None if forced is None else forced[:, t]
        token = choose(restrict(logits, t, here, min_length, banned), t).astype(jnp.int32)
        if here is not None:
            token = jnp.where(here == PAD, token, here)
        chosen = jnp.take_along_axis(logits, token[:, None], axis=-1)[:, 0]
        score = chosen - jax.nn.logsumexp(logits, axis=-1)
        token = jnp.where(done, PAD, token)
        attention = so_far.attention
        if attention is not None and weights is not None:
            attention = attention.at[:, t].set(jnp.where(done[:, None], 0, weights))
        so_far = Decoded(
            so_far.tokens.at[:, t].set(token),
            so_far.scores + jnp.where(done, 0, score),
            so_far.lengths + jnp.where(done, 0, 1),
            attention,
        )
        return t + 1, carry, token, done | (token == EOS), so_far

    read = jnp.full(rows, BOS, jnp.int32) if first is None else first.astype(jnp.int32)
    loop = jnp.int32(0), carry, read, jnp.zeros(rows, bool), start
    _, carry, _, _, decoded = jax.lax.while_loop(goes_on, body, loop)
    return decoded._replace(carry=carry)
