"""The likeliest token, over and over."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from seqjax.decoding.loop import Decoded, decode
from seqjax.decoding.rules import Step
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
) -> Decoded:
    """Takes the token with the largest logit at each place, of equal ones the one with the smallest id.

    Args:
      step: ``step(carry, token [B]) -> (carry, logits [B, V])``, or with ``attention [B, S]`` as a third.
      carry: The carry before BOS, leaves ``[B, ...]``.
      max_length: Places T. A row that has not ended by then is cut, without EOS.
      min_length: Tokens that a row has at least, EOS included.
      prefix: ``[B, P]``, the tokens that a row starts with, PAD behind them, or None.
      banned: Ids that are never chosen.

    Raises:
      ValueError: Lengths that do not fit each other, a prefix longer than T, or a carry without arrays.
    """
    return decode(
        step,
        carry,
        lambda logits, t: jnp.argmax(logits, axis=-1),
        max_length=max_length,
        min_length=min_length,
        prefix=prefix,
        banned=banned,
    )
