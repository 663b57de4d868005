"""Masks: ``True`` where a position is real, ``False`` where it is padding."""

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
