"""A scan that JAX differentiates: the reference for all other backends."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.masking import choose_rows
from seqjax.recurrence.backends.operands import Operands
from seqjax.recurrence.cell import ProjectedCell, SteppedCell
from seqjax.recurrence.plan import Plan
from seqjax.typing import Array, Tree


def run(cell: ProjectedCell | SteppedCell, operands: Operands, reverse: bool, plan: Plan) -> tuple[Tree, Tree]:
    """The last carry and the outputs ``[T, B, ...]`` of any cell."""
    params, carry, initial, inputs, recurrent_mask, mask, reset = operands
    recur: Callable[..., tuple[Tree, Tree]] = cell.recur if isinstance(cell, ProjectedCell) else cell.step
    if recurrent_mask is not None:
        recur = partial(recur, recurrent_mask=recurrent_mask)

    def body(old: Tree, step: tuple[Any, Array | None, Array | None]) -> tuple[Tree, Tree]:
        z, is_real, is_start = step
        before = old if is_start is None else choose_rows(is_start, initial, old)
        new, y = recur(params, before, z)
        # A scan's carry keeps its type, so that a float32 carry stays float32 under bfloat16 inputs.
        new = jax.tree.map(lambda leaf, like: leaf.astype(like.dtype), new, old)
        if is_real is not None:
            new = choose_rows(is_real, new, old)
            y = choose_rows(is_real, y, jax.tree.map(jnp.zeros_like, y))
        return new, y

    return jax.lax.scan(body, carry, (inputs, mask, reset), reverse=reverse, unroll=plan.unroll)
