"""Execution options of a recurrence; results agree up to rounding."""

import dataclasses
import math
from typing import Literal, get_args

import jax

from seqjax.recurrence.cell import GatedCell, is_gated
from seqjax.recurrence.linear import DiagonalRecurrence
from seqjax.typing import Size, Tree

Backend = Literal["auto", "autodiff", "custom_vjp", "associative", "cudnn"]
Residuals = Literal["gates", "carry", "output"]
Projection = Literal["auto", "hoisted", "in_loop", "fused"]


@dataclasses.dataclass(frozen=True)
class Plan:
    """Execution options; :func:`choose` fills in those that are "auto" or None.

    Attributes:
      backend: The engine that computes the recurrence.

        - "auto": "custom_vjp" for gated cells (Elman, LSTM, GRU), "autodiff" for all others.
        - "autodiff": a scan that JAX differentiates; the reference, and the only backend with forward-mode derivatives
          (``jax.jvp``, ``jax.jacfwd``).
        - "custom_vjp": a scan with its own backward pass, which computes the gradients of the weights in one product
          after the loop (:mod:`seqjax.recurrence.backends.custom_vjp`).
        - "associative": all steps at once by ``jax.lax.associative_scan``, in O(log T) rounds; for diagonal linear
          recurrences (Martin & Cundy 2018, section 2).
        - "cudnn": NVIDIA's kernel, for a plain LSTM in float32 on its GPUs (:mod:`seqjax.recurrence.backends.cudnn`).
      residuals: What "custom_vjp" saves of each step for the backward pass.

        - "gates": the pre-activations and the carry. In arrays ``[T, B, H]``, outputs included, 6 for an LSTM and 7 for
          a GRU (1 more with a mask, with resets or in bfloat16, where h differs from the output of the step before).
        - "carry": the carry alone (2 and 1 arrays); the backward loop computes the pre-activations again.
        - "output": nothing but the outputs. It sets ``chunk`` to the square root of T, which needs the least memory
          (Chen et al. 2016, section 4.1), with every backend.
      projection: The place of the input's product in "custom_vjp": "hoisted" out of the loop, for all steps at once,
        "in_loop", or "fused" with the recurrent product in one product of ``[x, h]`` (Elman, and LSTM without norm).
        All other backends hoist it.
      prefetch: Whether the loop reads a hoisted projection one step early. On a CPU this keeps XLA from fusing the read
        with the gates, which it could not vectorise then. None: True for several gates on a CPU.
      chunk: Number of steps between two saved carries; the backward pass computes the steps between them again. None
        saves every step.
      unroll: Number of steps in one iteration of the loop. More steps make a larger program, and fewer kernel launches
        on a GPU.

    Raises:
      ValueError: An unknown word, or a number below 1.
    """

    backend: Backend = "auto"
    residuals: Residuals = "gates"
    projection: Projection = "auto"
    prefetch: bool | None = None
    chunk: int | None = None
    unroll: int = 1

    def __post_init__(self) -> None:
        """Checks the options."""
        for name, words in (("backend", Backend), ("residuals", Residuals), ("projection", Projection)):
            if (value := getattr(self, name)) not in get_args(words):
                raise ValueError(f"{name} must be one of {', '.join(get_args(words))}, not {value!r}")
        for name, number in (("chunk", self.chunk), ("unroll", self.unroll)):
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")


AUTO = Plan()


def choose(plan: Plan, cell: object, params: Tree, shape: tuple[Size, ...], platform: str | None = None) -> Plan:
    """The plan with every open field filled in.

    Args:
      plan: The options asked for.
      cell: The cell.
      params: Its parameters, of which only shapes are read.
      shape: T, B and D of the inputs.
      platform: "cpu", "gpu" or "tpu"; None for JAX's default.

    Raises:
      ValueError: "custom_vjp" or "fused" for a cell that does not allow it, or "associative" for a cell that is not a
        diagonal linear recurrence.
    """
    time, batch, in_features = shape
    gated = cell if is_gated(cell) else None
    _check(plan, cell, gated)
    backend = plan.backend
    if backend == "auto":
        backend = "autodiff" if gated is None else "custom_vjp"
    has_length = isinstance(time, int)  # unlike a symbol
    if backend == "custom_vjp" and has_length and time == 0:
        backend = "autodiff"  # There is nothing to differentiate.
    projection, prefetch, chunk = plan.projection, plan.prefetch, plan.chunk
    hidden_features, gates = (0, 0) if gated is None else params.w_h.shape
    on_cpu = backend == "custom_vjp" and (platform or jax.default_backend()) == "cpu"
    if projection == "auto":
        can_fuse = gated is not None and gated.can_fuse
        projection = _projection(batch, in_features, hidden_features, gates, can_fuse) if on_cpu else "hoisted"
    if prefetch is None:
        prefetch = on_cpu and hidden_features < gates
    if plan.residuals == "output" and chunk is None and has_length and time > 0:
        chunk = math.ceil(math.sqrt(time))
    return dataclasses.replace(plan, backend=backend, projection=projection, prefetch=prefetch, chunk=chunk)


def _check(plan: Plan, cell: object, gated: GatedCell | None) -> None:
    """Raises ``ValueError`` if the cell does not allow what the plan asks for."""
    if plan.backend == "custom_vjp" and gated is None:
        raise ValueError(
            f"backend='custom_vjp' needs a gated cell (seqjax.recurrence.cell.GatedCell), which {cell} is not"
        )
    if plan.backend == "associative" and not isinstance(cell, DiagonalRecurrence):
        raise ValueError(f"backend='associative' needs a diagonal linear recurrence, which {cell} is not")
    if plan.projection == "fused" and (gated is None or not gated.can_fuse):
        raise ValueError(f"projection='fused' needs an Elman cell or an LSTM without norm, which {cell} is not")


def _projection(batch: Size, in_features: int, hidden_features: int, gates: int, can_fuse: bool) -> Projection:
    """The place of the input's product on a CPU; on an accelerator one large hoisted product is the fastest.

    XLA computes a product on all cores only from a certain size on: all rows plus half of the columns, times the depth,
    must reach 65,536 (``dot.cc`` of YNNPACK). With fewer than 8 rows a product is bound by reading its weights, which a
    hoisted product reads once. The array of all projections does not fit the cache, so that cells with several gates
    project in the loop; except where the input's product is the larger one and would run on one core there. Where each
    product is too small for all cores but the fused one is not, they are fused.
    """

    def uses_all_cores(depth: int) -> bool:
        return bool((batch + gates / 2) * depth >= 65536)

    if gates == hidden_features:
        return "hoisted"
    if not isinstance(batch, int):
        return "in_loop"
    if batch < 8:
        return "hoisted"
    if uses_all_cores(hidden_features):
        return "in_loop"
    if in_features >= 2 * hidden_features:
        return "hoisted"
    return "fused" if can_fuse and uses_all_cores(in_features + hidden_features) else "in_loop"
