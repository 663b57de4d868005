"""The ground floor: recurrences as pure functions on named tuples. It needs nothing but JAX.

A *cell* is a module (or any object) with

- ``Params`` and ``Carry``, named tuples of arrays;
- ``init(key, in_features, hidden_features, ...) -> Params`` and ``zero_carry(params, batch) -> Carry``;
- ``project(params, x) -> z``: all that does not depend on the carry, and so is parallel over time;
- ``recur(params, carry, z) -> (carry, y)``: the recurrence itself;
- ``step(params, carry, x)``, the textbook equation: ``recur`` after ``project``;
- where one product with ``w_h`` is all that feeds the carry back, ``recur`` in two parts:
  ``mix(params, z, s) -> a`` adds up, with ``s = h W_h``, and ``gate(params, carry, a) -> carry`` is the rest, entry by
  entry. Such a cell has a faster backward pass. ``joins(params)``, if there is one, says whether ``mix`` is the sum.

:func:`unroll` scans a cell over time, as a :class:`Plan` says. A cell that has only ``step`` is scanned just as well.
"""

from seqjax.recurrence import elman, gru, linear, lstm, mingru, minlstm
from seqjax.recurrence.plan import AUTO, Plan
from seqjax.recurrence.scan import bind, unroll
from seqjax.recurrence.truncated import chunks, truncated_gradient

__all__ = [
    "AUTO",
    "Plan",
    "bind",
    "chunks",
    "elman",
    "gru",
    "linear",
    "lstm",
    "mingru",
    "minlstm",
    "truncated_gradient",
    "unroll",
]
