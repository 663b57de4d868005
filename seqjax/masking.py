"""Masks: ``True`` where a position is real, ``False`` where it is padding."""

from typing import Any

import jax
import jax.numpy as jnp

from seqjax.typing import Array, Mask


def mask_from_lengths(lengths: Array, time: int) -> Mask:
    """The mask ``[B, T]`` of rows that hold ``lengths [B]`` real positions, followed by padding up to ``time``."""
    return jnp.arange(time)[None, :] < lengths[:, None]


def reset_in_reverse(reset: Mask, mask: Mask | None) -> Mask:
    """Where a scan that runs backwards has to start anew, given where sequences start forwards.

    A sequence that starts at position t ends, seen from behind, after t: the next position that such a scan visits
    belongs to another sequence. So a real position starts anew if the real position that follows it is a start.
    """
    if mask is None:
        mask = jnp.ones_like(reset)
    time = reset.shape[1]
    index = jnp.where(mask, jnp.arange(time), time)
    following = jnp.pad(index, ((0, 0), (0, 1)), constant_values=time)[:, 1:]
    following = jax.lax.cummin(following, axis=1, reverse=True)
    return jnp.take_along_axis(jnp.pad(reset, ((0, 0), (0, 1))), following, axis=1)


def choose_rows(rows: Array, if_true: Any, if_false: Any) -> Any:
    """Chooses whole rows of two trees with leaves ``[B, ...]`` by ``rows [B]``."""

    def choose(a: Array, b: Array) -> Array:
        return jnp.where(rows.reshape(rows.shape + (1,) * (a.ndim - 1)), a, b)

    return jax.tree.map(choose, if_true, if_false)


def never_in(params: Any, xs: Array) -> Array:
    """False for each row of ``xs [B, ...]``, with the type of what a step makes of them.

    Inside ``shard_map``, or on a mesh with explicit axes, the type of an array says how it is sharded, which a step's
    output has from the inputs and the parameters. What chooses by the condition gets that type too; the choice itself
    is computed away.
    """
    never = jnp.any(jnp.zeros_like(xs, dtype=bool), axis=tuple(range(1, xs.ndim)))
    for leaf in jax.tree.leaves(params):
        never = never | jnp.any(jnp.zeros_like(leaf, dtype=bool))
    return never
