"""A scan whose backward pass gathers: its loop emits the gates' gradients, one product after it forms the weights'.

Differentiated as it stands, a scan carries the gradient of every weight through its backward loop and adds a product of
rank B to it at each step. For a cell in parts,

.. code-block:: text

    z = project(x),   s = feed(h) = h W_h,   a = mix(z, s),   carry = gate(carry, a),   y = h

the loop needs only W_h (for h) and the derivatives of ``gate`` and ``mix``, entry by entry. With dz and ds known for
all steps, the gradients of W_x, b, W_h and x are those of ``project`` and ``feed`` over all steps at once, as in
``dW_h = H^T dS`` (Appleyard et al. 2016). The derivatives of ``gate`` are JAX's own, taken anew in the backward loop,
so that only its inputs are kept.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from seqjax.masking import choose_rows, never_in
from seqjax.recurrence.plan import Plan
from seqjax.typing import Array


class Operands(NamedTuple):
    """Everything that a scan reads, time-major; None where there is none.

    ``carry`` and ``initial`` have leaves ``[B, ...]``; ``xs [T, B, D]``; ``keep [B, P]`` multiplies h on its way into
    the product; ``mask`` and ``reset [T, B]``.
    """

    params: Any
    carry: Any
    initial: Any
    xs: Array
    keep: Array | None = None
    mask: Array | None = None
    reset: Array | None = None


@partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))
def scan(plan: Plan, cell: Any, reverse: bool, operands: Operands) -> tuple[Any, Array]:
    """The last carry, and the outputs ``[T, B, P]``, of a cell in parts; see :func:`seqjax.recurrence.unroll`."""
    last, (ys, _) = _forward(plan, cell, reverse, operands)
    return last, ys


def _forward(
    plan: Plan, cell: Any, reverse: bool, operands: Operands, *, keeps: bool = False
) -> tuple[Any, tuple[Array, Any]]:
    params, carry, initial, xs, keep, mask, reset = operands
    dtype = jnp.result_type(xs, *jax.tree.leaves(params))
    ahead, joined = plan.projection == "ahead", plan.projection == "joined"
    fetches = ahead and plan.prefetch
    zs: Any = cell.project(params, xs) if ahead else None
    wide = params._replace(w_x=jnp.concatenate([params.w_x, params.w_h])) if joined else None

    def body(state: tuple[Any, Array | None], inputs: Any) -> tuple[Any, tuple[Array, Any]]:
        (carry, z), (x, following, is_real, is_start) = state, inputs
        before = carry if is_start is None else choose_rows(is_start, initial, carry)
        h = _fed(before.h, keep, dtype)
        if joined:
            a = cell.project(wide, jnp.concatenate([x.astype(dtype), h], axis=-1))
        else:
            z = z if fetches else x if ahead else cell.project(params, x)
            a = cell.mix(params, z, cell.feed(params, h))
        after = cell.gate(params, before, a)
        y = after.h.astype(dtype)
        if is_real is not None:
            after = choose_rows(is_real, after, carry)
            y = choose_rows(is_real, y, jnp.zeros_like(y))
        kept = (_without_outputs(before, operands, dtype), None if plan.residuals == "cell" else a)
        return (after, row(following) if fetches else None), (y, kept if keeps else None)

    def row(t: Array) -> Array:
        z: Array = jax.lax.dynamic_index_in_dim(zs, t, keepdims=False)
        return z

    # The index after the last one is clipped; what it fetches is not read.
    following = jnp.arange(len(xs)) + (-1 if reverse else 1) if fetches else None
    first = zs[-1 if reverse else 0] if fetches else None
    inputs = (None if fetches else zs if ahead else xs, following, mask, reset)
    (last, _), outputs = jax.lax.scan(body, (carry, first), inputs, reverse=reverse, unroll=plan.unroll)
    return last, outputs


def _forward_and_keep(plan: Plan, cell: Any, reverse: bool, operands: Operands) -> tuple[tuple[Any, Array], Any]:
    last, (ys, kept) = _forward(plan, cell, reverse, operands, keeps=True)
    return (last, ys), (operands, ys if kept[0].h is None else None, kept)


def _backward(plan: Plan, cell: Any, reverse: bool, residuals: Any, cotangents: tuple[Any, Array]) -> tuple[Operands]:
    operands, ys, (before, a) = residuals
    params, carry, initial, xs, keep, mask, reset = operands
    d_last, d_ys = cotangents
    if ys is not None:
        # Hangs on d_ys, or XLA would make this copy for every layer before the first loop of the program.
        first = carry.h[None] + 0 * d_ys[:1]
        before = before._replace(h=jnp.concatenate([ys[1:], first] if reverse else [first, ys[:-1]]))

    z, of_project = jax.vjp(cell.project, params, xs)
    s, of_feed = jax.vjp(lambda params: cell.feed(params, _fed(before.h, keep, d_ys.dtype)), params)
    # mix adds or arranges, so that its derivative is the same anywhere; neither z nor s is computed for it.
    _, of_mix = jax.vjp(partial(cell.mix, params), z, s)
    w_t = params.w_h.T
    # What the loop adds up, and starts from, needs the type of what a step makes.
    never = never_in(params, jnp.swapaxes(xs[:1, :, :1], 0, 1))
    of_rows = partial(jax.tree.map, lambda leaf: choose_rows(never, jnp.zeros_like(leaf), jnp.zeros_like(leaf)))
    # What gate reads of the parameters beside these is little: its gradient may grow in the loop.
    rest = params._replace(w_x=None, w_h=None, b=None)
    rest, of_rest = jax.vjp(lambda rest: jax.tree.map(lambda leaf: jnp.where(never.any(), 0, leaf), rest), rest)
    zero = of_rows(jnp.zeros((len(never), params.w_h.shape[1]), d_ys.dtype))
    zero_a, of_mix_now = jax.vjp(lambda s: cell.mix(params, zero, s), zero)

    def body(d: tuple[Any, Any, Any, Any, Any], inputs: Any) -> tuple[Any, None]:
        d_after, d_rest, d_initial, d_keep, d_as = d
        t, x, before, d_y, is_real, is_start = inputs
        d_held = None
        if is_real is not None:
            (d_after, d_y), (d_held, _) = _split(is_real, (d_after, d_y))
        d_after = d_after._replace(h=d_after.h + d_y.astype(d_after.h.dtype))
        if a is None:
            s_now = cell.feed(params, _fed(before.h, keep, d_y.dtype))
            a_now = cell.mix(params, cell.project(params, x), s_now)
        else:
            a_now = jax.tree.map(lambda a: jax.lax.dynamic_index_in_dim(a, t, keepdims=False), d_as)
        _, of_gate = jax.vjp(cell.gate, rest, before, a_now)
        d_rest_now, d_before, d_a = of_gate(d_after)
        d_as = jax.tree.map(lambda d_as, d_a: jax.lax.dynamic_update_index_in_dim(d_as, d_a, t, 0), d_as, d_a)
        d_h = (of_mix_now(d_a)[0] @ w_t).astype(d_before.h.dtype)
        if keep is not None:
            d_keep = d_keep + d_h * before.h
            d_h = d_h * keep
        d_before = d_before._replace(h=d_before.h + d_h)
        if is_start is not None:
            d_start, d_before = _split(is_start, d_before)
            d_initial = _add(d_initial, d_start)
        d_before = d_before if d_held is None else _add(d_before, d_held)
        return (d_before, _add(d_rest, d_rest_now), d_initial, d_keep, d_as), None

    d_rest = jax.tree.map(lambda leaf: jnp.where(never.any(), 0, jnp.zeros_like(leaf)), rest)
    # The loop writes da over a, which nothing reads again: the memory is there, and warm. Where there is no a, the room
    # for da hangs on d_ys too.
    d_as = jax.tree.map(lambda row: row + 0 * d_ys[..., :1], zero_a) if a is None else a
    start = (d_last, d_rest, *of_rows((initial, keep)), d_as)
    inputs = (jnp.arange(len(xs)), xs if a is None else None, before, d_ys, mask, reset)
    ends, _ = jax.lax.scan(body, start, inputs, reverse=not reverse, unroll=plan.unroll)
    d_carry, d_rest, d_initial, d_keep, d_as = ends
    d_z, d_s = of_mix(d_as)
    d_params, d_xs = of_project(d_z)
    d_params = _add(d_params, *of_feed(d_s))
    (d_rest,) = of_rest(d_rest)
    both = {name: d + getattr(d_params, name) for name, d in d_rest._asdict().items() if d is not None}
    return (Operands(d_params._replace(**both), d_carry, d_initial, d_xs, d_keep),)


scan.defvjp(_forward_and_keep, _backward)


def _without_outputs(before: Any, operands: Operands, dtype: DTypeLike) -> Any:
    """A carry without its h, if that is the output of the step before: with no padding, no reset, and in its type."""
    is_output = operands.mask is None and operands.reset is None and before.h.dtype == dtype
    return before._replace(h=None) if is_output else before


def _fed(h: Array, keep: Array | None, dtype: DTypeLike) -> Array:
    """What goes into the product that feeds h back."""
    return (h if keep is None else h * keep).astype(dtype)


def _split(rows: Array, tree: Any) -> tuple[Any, Any]:
    """The tree with zeros in all rows but these, and with zeros in these."""
    zeros = jax.tree.map(jnp.zeros_like, tree)
    return choose_rows(rows, tree, zeros), choose_rows(rows, zeros, tree)


def _add(one: Any, other: Any) -> Any:
    return jax.tree.map(jnp.add, one, other)
