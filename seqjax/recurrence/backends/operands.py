"""The arrays that a backend reads."""

from typing import NamedTuple

from seqjax.typing import Array, Tree


class Operands(NamedTuple):
    """The arrays that a backend reads, time-major; None where there is none.

    Attributes:
      params: The cell's parameters.
      carry: The carry before the first step, leaves ``[B, ...]``.
      initial: The carry after a reset, leaves ``[B, ...]``.
      inputs: The inputs ``[T, B, D]``, or what the cell's ``project`` makes of them, for the backends that do not
        project by themselves.
      recurrent_mask: ``[B, P]``, multiplies h before its product with W_h.
      mask: ``[T, B]``, True where a position is real.
      reset: ``[T, B]``, True where the carry is ``initial`` before the step.
    """

    params: Tree
    carry: Tree
    initial: Tree
    inputs: Tree
    recurrent_mask: Array | None = None
    mask: Array | None = None
    reset: Array | None = None
