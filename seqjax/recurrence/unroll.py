"""Runs a recurrent cell over a batch of sequences."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp

from seqjax.masking import match_sharding, reset_in_reverse
from seqjax.recurrence.arguments import check_call, check_flags
from seqjax.recurrence.backends import BACKENDS, READ_PROJECTED, Operands
from seqjax.recurrence.cell import ProjectedCell, SteppedCell
from seqjax.recurrence.plan import AUTO, Plan, choose
from seqjax.recurrence.product import copies
from seqjax.typing import Array, Inputs, Mask, Tree

CarryT = TypeVar("CarryT")


def unroll(
    cell: SteppedCell | ProjectedCell,
    params: Tree,
    carry: CarryT,
    xs: Inputs,
    *,
    mask: Mask | None = None,
    reset: Mask | None = None,
    reverse: bool = False,
    initial: CarryT | None = None,
    recurrent_mask: Array | None = None,
    plan: Plan = AUTO,
) -> tuple[CarryT, Tree]:
    """Runs a recurrent cell over a batch of sequences.

    Args:
      cell: A cell of any level; see :mod:`seqjax.recurrence.cell`.
      params: The cell's parameters.
      carry: The carry before the first step, leaves ``[B, ...]``.
      xs: Inputs ``[B, T, D]``.
      mask: ``[B, T]``, True where a position is real. At padding the carry is kept and the output is 0; the inputs
        there, NaN included, do not affect any output, carry or gradient.
      reset: ``[B, T]``, True where a new sequence starts: the carry is set to ``initial`` before that step. Ignored
        at padding.
      reverse: Whether to run from the last position to the first. ``reset`` marks the first position of a sequence in
        both directions.
      initial: The carry after a reset, with the structure of ``carry``; None for zeros.
      recurrent_mask: ``[B, P]``, passed to the cell's ``recur``: multiplies h before its product with W_h.
      plan: Execution options; results agree up to rounding. JAX has no forward-mode derivatives (``jax.jvp``,
        ``jax.jacfwd``) of a function with a custom VJP: they need ``Plan(backend="autodiff")``.

    Returns:
      The last carry and the outputs ``[B, T, ...]``. A row without a real position returns its carry unchanged.

    Raises:
      ValueError: A plan that the cell or the call does not support, or an array of another shape.
      TypeError: An array of another type, or an ``initial`` of another structure.
    """
    # Prepare.
    check_call(params, xs, carry, initial, recurrent_mask)
    check_flags(xs.shape, mask=mask, reset=reset)
    if initial is None:
        initial = jax.tree.map(jnp.zeros_like, carry)
    carry, initial = match_sharding((carry, initial), params, xs[:, :1, :1])
    given = xs
    if mask is not None:
        xs = jnp.where(mask[..., None], xs, 0)
    if reset is not None and reverse:
        reset = reset_in_reverse(reset, mask)
    xs, mask, reset = jax.tree.map(_swap_batch_and_time, (xs, mask, reset))
    plan = choose(plan, cell, params, xs.shape)
    if plan.backend in READ_PROJECTED and isinstance(cell, ProjectedCell):
        xs = cell.project(params, xs)
    if getattr(cell, "takes_copies", False):
        params = copies(params, _read_in_loops(params, plan), given)
    operands = Operands(params, carry, initial, xs, recurrent_mask, mask, reset)

    # Run.
    def run(operands: Operands) -> tuple[Tree, Tree]:
        return BACKENDS[plan.backend](cell, operands, reverse, plan)

    last, ys = run(operands) if plan.chunk is None else _run_in_chunks(run, operands, plan.chunk, reverse)

    # Finish.
    return last, jax.tree.map(_swap_batch_and_time, ys)


def _read_in_loops(params: Any, plan: Plan) -> set[str]:
    """The parameters whose gradients a loop sums: all that it reads, but for those that the backend sums after it."""
    names = set(params._fields)
    if plan.backend in READ_PROJECTED:
        return names - {"w_x", "b"}
    return names if plan.chunk is not None else names - {"w_x", "w_h", "b"}


def _run_in_chunks(
    run: Callable[[Operands], tuple[Tree, Tree]], operands: Operands, chunk: int, reverse: bool
) -> tuple[Tree, Tree]:
    """Runs ``chunk`` steps at a time, saving one carry per chunk; the backward pass recomputes the rest."""

    @partial(jax.checkpoint, prevent_cse=False)
    def run_chunk(carry: Tree, steps: Tree) -> tuple[Tree, Tree]:
        inputs, mask, reset = steps
        return run(operands._replace(carry=carry, inputs=inputs, mask=mask, reset=reset))

    steps = operands.inputs, operands.mask, operands.reset
    time = jax.tree.leaves(steps)[0].shape[0]
    whole = time // chunk
    chunks = jax.tree.map(lambda leaf: leaf[: whole * chunk].reshape(whole, chunk, *leaf.shape[1:]), steps)
    rest = jax.tree.map(lambda leaf: leaf[whole * chunk :], steps)
    carry = operands.carry
    if whole * chunk == time:
        carry, ys = jax.lax.scan(run_chunk, carry, chunks, reverse=reverse)
        return carry, jax.tree.map(lambda y: y.reshape(time, *y.shape[2:]), ys)
    # The remaining steps end the sequence, where a reversed scan starts.
    if reverse:
        carry, end = run_chunk(carry, rest)
        carry, ys = jax.lax.scan(run_chunk, carry, chunks, reverse=True)
    else:
        carry, ys = jax.lax.scan(run_chunk, carry, chunks)
        carry, end = run_chunk(carry, rest)
    return carry, jax.tree.map(lambda y, last: jnp.concatenate([y.reshape(-1, *y.shape[2:]), last]), ys, end)


def _swap_batch_and_time(array: Array) -> Array:
    return jnp.swapaxes(array, 0, 1)
