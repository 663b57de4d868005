"""The engines that run a cell over time.

Each is a function ``run(cell, operands, reverse, plan) -> (last carry, outputs)`` with time-major
:class:`~seqjax.recurrence.backends.operands.Operands` and outputs, and a plan without "auto".
"""

from collections.abc import Callable
from typing import Any

from seqjax.recurrence.backends import associative, autodiff, cudnn, custom_vjp
from seqjax.recurrence.backends.operands import Operands
from seqjax.recurrence.plan import Plan
from seqjax.typing import Tree

Run = Callable[[Any, Operands, bool, Plan], tuple[Tree, Tree]]

BACKENDS: dict[str, Run] = {
    "autodiff": autodiff.run,
    "custom_vjp": custom_vjp.run,
    "associative": associative.run,
    "cudnn": cudnn.run,
}
READ_PROJECTED = ("autodiff", "associative")  # the others project by themselves

__all__ = ["BACKENDS", "READ_PROJECTED", "Operands"]
