"""A scan with a custom VJP: weight gradients are one product after the backward loop (Appleyard et al. 2016).

JAX's derivative of a scan carries the gradient of every weight through the backward loop and adds a product of rank B
to it at each step. For a gated cell,

.. code-block:: text

    z = project(x),   s = recurrent_product(h) = h W_h,   a = combine(z, s),   carry = apply_gates(carry, a),   y = h

the backward loop needs only W_h and the elementwise derivatives of ``apply_gates`` and ``combine``. It stores da, the
gradients of the pre-activations. After the loop, da of all steps gives dz and ds. From these, the VJPs of ``project``
and ``recurrent_product`` compute the gradients of W_x, b, x and W_h for all steps at once, such as ``dW_h = H^T dS``.
JAX differentiates ``apply_gates``, which is recomputed in the backward loop, so that only its inputs are saved.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from seqjax.masking import choose_rows, match_sharding, match_sharding_without_rows
from seqjax.recurrence.backends.operands import Operands
from seqjax.recurrence.cell import GatedCarry, GatedCell, GatedParams
from seqjax.recurrence.plan import Plan
from seqjax.recurrence.product import along, product
from seqjax.typing import Array, Tree

TreeT = TypeVar("TreeT")


class Saved(NamedTuple):
    """Arrays saved at each step for the backward pass, time-major."""

    before: GatedCarry  # the carry before the step, after a reset; h is None if the outputs provide it
    preacts: Tree  # the pre-activations; None if they are recomputed


class Residuals(NamedTuple):
    """Everything that the backward pass reads."""

    operands: Operands
    ys: Array | None  # the outputs, if they replace the saved h
    saved: Saved


class Gradients(NamedTuple):
    """The carry of the backward loop."""

    carry: GatedCarry  # of the carry after the step
    gate_params: GatedParams  # of the parameters that apply_gates reads, summed over the steps
    initial: GatedCarry  # of the carry after a reset, summed over the resets
    recurrent_mask: Array | None  # summed over the steps
    preacts: Tree  # of the pre-activations of all steps, written step by step


def run(cell: GatedCell, operands: Operands, reverse: bool, plan: Plan) -> tuple[Any, Array]:
    """The last carry and the outputs ``[T, B, P]`` of a gated cell."""
    try:
        return _scan(cell, operands, reverse, plan)
    except TypeError as error:
        if "custom_vjp" in str(error):
            error.add_note("Forward-mode derivatives of a recurrence need plan=Plan(backend='autodiff').")
        raise


@partial(jax.custom_vjp, nondiff_argnums=(0, 2, 3))
def _scan(cell: GatedCell, operands: Operands, reverse: bool, plan: Plan) -> tuple[Any, Array]:
    last, (ys, _) = _forward(cell, operands, reverse, plan, saves=False)
    return last, ys


def _scan_and_save(
    cell: GatedCell, operands: Operands, reverse: bool, plan: Plan
) -> tuple[tuple[Any, Array], Residuals]:
    last, (ys, saved) = _forward(cell, operands, reverse, plan, saves=True)
    assert saved is not None
    return (last, ys), Residuals(operands, ys if saved.before.h is None else None, saved)


def _forward(
    cell: GatedCell, operands: Operands, reverse: bool, plan: Plan, *, saves: bool
) -> tuple[Any, tuple[Array, Saved | None]]:
    """The last carry, and for each step the output and the saved arrays (None if not ``saves``)."""
    params, carry, initial, xs, recurrent_mask, mask, reset = operands
    dtype = jnp.result_type(xs, *jax.tree.leaves(params))
    is_hoisted = plan.projection == "hoisted"
    zs: Array = cell.project(params, xs) if is_hoisted else xs
    preactivations = _preactivations(cell, params, dtype, plan.projection)
    prefetches = is_hoisted and plan.prefetch

    def body(state: tuple[Any, Any], step: Any) -> tuple[tuple[Any, Any], tuple[Array, Saved | None]]:
        (old, fetched), (z, next_t, is_real, is_start) = state, step
        before = old if is_start is None else choose_rows(is_start, initial, old)
        h = _recurrent_input(before.h, recurrent_mask, dtype)
        a = preactivations(fetched if prefetches else z, h)
        new = cell.apply_gates(params, before, a)
        y = new.h.astype(dtype)
        if is_real is not None:
            new = choose_rows(is_real, new, old)
            y = choose_rows(is_real, y, jnp.zeros_like(y))
        saved = Saved(_carry_to_save(before, operands, dtype), None if plan.residuals == "carry" else a)
        fetched = jax.lax.dynamic_index_in_dim(zs, next_t, keepdims=False) if prefetches else None
        return (new, fetched), (y, saved if saves else None)

    steps: Any = (zs, None, mask, reset)
    first = None
    if prefetches:
        # The index after the last step is clipped; the value fetched there is not used.
        next_t = jnp.arange(len(zs)) + (-1 if reverse else 1)
        steps, first = (None, next_t, mask, reset), zs[-1 if reverse else 0]
    (last, _), outputs = jax.lax.scan(body, (carry, first), steps, reverse=reverse, unroll=plan.unroll)
    return last, outputs


def _preactivations(
    cell: GatedCell, params: GatedParams, dtype: DTypeLike, projection: str
) -> Callable[[Array, Array], Tree]:
    """The function that computes the pre-activations from the input of a step, projected if hoisted, and h."""
    if projection == "fused":
        stacked = params._replace(w_x=jnp.concatenate([params.w_x, params.w_h], axis=-2))

    def hoisted(z: Array, h: Array) -> Tree:
        s = cell.recurrent_product(params, h)
        return cell.combine(params, z, s)

    def in_loop(x: Array, h: Array) -> Tree:
        z = cell.project(params, x)
        return cell.combine(params, z, cell.recurrent_product(params, h))

    def fused(x: Array, h: Array) -> Tree:
        x_and_h = jnp.concatenate([x.astype(dtype), h], axis=-1)
        return cell.project(stacked, x_and_h)

    return {"hoisted": hoisted, "in_loop": in_loop, "fused": fused}[projection]


def _backward(
    cell: GatedCell, reverse: bool, plan: Plan, residuals: Residuals, cotangents: tuple[Any, Array]
) -> tuple[Operands]:
    """The gradients of all operands."""
    operands, saved = residuals.operands, residuals.saved
    params, xs = operands.params, operands.inputs
    d_last, d_ys = cotangents
    before = _recover_carry(residuals, d_ys, reverse)
    # apply_gates has few parameters, so their gradients can be summed in the loop. The sum and the initial state of the
    # loop need the sharding of a step's output.
    spread = partial(match_sharding_without_rows, params=params, xs=_one_step(xs))
    gate_params, spread_vjp = jax.vjp(spread, params._replace(w_x=None, w_h=None, b=None))
    body, zero_preacts = _backward_body(cell, operands, gate_params, is_saved=saved.preacts is not None, like=d_ys)
    # Gradients overwrite the saved pre-activations in place. Without these, a dependency on d_ys keeps XLA from
    # allocating the new buffer early.
    buffer = saved.preacts
    if buffer is None:
        buffer = jax.tree.map(lambda leaf: leaf[None] + 0 * d_ys[..., :1], zero_preacts)
    zeros = jax.tree.map(jnp.zeros_like, (gate_params, operands.initial, operands.recurrent_mask))
    d_initial, d_recurrent_mask = match_sharding(zeros[1:], params, _one_step(xs))
    start = Gradients(d_last, spread(zeros[0]), d_initial, d_recurrent_mask, buffer)
    steps = (jnp.arange(len(xs)), xs if saved.preacts is None else None, before, d_ys, operands.mask, operands.reset)
    d, _ = jax.lax.scan(body, start, steps, reverse=not reverse, unroll=plan.unroll)
    d_params, d_xs = _parameter_gradients(cell, operands, before.h, d.preacts, d_ys.dtype)
    (d_gate_params,) = spread_vjp(d.gate_params)
    both = {name: d + getattr(d_params, name) for name, d in d_gate_params._asdict().items() if d is not None}
    return (Operands(d_params._replace(**both), d.carry, d.initial, d_xs, d.recurrent_mask),)


def _recover_carry(residuals: Residuals, d_ys: Array, reverse: bool) -> GatedCarry:
    """The carry before each step, ``[T, B, ...]``; h comes from the outputs if it was not saved."""
    before, ys = residuals.saved.before, residuals.ys
    if ys is None:
        return before
    # The dependency on d_ys keeps XLA from making this copy for every layer before the first loop of the program.
    first = residuals.operands.carry.h[None] + 0 * d_ys[:1]
    recovered: GatedCarry = before._replace(h=jnp.concatenate([ys[1:], first] if reverse else [first, ys[:-1]]))
    return recovered


def _backward_body(
    cell: GatedCell, operands: Operands, gate_params: GatedParams, *, is_saved: bool, like: Array
) -> tuple[Callable[[Gradients, Any], tuple[Gradients, None]], Tree]:
    """The body of the backward loop, and zero pre-activations ``[B, ...]`` of one step.

    If ``is_saved``, ``Gradients.preacts`` initially holds the saved pre-activations, and each step replaces its own by
    their gradients. Otherwise the loop recomputes them.
    """
    params, dtype, recurrent_mask = operands.params, like.dtype, operands.recurrent_mask
    w_h_t = jnp.swapaxes(params.w_h, -1, -2)
    # combine is linear, so its derivative can be taken at zero.
    zero = jnp.zeros((like.shape[1], params.w_h.shape[-1]), dtype)
    zero = match_sharding(zero, params, _one_step(operands.inputs))
    zero_preacts, combine_vjp = jax.vjp(lambda s: cell.combine(params, zero, s), zero)

    def preactivations(d: Gradients, t: Array, x: Any, before: GatedCarry) -> Tree:
        if is_saved:
            return jax.tree.map(lambda a: jax.lax.dynamic_index_in_dim(a, t, keepdims=False), d.preacts)
        s = cell.recurrent_product(params, _recurrent_input(before.h, recurrent_mask, dtype))
        return cell.combine(params, cell.project(params, x), s)

    def body(d: Gradients, step: Any) -> tuple[Gradients, None]:
        t, x, before, d_y, is_real, is_start = step
        d_new: GatedCarry = d.carry
        d_held: GatedCarry | None = None
        if is_real is not None:
            (d_new, d_y), (d_held, _) = _split(is_real, (d_new, d_y))
        d_new = d_new._replace(h=d_new.h + d_y.astype(d_new.h.dtype))
        _, gates_vjp = jax.vjp(cell.apply_gates, gate_params, before, preactivations(d, t, x, before))
        d_gate_params, d_before, d_a = gates_vjp(d_new)
        d_preacts = jax.tree.map(lambda d, row: jax.lax.dynamic_update_index_in_dim(d, row, t, 0), d.preacts, d_a)
        d_h = product(combine_vjp(d_a)[0], w_h_t).astype(d_before.h.dtype)
        d_initial, d_recurrent_mask = d.initial, d.recurrent_mask
        if recurrent_mask is not None:
            d_recurrent_mask = d_recurrent_mask + d_h * before.h
            d_h = d_h * recurrent_mask
        d_before = d_before._replace(h=d_before.h + d_h)
        if is_start is not None:
            d_start, d_before = _split(is_start, d_before)
            d_initial = _add(d_initial, d_start)
        d_old = d_before if d_held is None else _add(d_before, d_held)
        d_gate_params = _add(d.gate_params, d_gate_params)
        return Gradients(d_old, d_gate_params, d_initial, d_recurrent_mask, d_preacts), None

    return body, zero_preacts


def _parameter_gradients(
    cell: GatedCell, operands: Operands, h: Array, d_preacts: Tree, dtype: DTypeLike
) -> tuple[Any, Array]:
    """The gradients of the parameters and of the inputs, from those of the pre-activations of all steps."""
    params = operands.params
    h = _recurrent_input(h, operands.recurrent_mask, dtype)
    z, project_vjp = jax.vjp(cell.project, params, operands.inputs)
    s, product_vjp = jax.vjp(lambda params: cell.recurrent_product(params, h), params)
    # combine is linear, so its derivative does not require computing z and s.
    _, combine_vjp = jax.vjp(partial(cell.combine, params), z, s)
    d_z, d_s = combine_vjp(d_preacts)
    d_params, d_xs = project_vjp(d_z)
    (d_params_of_product,) = product_vjp(d_s)
    return _add(d_params, d_params_of_product), d_xs


_scan.defvjp(_scan_and_save, _backward)


def _carry_to_save(before: GatedCarry, operands: Operands, dtype: DTypeLike) -> GatedCarry:
    """The carry to save: without h where it equals the previous output (no mask, no resets, the same dtype)."""
    is_output = operands.mask is None and operands.reset is None and before.h.dtype == dtype
    saved: GatedCarry = before._replace(h=None) if is_output else before
    return saved


def _recurrent_input(h: Array, recurrent_mask: Array | None, dtype: DTypeLike) -> Array:
    """The array that W_h multiplies in the recurrent product."""
    return (h if recurrent_mask is None else h * along(recurrent_mask, h)).astype(dtype)


def _one_step(xs: Array) -> Array:
    """The inputs of one step, ``[B, 1, 1]`` of ``xs [T, B, D]``, for :func:`seqjax.masking.match_sharding`."""
    return jnp.swapaxes(xs[:1, :, :1], 0, 1)


def _split(rows: Array, tree: TreeT) -> tuple[TreeT, TreeT]:
    """The tree with zeros in all rows except ``rows``, and with zeros in ``rows``."""
    zeros = jax.tree.map(jnp.zeros_like, tree)
    return choose_rows(rows, tree, zeros), choose_rows(rows, zeros, tree)


def _add(a: TreeT, b: TreeT) -> TreeT:
    total: TreeT = jax.tree.map(jnp.add, a, b)
    return total
