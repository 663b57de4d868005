"""Masks (``True`` where a position is real, ``False`` where it is padding) and the sharding of a scan's carry."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from seqjax.typing import Array, Mask, Tree


def mask_from_lengths(lengths: ArrayLike | Sequence[int], time: int) -> Mask:
    """The mask ``[B, T]`` of rows that hold real positions followed by padding.

    Args:
      lengths: The number of real positions of each row, ``[B]``: an array, or a list of ints.
      time: Number T of positions.

    Raises:
      TypeError: Lengths that are not whole numbers.
      ValueError: Lengths of another rank, or outside [0, ``time``] (where they are not traced).
    """
    is_known = not isinstance(lengths, jax.core.Tracer)
    given: Any = np.asarray(lengths) if is_known else lengths
    if given.size and not jnp.issubdtype(given.dtype, jnp.integer):
        raise TypeError(f"lengths must be whole numbers, not of type {given.dtype}")
    if given.ndim != 1:
        raise ValueError(f"lengths must have shape [B], not {list(given.shape)}")
    if is_known and len(wrong := given[(given < 0) | (given > time)]):
        raise ValueError(f"lengths must lie between 0 and time={time}, not be {wrong[0]}")
    return jnp.arange(time, dtype=jnp.int32)[None, :] < jnp.asarray(lengths, jnp.int32)[:, None]


def reset_in_reverse(reset: Mask, mask: Mask | None) -> Mask:
    """The resets of a backward scan, from the positions where sequences start.

    A sequence that starts at position t ends, for a backward scan, after t: the next position that the scan visits
    belongs to another sequence. So the scan resets at a real position if the real position that follows it is a start.

    Args:
      reset: ``[B, T]``, True where a sequence starts.
      mask: ``[B, T]``, True where a position is real; None if all are.

    Returns:
      ``[B, T]``, True where the backward scan starts a new sequence.
    """
    if mask is None:
        mask = jnp.ones_like(reset)
    time = reset.shape[1]
    index = jnp.where(mask, jnp.arange(time)[None], time)
    following = jnp.pad(index, ((0, 0), (0, 1)), constant_values=time)[:, 1:]
    following = jax.lax.cummin(following, axis=1, reverse=True)
    return jnp.take_along_axis(jnp.pad(reset, ((0, 0), (0, 1))), following, axis=1)


def choose_rows(rows: Array, if_true: Tree, if_false: Tree) -> Tree:
    """Selects whole rows from two trees with leaves ``[B, ...]`` by the condition ``rows [B]``."""

    def choose(a: Array, b: Array) -> Array:
        return jnp.where(rows.reshape(rows.shape + (1,) * (a.ndim - 1)), a, b)

    return jax.tree.map(choose, if_true, if_false)


def match_sharding(tree: Tree, params: Tree, xs: Array) -> Tree:
    """Gives ``tree`` the sharding of one step's output, so that a scan's carry type-checks under ``shard_map``.

    Under ``shard_map``, and on a mesh with explicit axes, the type of an array includes its sharding. A scan's carry
    must have the same type before and after a step. A step's output takes its sharding from the inputs and the
    parameters; zeros, or a carry from elsewhere, may lack it. Values do not change, and nothing is left to compute
    after compilation.

    Args:
      tree: Leaves ``[B, ...]``; leaves ``[1, ...]`` are repeated for each row.
      params: The parameters that a step reads.
      xs: Inputs ``[B, ...]``; only their type is used, so a slice is enough.
    """
    never = row_condition(params, xs)
    return jax.tree.map(lambda leaf: choose_rows(never, jnp.zeros_like(leaf), leaf), tree)


def match_sharding_without_rows(tree: Tree, params: Tree, xs: Array) -> Tree:
    """Applies :func:`match_sharding` to leaves without a batch axis, such as sums over the rows."""
    never = row_condition(params, xs)
    return jax.tree.map(lambda leaf: jnp.where(never.any(), 0, leaf), tree)


def row_condition(params: Tree, xs: Array) -> Array:
    """False for each row of ``xs [B, ...]``, with the sharding of an array computed from ``xs`` and ``params``."""
    never = jnp.any(jnp.zeros_like(xs, dtype=bool), axis=tuple(range(1, xs.ndim)))
    for leaf in jax.tree.leaves(params):
        never = never | jnp.any(jnp.zeros_like(leaf, dtype=bool))
    return never
