"""The only scan over time."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.masking import reset_in_reverse
from seqjax.typing import Array, Inputs, Mask


@dataclasses.dataclass(frozen=True)
class Bound:
    """A cell whose ``recur`` has some options fixed. Two with equal options are equal, so nothing compiles twice."""

    cell: Any
    options: tuple[tuple[str, Any], ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cell, name)

    @property
    def recur(self) -> Any:
        return partial(self.cell.recur, **dict(self.options))

    def step(self, params: Any, carry: Any, x: Array) -> tuple[Any, Any]:
        carry, y = self.recur(params, carry, self.cell.project(params, x))
        return carry, y


def bind(cell: Any, **options: Any) -> Bound:
    """The cell with options of its ``recur`` fixed, as in ``bind(elman, activation=jax.nn.relu)``."""
    return Bound(cell, tuple(sorted(options.items())))


def unroll(
    cell: Any,
    params: Any,
    carry: Any,
    xs: Inputs,
    *,
    mask: Mask | None = None,
    reset: Mask | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Runs a cell over a batch of sequences.

    Args:
      cell: A module or object with ``project`` and ``recur``, or with ``step`` alone.
      params: The cell's parameters.
      carry: The carry before the first step, leaves ``[B, ...]``.
      xs: Inputs ``[B, T, D]``.
      mask: ``[B, T]``, True where a position is real. Elsewhere the carry is held and the output is 0; nothing that
        stands there, NaN included, reaches an output, a carry or a gradient.
      reset: ``[B, T]``, True where a new sequence starts: the carry is zero before that step. Not heeded at padding.
      reverse: Whether to run from the last position to the first. ``reset`` marks the same first positions as it
        does forwards.

    Returns:
      The last carry and the outputs ``[B, T, ...]``. A row without a real position returns its initial carry.
    """
    if mask is not None:
        xs = jnp.where(mask[..., None], xs, 0)
    if reset is not None and reverse:
        reset = reset_in_reverse(reset, mask)
    elif reset is not None and mask is not None:
        reset = reset & mask
    xs, mask, reset = jax.tree.map(_swap_batch_and_time, (xs, mask, reset))
    if hasattr(cell, "project"):
        zs, recur = cell.project(params, xs), cell.recur
    else:
        zs, recur = xs, cell.step

    def body(carry: Any, inputs: tuple[Array, Array | None, Array | None]) -> tuple[Any, Any]:
        z, is_real, is_start = inputs
        held = carry
        if is_start is not None:
            carry = _where(is_start, jax.tree.map(jnp.zeros_like, carry), carry)
        new, y = recur(params, carry, z)
        # A scan's carry keeps its type, so that a wide carry stays wide under narrow inputs.
        new = jax.tree.map(lambda leaf, old: leaf.astype(old.dtype), new, held)
        if is_real is not None:
            new = _where(is_real, new, held)
            y = _where(is_real, y, jax.tree.map(jnp.zeros_like, y))
        return new, y

    carry, ys = jax.lax.scan(body, carry, (zs, mask, reset), reverse=reverse)
    return carry, jax.tree.map(_swap_batch_and_time, ys)


def _swap_batch_and_time(array: Array) -> Array:
    return jnp.swapaxes(array, 0, 1)


def _where(rows: Array, if_true: Any, if_false: Any) -> Any:
    """Chooses whole rows of two trees with leaves ``[B, ...]`` by ``rows [B]``."""

    def choose(a: Array, b: Array) -> Array:
        return jnp.where(rows.reshape(rows.shape + (1,) * (a.ndim - 1)), a, b)

    return jax.tree.map(choose, if_true, if_false)
