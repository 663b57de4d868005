"""How a sequence is computed: the same numbers in other orders, at other costs in time and memory."""

import dataclasses
import math
from typing import Any, Literal, get_args

import jax

Backend = Literal["auto", "autodiff", "gathered", "cudnn"]
Residuals = Literal["gates", "cell", "output"]
Projection = Literal["auto", "ahead", "inside"]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a user may force; what is "auto" is left to :func:`choose`.

    Attributes:
      backend: "autodiff" differentiates the scan as it stands: the oracle, and the only one that has forward-mode
        derivatives (``jax.jvp``, ``jax.jacfwd``). "gathered" has a backward pass of its own, whose loop leaves the
        weights' gradients for products over all steps after it (:mod:`seqjax.recurrence.gathered`). "cudnn" is NVIDIA's
        kernel, for a plain LSTM in float32 on its GPUs (:mod:`seqjax.recurrence.cudnn`); it has to be asked for.
      residuals: What is kept of each step for the backward pass. "gates" keeps what the gates are taken of, and the
        carry: in arrays ``[T, B, H]``, 6 for an LSTM and 7 for a GRU. "cell" keeps the carry (2 and 1), and "gathered"
        computes the rest again in its backward loop. "output" keeps nothing but the outputs, and a carry every
        square root of T steps: it is the ``chunk`` that needs the least memory (Chen et al. 2016, section 4.1).
      projection: Whether the input meets its weights for all steps at once, "ahead" of the loop, or "inside" it.
      chunk: Steps between two carries that are kept; what lies between is computed again in the backward pass. None
        keeps all steps.
      unroll: Steps that one round of the loop takes. More make a larger program, and fewer launches on a GPU.

    Raises:
      ValueError: Another word than these, or a number below 1.
    """

    backend: Backend = "auto"
    residuals: Residuals = "gates"
    projection: Projection = "auto"
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


def choose(plan: Plan, cell: Any, batch: Any, time: Any, platform: str | None = None) -> Plan:
    """The plan with nothing left open.

    A cell in parts (``feed``, ``mix`` and ``gate`` beside ``project``) gathers, any other is differentiated as it
    stands. On a CPU the product with the input stays in the loop: the buffer of all projections would not fit the
    cache, and slices of it keep XLA from vectorising the gates. With fewer than 8 rows a step's product waits for its
    weights, which all steps at once read once. On an accelerator one large product is the fastest.

    Raises:
      ValueError: "gathered" asked of a cell that is not in parts.
    """
    gathers = has_parts(cell)
    if plan.backend == "gathered" and not gathers:
        raise ValueError(f"backend='gathered' needs a cell with project, feed, mix and gate, which {cell} is not")
    backend = plan.backend if plan.backend != "auto" else "gathered" if gathers else "autodiff"
    if backend == "gathered" and isinstance(time, int) and time == 0:
        backend = "autodiff"  # There is nothing to gather.
    few = isinstance(batch, int) and batch < 8
    on_cpu = (platform or jax.default_backend()) == "cpu"
    inside: Projection = "inside" if backend == "gathered" and on_cpu and not few else "ahead"
    chunk = plan.chunk
    if plan.residuals == "output" and chunk is None and isinstance(time, int) and time > 0:
        chunk = math.ceil(math.sqrt(time))
    projection = inside if plan.projection == "auto" else plan.projection
    return dataclasses.replace(plan, backend=backend, projection=projection, chunk=chunk)


def has_parts(cell: Any) -> bool:
    """Whether a cell's step is ``gate`` of ``mix`` of ``project`` and ``feed``, a product with ``w_h``."""
    return all(hasattr(cell, part) for part in ("project", "feed", "mix", "gate"))
