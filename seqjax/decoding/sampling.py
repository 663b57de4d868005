"""Random sampling of tokens."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.decoding.arguments import check_keys, check_sampling
from seqjax.decoding.constraints import Step, step_shapes
from seqjax.decoding.loop import Decoded, decode
from seqjax.tokens import BOS, PAD
from seqjax.typing import Array, Keys, Scalar


def sample(
    step: Step,
    carry: Any,
    keys: Keys,
    *,
    max_length: int,
    temperature: float | Scalar = 1.0,
    top_k: int | None = None,
    top_p: float | Scalar | None = None,
    min_length: int = 1,
    prefix: Array | None = None,
    banned: Sequence[int] = (PAD, BOS),
    no_repeat_ngram_size: int = 0,
    first: Array | None = None,
) -> Decoded:
    """Draws each token from ``softmax(logits / temperature)``, which ``top_k`` and ``top_p`` truncate.

    ``top_k`` keeps the k largest logits (Fan et al. 2018). Of their distribution ``top_p`` keeps the smallest set of
    most likely tokens whose probabilities sum to p or more (nucleus; Holtzman et al. 2020, section 3.1); of equally
    likely tokens it keeps all or none. Scores are log-probabilities under the step's own distribution, before
    temperature and truncation.

    Args:
      step: ``step(carry, token [B]) -> (carry, logits [B, V])``, or with ``attention [B, S]`` as a third result.
      carry: The carry before BOS, leaves ``[B, ...]``.
      keys: One key for each row ``[B]``, its only source of randomness: a row's sample does not depend on the others.
      max_length: Maximum length T. A row that has not ended by then is truncated, without EOS.
      temperature: Above 0; towards 0 sampling becomes greedy. It may be traced, so that another one compiles nothing.
      top_k: Number of tokens kept, at least 1, or None for all.
      top_p: Probability kept, above 0 and at most 1, or None for all. It may be traced, too.
      min_length: Minimum number of tokens, EOS included.
      prefix: ``[B, P]``, the tokens that each row starts with, padded with PAD, or None.
      banned: Ids that are never chosen.
      no_repeat_ngram_size: Number n of tokens; no n-gram occurs twice in a sequence. 0 for no limit.
      first: ``[B]``, tokens that the first step reads; None for BOS.

    Raises:
      ValueError: An argument out of its range or of another shape, or a carry without arrays.
      TypeError: An argument of another type.
    """
    check_sampling(temperature, top_k, top_p)
    check_keys(keys, step_shapes(step, carry)[0])

    def choose(logits: Array, t: Array) -> Array:
        size = logits.shape[-1]
        logits, ids = logits / _like(temperature, logits), jnp.broadcast_to(jnp.arange(size), logits.shape)
        if top_k is not None:
            logits, ids = jax.lax.top_k(logits, min(top_k, size))
        if top_p is not None:
            logits = jnp.where(_nucleus(jax.nn.softmax(logits, axis=-1), top_p), logits, -jnp.inf)
        index = jax.vmap(lambda key, row: jax.random.categorical(jax.random.fold_in(key, t), row))(keys, logits)
        return jnp.take_along_axis(ids, index[:, None], axis=-1)[:, 0]

    limits: dict[str, Any] = {"max_length": max_length, "min_length": min_length, "prefix": prefix, "banned": banned}
    return decode(step, carry, choose, **limits, no_repeat_ngram_size=no_repeat_ngram_size, first=first)


def _nucleus(p: Array, top_p: float | Scalar) -> Array:
    """Selects the probabilities of ``p [B, V]`` that are at least as large as the last one needed to reach ``top_p``.

    Without sorting: positive floats are ordered as their bits are, so a bisection over integers finds the threshold.
    """
    threshold = _like(top_p, p)
    bits = jax.lax.bitcast_convert_type(p.astype(jnp.float32), jnp.int32)

    def halve(_: Array, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds  # the threshold low keeps enough probability, high too little
        middle = (low + high) // 2
        enough = jnp.sum(jnp.where(bits >= middle[:, None], p, 0), axis=-1) >= threshold
        return jnp.where(enough, middle, low), jnp.where(enough, high, middle)

    low = jnp.zeros(len(p), jnp.int32)
    high = jnp.full(len(p), np.float32(1).view(np.int32) + 2)  # just above 1, however it was rounded; below 2**30
    low, _ = jax.lax.fori_loop(0, 30, halve, (low, high))
    kept: Array = bits >= low[:, None]
    return kept


def _like(number: float | Scalar, array: Array) -> float | Array:
    """A number in the type of ``array``; a Python number stays one."""
    return number if isinstance(number, Real) else jnp.asarray(number, array.dtype)
