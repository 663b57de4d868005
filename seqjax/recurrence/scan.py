"""The only scan over time."""

import dataclasses
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.masking import reset_in_reverse
from seqjax.recurrence import linear
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
    initial: Any = None,
    parallel: bool = False,
) -> tuple[Any, Any]:
    """Runs a cell over a batch of sequences.

    Args:
      cell: A module or object with ``project`` and ``recur``, or with ``step`` alone.
      params: The cell's parameters.
      carry: The carry before the first step, leaves ``[B, ...]``.
      xs: Inputs ``[B, T, D]``.
      mask: ``[B, T]``, True where a position is real. Elsewhere the carry is held and the output is 0; nothing that
        stands there, NaN included, reaches an output, a carry or a gradient.
      reset: ``[B, T]``, True where a new sequence starts: the carry is ``initial`` before that step. Not heeded at
        padding.
      reverse: Whether to run from the last position to the first. ``reset`` marks the same first positions as it
        does forwards.
      initial: The carry that a sequence starts from inside a row, of the structure of ``carry``; None for zeros.
      parallel: Whether to take all steps at once, by ``jax.lax.associative_scan``, which a diagonal linear recurrence
        allows (Martin & Cundy 2018, section 2): the same numbers up to rounding, in O(log T) rounds.

    Returns:
      The last carry and the outputs ``[B, T, ...]``. A row without a real position returns its initial carry.

    Raises:
      ValueError: ``parallel``, and the cell is not a diagonal linear recurrence (its ``recur`` is not that of
        :mod:`seqjax.recurrence.linear`).
    """
    if parallel and getattr(cell, "recur", None) is not linear.recur:
        raise ValueError(f"parallel=True needs a cell whose recur is linear.recur, which {cell} is not")
    if initial is None:
        initial = jax.tree.map(jnp.zeros_like, carry)
    carry, initial = _typed_like_a_step((carry, initial), params, xs)
    if mask is not None:
        xs = jnp.where(mask[..., None], xs, 0)
    if reset is not None and reverse:
        reset = reset_in_reverse(reset, mask)
    xs, mask, reset = jax.tree.map(_swap_batch_and_time, (xs, mask, reset))
    if hasattr(cell, "project"):
        zs, recur = cell.project(params, xs), cell.recur
    else:
        zs, recur = xs, cell.step
    if parallel:
        last, ys = _associative(carry, initial, zs, mask, reset, reverse)
        return last, _swap_batch_and_time(ys)

    def body(carry: Any, inputs: tuple[Any, Array | None, Array | None]) -> tuple[Any, Any]:
        z, is_real, is_start = inputs
        held = carry
        if is_start is not None:
            carry = _where(is_start, initial, carry)
        new, y = recur(params, carry, z)
        # A scan's carry keeps its type, so that a wide carry stays wide under narrow inputs.
        new = jax.tree.map(lambda leaf, old: leaf.astype(old.dtype), new, held)
        if is_real is not None:
            new = _where(is_real, new, held)
            y = _where(is_real, y, jax.tree.map(jnp.zeros_like, y))
        return new, y

    carry, ys = jax.lax.scan(body, carry, (zs, mask, reset), reverse=reverse)
    return carry, jax.tree.map(_swap_batch_and_time, ys)


def _associative(
    carry: Any, initial: Any, zs: tuple[Array, Array], mask: Array | None, reset: Array | None, reverse: bool
) -> tuple[Any, Array]:
    """``h = a * h + u`` over all steps at once, time-major. A pair (a, u) is a map; maps compose in any grouping."""
    dtype = carry.h.dtype
    a, u = (z.astype(dtype) for z in zs)  # [T, B, H]
    if reset is not None:
        a, u = jnp.where(reset[..., None], 0, a), jnp.where(reset[..., None], u + a * initial.h, u)
    if mask is not None:
        a, u = jnp.where(mask[..., None], a, 1), jnp.where(mask[..., None], u, 0)

    # The carry stands before the first step as the map to itself, which also makes T = 0 no special case.
    def attach(first: Array, rest: Array) -> Array:
        return jnp.concatenate([rest, first[None]] if reverse else [first[None], rest])

    def compose(earlier: tuple[Array, Array], later: tuple[Array, Array]) -> tuple[Array, Array]:
        return earlier[0] * later[0], later[0] * earlier[1] + later[1]

    maps = attach(jnp.zeros_like(carry.h), a), attach(carry.h, u)
    _, h = jax.lax.associative_scan(compose, maps, reverse=reverse)
    last, ys = (h[0], h[:-1]) if reverse else (h[-1], h[1:])
    ys = ys.astype(zs[1].dtype)
    return type(carry)(last), ys if mask is None else jnp.where(mask[..., None], ys, 0)


def _typed_like_a_step(carries: Any, params: Any, xs: Array) -> Any:
    """The same numbers, made dependent on the inputs.

    A scan wants a carry to go in with the type that it comes out with. Inside ``shard_map``, or on a mesh with explicit
    axes, the type says how an array is sharded, which a step's output has from the inputs and the parameters. The
    condition below is False and is computed away; choosing by it gives the carry their type.
    """
    never = jnp.any(jnp.zeros_like(xs[:, :1, :1], dtype=bool), axis=(1, 2))  # [B]
    for leaf in jax.tree.leaves(params):
        never = never | jnp.any(jnp.zeros_like(leaf, dtype=bool))
    return jax.tree.map(lambda leaf: _where(never, jnp.zeros_like(leaf), leaf), carries)


def _swap_batch_and_time(array: Array) -> Array:
    return jnp.swapaxes(array, 0, 1)


def _where(rows: Array, if_true: Any, if_false: Any) -> Any:
    """Chooses whole rows of two trees with leaves ``[B, ...]`` by ``rows [B]``."""

    def choose(a: Array, b: Array) -> Array:
        return jnp.where(rows.reshape(rows.shape + (1,) * (a.ndim - 1)), a, b)

    return jax.tree.map(choose, if_true, if_false)
