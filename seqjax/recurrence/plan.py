"""How a sequence is computed: the same numbers in other orders, at other costs in time and memory."""

import dataclasses
import math
from typing import Any, Literal, get_args

import jax

Backend = Literal["auto", "autodiff", "gathered", "cudnn"]
Residuals = Literal["gates", "cell", "output"]
Projection = Literal["auto", "ahead", "inside", "joined"]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a user may force; what is "auto" is left to :func:`choose`.

    Attributes:
      backend: "autodiff" differentiates the scan as it stands: the oracle, and the only one that has forward-mode
        derivatives (``jax.jvp``, ``jax.jacfwd``). "gathered" has a backward pass of its own, whose loop leaves the
        weights' gradients for products over all steps after it (:mod:`seqjax.recurrence.gathered`). "cudnn" is NVIDIA's
        kernel, for a plain LSTM in float32 on its GPUs (:mod:`seqjax.recurrence.cudnn`); it has to be asked for.
      residuals: What is kept of each step for the backward pass. "gates" keeps what the gates are taken of, and the
        carry: in arrays ``[T, B, H]``, outputs included, 6 for an LSTM and 7 for a GRU (1 more with a mask, with resets
        or in bfloat16, when h is not just the output before). "cell" keeps the carry (2 and 1), and "gathered" computes
        the rest again in its backward loop. "output" keeps nothing but the outputs, and a carry every
        square root of T steps: it is the ``chunk`` that needs the least memory (Chen et al. 2016, section 4.1).
      projection: Whether the input meets its weights for all steps at once, "ahead" of the loop, or "inside" it, or
        there "joined" to h in one product with both weights (an LSTM without norm). "autodiff" has it ahead.
      prefetch: Whether a step's share of a projection ahead is read a step early, which keeps XLA on a CPU from fusing
        the read into the gates, whose loop it then could not vectorise. None: for several gates on a CPU.
      chunk: Steps between two carries that are kept; what lies between is computed again in the backward pass. None
        keeps all steps.
      unroll: Steps that one round of the loop takes. More make a larger program, and fewer launches on a GPU.

    Raises:
      ValueError: Another word than these, or a number below 1.
    """

    backend: Backend = "auto"
    residuals: Residuals = "gates"
    projection: Projection = "auto"
    prefetch: bool | None = None
    chunk: int | None = None
    unroll: int = 1

    def __post_init__(self) -> None:
        for name, words in (("backend", Backend), ("residuals", Residuals), ("projection", Projection)):
            if (value := getattr(self, name)) not in get_args(words):
                raise ValueError(f"{name} must be one of {', '.join(get_args(words))}, not {value!r}")
        for name, number in (("chunk", self.chunk), ("unroll", self.unroll)):
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")


AUTO = Plan()


def choose(plan: Plan, cell: Any, params: Any, shape: tuple[Any, ...], platform: str | None = None) -> Plan:
    """The plan with nothing left open, for inputs of ``shape`` T, B, D.

    A cell in parts (``feed``, ``mix`` and ``gate`` beside ``project``) gathers, any other is differentiated as it
    stands.

    Raises:
      ValueError: "gathered" asked of a cell that is not in parts, "joined" of one whose ``mix`` is not the sum.
    """
    time, batch, in_features = shape
    gathers = has_parts(cell)
    if plan.backend == "gathered" and not gathers:
        raise ValueError(f"backend='gathered' needs a cell with project, feed, mix and gate, which {cell} is not")
    backend = plan.backend if plan.backend != "auto" else "gathered" if gathers else "autodiff"
    if backend == "gathered" and isinstance(time, int) and time == 0:
        backend = "autodiff"  # There is nothing to gather.
    joins = gathers and hasattr(cell, "joins") and cell.joins(params)
    if plan.projection == "joined" and not joins:
        raise ValueError(f"projection='joined' needs an LSTM without norm, which {cell} is not")
    projection, prefetch = plan.projection, plan.prefetch
    hidden_features, gates = params.w_h.shape if gathers else (0, 0)
    on_cpu = backend == "gathered" and (platform or jax.default_backend()) == "cpu"
    if projection == "auto":
        projection = _projection(batch, in_features, hidden_features, gates, joins) if on_cpu else "ahead"
    if prefetch is None:
        prefetch = on_cpu and hidden_features < gates
    chunk = plan.chunk
    if plan.residuals == "output" and chunk is None and isinstance(time, int) and time > 0:
        chunk = math.ceil(math.sqrt(time))
    return dataclasses.replace(plan, backend=backend, projection=projection, prefetch=prefetch, chunk=chunk)


def _projection(batch: Any, in_features: int, hidden_features: int, gates: int, joins: bool) -> Projection:
    """Where the input's product stands on a CPU. On an accelerator one large product ahead of the loop is the fastest.

    XLA's products use all cores only from a certain size on: a tile of all rows and half of the columns, times the
    depth, must reach 65,536 (``dot.cc`` of YNNPACK). With fewer than 8 rows a product waits for its weights, which all
    steps at once read once. The buffer of all projections does not fit the cache, so that several gates have theirs in
    the loop: unless the input's product is the larger one, and would run on one core there. Where each product is too
    small for all cores, and one of both is not, they are joined.
    """

    def on_all_cores(depth: int) -> bool:
        return bool((batch + gates / 2) * depth >= 65536)

    if gates == hidden_features:
        return "ahead"
    if not isinstance(batch, int):
        return "inside"
    if batch < 8:
        return "ahead"
    if on_all_cores(hidden_features):
        return "inside"
    if in_features >= 2 * hidden_features:
        return "ahead"
    return "joined" if joins and on_all_cores(in_features + hidden_features) else "inside"


def has_parts(cell: Any) -> bool:
    """Whether a cell's step is ``gate`` of ``mix`` of ``project`` and ``feed``, a product with ``w_h``."""
    return all(hasattr(cell, part) for part in ("project", "feed", "mix", "gate"))
