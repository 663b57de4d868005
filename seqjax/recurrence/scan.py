"""The only scan over time."""

import dataclasses
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.masking import choose_rows, never_in, reset_in_reverse
from seqjax.recurrence import cudnn, gathered, linear
from seqjax.recurrence.plan import AUTO, Plan, choose
from seqjax.typing import Array, Inputs, Mask

Run = Callable[[Any, tuple[Any, Array | None, Array | None]], tuple[Any, Any]]


@dataclasses.dataclass(frozen=True)
class Bound:
    """A cell whose ``recur`` has some options fixed. Two with equal options are equal, so nothing compiles twice."""

    cell: Any
    options: tuple[tuple[str, Any], ...]

    def __getattr__(self, name: str) -> Any:
        # A part of the cell that could not heed the options is no part of this one.
        if name == "mix" and not self._options_of("gate").keys() >= dict(self.options).keys():
            raise AttributeError(f"{self} does not come in parts: gate has not all of the options")
        return getattr(self.cell, name)

    @property
    def recur(self) -> Any:
        """The cell's ``recur`` with the options fixed."""
        return partial(self.cell.recur, **dict(self.options))

    @property
    def gate(self) -> Any:
        """The cell's ``gate`` with those of the options fixed that it takes."""
        return partial(self.cell.gate, **self._options_of("gate"))

    def _options_of(self, part: str) -> dict[str, Any]:
        known = inspect.signature(getattr(self.cell, part)).parameters
        return {name: value for name, value in self.options if name in known}

    def step(self, params: Any, carry: Any, x: Array) -> tuple[Any, Any]:
        """One step from the input ``x [B, D]``: ``recur`` after ``project``."""
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
    keep: Array | None = None,
    parallel: bool = False,
    plan: Plan = AUTO,
) -> tuple[Any, Any]:
    """Runs a cell over a batch of sequences.

    Args:
      cell: A module or object with ``project`` and ``recur``, or with ``step`` alone. One that has ``mix`` and ``gate``
        too, as the built-in cells have, has a faster backward pass (:mod:`seqjax.recurrence.gathered`).
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
      keep: ``[B, H]``, handed to the cell's ``recur``: what h is multiplied by before its product with W_h.
      parallel: Whether to take all steps at once, by ``jax.lax.associative_scan``, which a diagonal linear recurrence
        allows (Martin & Cundy 2018, section 2): the same numbers up to rounding, in O(log T) rounds.
      plan: How to compute it; the numbers are the same up to rounding. Forward-mode derivatives (``jax.jvp``,
        ``jax.jacfwd``), which JAX refuses a function with a backward pass of its own, need
        ``Plan(backend="autodiff")``.

    Returns:
      The last carry and the outputs ``[B, T, ...]``. A row without a real position returns its initial carry.

    Raises:
      ValueError: ``parallel``, and the cell is not a diagonal linear recurrence (its ``recur`` is not that of
        :mod:`seqjax.recurrence.linear`); a plan that asks for a backend which cannot take the call.
    """
    if parallel and getattr(cell, "recur", None) is not linear.recur:
        raise ValueError(f"parallel=True needs a cell whose recur is linear.recur, which {cell} is not")
    if initial is None:
        initial = jax.tree.map(jnp.zeros_like, carry)
    # A scan wants a carry to go in with the type that it comes out with: that of a step.
    never = never_in(params, xs[:, :1, :1])
    carry, initial = jax.tree.map(lambda leaf: choose_rows(never, jnp.zeros_like(leaf), leaf), (carry, initial))
    if mask is not None:
        xs = jnp.where(mask[..., None], xs, 0)
    if reset is not None and reverse:
        reset = reset_in_reverse(reset, mask)
    if plan.backend == "cudnn":
        if needed := cudnn.obstacle(cell, params, carry, xs, mask, reset, keep):
            raise ValueError(f"backend='cudnn' needs {needed}; backend='auto' takes any call")
        return cudnn.scan(params, carry, xs, reverse)
    xs, mask, reset = jax.tree.map(_swap_batch_and_time, (xs, mask, reset))
    if parallel:
        last, ys = _associative(carry, initial, cell.project(params, xs), mask, reset, reverse)
        return last, _swap_batch_and_time(ys)
    plan = choose(plan, cell, params, xs.shape)

    if plan.backend == "gathered":
        inputs = xs

        def run(carry: Any, inputs: tuple[Any, Array | None, Array | None]) -> tuple[Any, Any]:
            xs, mask, reset = inputs
            operands = gathered.Operands(params, carry, initial, xs, keep, mask, reset)
            try:
                return gathered.scan(plan, cell, reverse, operands)
            except TypeError as error:
                if "custom_vjp" in str(error):
                    error.add_note("Forward-mode derivatives of a recurrence need plan=Plan(backend='autodiff').")
                raise
    else:
        inputs = cell.project(params, xs) if hasattr(cell, "project") else xs
        recur = cell.recur if hasattr(cell, "project") else cell.step
        recur = recur if keep is None else partial(recur, keep=keep)

        def body(carry: Any, inputs: tuple[Any, Array | None, Array | None]) -> tuple[Any, Any]:
            z, is_real, is_start = inputs
            held = carry
            if is_start is not None:
                carry = choose_rows(is_start, initial, carry)
            new, y = recur(params, carry, z)
            # A scan's carry keeps its type, so that a wide carry stays wide under narrow inputs.
            new = jax.tree.map(lambda leaf, old: leaf.astype(old.dtype), new, held)
            if is_real is not None:
                new = choose_rows(is_real, new, held)
                y = choose_rows(is_real, y, jax.tree.map(jnp.zeros_like, y))
            return new, y

        def run(carry: Any, inputs: tuple[Any, Array | None, Array | None]) -> tuple[Any, Any]:
            return jax.lax.scan(body, carry, inputs, reverse=reverse, unroll=plan.unroll)

    whole = run if plan.chunk is None else _in_chunks(run, plan.chunk, reverse)
    carry, ys = whole(carry, (inputs, mask, reset))
    return carry, jax.tree.map(_swap_batch_and_time, ys)


def _in_chunks(run: Run, chunk: int, reverse: bool) -> Run:
    """The same scan, of which the backward pass keeps a carry every ``chunk`` steps and computes the rest again."""
    again = jax.checkpoint(run, prevent_cse=False)

    def whole(carry: Any, inputs: Any) -> tuple[Any, Any]:
        time = jax.tree.leaves(inputs)[0].shape[0]
        fits = time // chunk
        chunks = jax.tree.map(lambda leaf: leaf[: fits * chunk].reshape(fits, chunk, *leaf.shape[1:]), inputs)
        rest = jax.tree.map(lambda leaf: leaf[fits * chunk :], inputs)
        if fits * chunk == time:
            carry, ys = jax.lax.scan(again, carry, chunks, reverse=reverse)
            return carry, jax.tree.map(lambda y: y.reshape(time, *y.shape[2:]), ys)
        # The rest stands at the end, where a reversed scan begins.
        if reverse:
            carry, end = again(carry, rest)
            carry, ys = jax.lax.scan(again, carry, chunks, reverse=True)
        else:
            carry, ys = jax.lax.scan(again, carry, chunks)
            carry, end = again(carry, rest)
        return carry, jax.tree.map(lambda y, last: jnp.concatenate([y.reshape(-1, *y.shape[2:]), last]), ys, end)

    return whole


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


def _swap_batch_and_time(array: Array) -> Array:
    return jnp.swapaxes(array, 0, 1)
