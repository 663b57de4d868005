"""All steps of a diagonal linear recurrence at once, by an associative scan (Martin & Cundy 2018, section 2)."""

import jax
import jax.numpy as jnp

from seqjax.recurrence.backends.operands import Operands
from seqjax.recurrence.linear import DiagonalRecurrence
from seqjax.recurrence.plan import Plan
from seqjax.typing import Array


def run(
    cell: DiagonalRecurrence, operands: Operands, reverse: bool, plan: Plan
) -> tuple[DiagonalRecurrence.Carry, Array]:
    """The last carry and the outputs ``[T, B, H]``.

    A step ``h -> a * h + u`` is a map, written (a, u). Maps compose in any grouping, so that a scan over maps needs
    O(log T) rounds.
    """
    carry, initial, mask, reset = operands.carry, operands.initial, operands.mask, operands.reset
    a, u = (z.astype(carry.h.dtype) for z in operands.inputs)  # [T, B, H]
    if reset is not None:
        a, u = jnp.where(reset[..., None], 0, a), jnp.where(reset[..., None], u + a * initial.h[None], u)
    if mask is not None:
        a, u = jnp.where(mask[..., None], a, 1), jnp.where(mask[..., None], u, 0)

    # The carry precedes the first step as the constant map (0, carry), which also makes T = 0 no special case.
    def attach(first: Array, rest: Array) -> Array:
        return jnp.concatenate([rest, first[None]] if reverse else [first[None], rest])

    def compose(earlier: tuple[Array, Array], later: tuple[Array, Array]) -> tuple[Array, Array]:
        return earlier[0] * later[0], later[0] * earlier[1] + later[1]

    maps = attach(jnp.zeros_like(carry.h), a), attach(carry.h, u)
    _, h = jax.lax.associative_scan(compose, maps, reverse=reverse)
    last, ys = (h[0], h[:-1]) if reverse else (h[-1], h[1:])
    ys = ys.astype(operands.inputs[1].dtype)
    return cell.Carry(last), ys if mask is None else jnp.where(mask[..., None], ys, 0)
