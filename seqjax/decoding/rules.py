"""What may come next, whichever way it is chosen."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.tokens import EOS, PAD
from seqjax.typing import Array, at_least_float32

Step = Callable[[Any, Array], tuple[Any, ...]]


def run(step: Step, carry: Any, token: Array) -> tuple[Any, Array, Array | None]:
    """A step's carry in the types that it was given, its logits in float32 at least, and its attention or None."""
    new, logits, *attention = step(carry, token)
    new = jax.tree.map(lambda leaf, old: leaf.astype(old.dtype), new, carry)
    return new, logits.astype(at_least_float32(logits.dtype)), attention[0] if attention else None


def shapes(step: Step, carry: Any) -> tuple[int, jax.ShapeDtypeStruct, jax.ShapeDtypeStruct | None]:
    """The rows of a carry, and the logits and the attention that a step from it gives."""
    leaves = jax.tree.leaves(carry)
    if not leaves:
        raise ValueError("carry must have an array with a row for each sequence, not none at all")
    rows = leaves[0].shape[0]
    _, logits, attention = jax.eval_shape(lambda c, t: run(step, c, t), carry, jnp.zeros(rows, jnp.int32))
    return rows, logits, attention


def check_lengths(min_length: int, max_length: int) -> None:
    """``ValueError`` unless ``1 <= min_length <= max_length``; an empty sequence has length 1, its EOS."""
    if not 1 <= min_length <= max_length:
        raise ValueError(f"min_length must lie between 1 and max_length={max_length}, not {min_length}")


def forced_tokens(prefix: Array | None, rows: int, max_length: int) -> Array | None:
    """The prefix ``[B, P]`` as ``[B, max_length]``, PAD where nothing is forced."""
    if prefix is None:
        return None
    if prefix.shape[0] != rows or prefix.shape[1] > max_length:
        raise ValueError(
            f"prefix must have {rows} rows and at most max_length={max_length} columns, not {prefix.shape}"
        )
    return jnp.pad(prefix, ((0, 0), (0, max_length - prefix.shape[1])), constant_values=PAD)


def restrict(logits: Array, t: Array, forced: Array | None, min_length: int, banned: Sequence[int]) -> Array:
    """``logits [..., V]`` of the token at place t, -inf for what may not stand there.

    ``forced [...]`` is the only token allowed, whatever the rules are, or PAD where they decide.
    """
    ids = np.arange(logits.shape[-1])
    barred = jnp.asarray(np.isin(ids, banned)) | (jnp.asarray(ids == EOS) & (t + 1 < min_length))
    if forced is not None:
        forced = forced[..., None]
        barred = jnp.where(forced == PAD, barred, jnp.asarray(ids) != forced)
    return jnp.where(barred, -jnp.inf, logits)
