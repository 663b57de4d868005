"""Greedy decoding."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from seqjax.decoding.constraints import Step
from seqjax.decoding.loop import Decoded, decode
from seqjax.tokens import BOS, PAD
from seqjax.typing import Array


def greedy(
    step: Step,
    carry: Any,
    *,
    max_length: int,
    min_length: int = 1,
    prefix: Array | None = None,
    banned: Sequence[int] = (PAD, BOS),
    no_repeat_ngram_size: int = 0,
) -> Decoded:
    """Takes the most likely token at each position; of several, the one with the smallest id.

    Args:
      step: ``step(carry, token [B]) -> (carry, logits [B, V])``, or with ``attention [B, S]`` as a third result.
      carry: The carry before BOS, leaves ``[B, ...]``.
      max_length: Maximum length T. A row that has not ended by then is truncated, without EOS.
      min_length: Minimum number of tokens, EOS included.
      prefix: ``[B, P]``, the tokens that each row starts with, padded with PAD, or None.
      banned: Ids that are never chosen.
      no_repeat_ngram_size: Number n of tokens; no n-gram occurs twice in a sequence. 0 for no limit.

    Raises:
      ValueError: An argument out of its range or of another shape, or a carry without arrays.
      TypeError: An argument of another type.
    """
    return decode(
        step,
        carry,
        lambda logits, t: jnp.argmax(logits, axis=-1),
        max_length=max_length,
        min_length=min_length,
        prefix=prefix,
        banned=banned,
        no_repeat_ngram_size=no_repeat_ngram_size,
    )
