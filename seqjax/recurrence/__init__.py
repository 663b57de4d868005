"""The ground floor: recurrences as pure functions on named tuples. It needs nothing but JAX.

A *cell* is a module (or any object) with

- ``Params`` and ``Carry``, named tuples of arrays;
- ``init(key, in_features, hidden_features, ...) -> Params`` and ``zero_carry(params, batch) -> Carry``;
- ``project(params, x) -> z``: all that does not depend on the carry, and so is parallel over time;
- ``recur(params, carry, z) -> (carry, y)``: the recurrence itself;
- ``step(params, carry, x)``, the textbook equation: ``recur`` after ``project``.

:func:`unroll` scans a cell over time. A cell that has only ``step`` is scanned just as well.
"""

from seqjax.recurrence import elman, gru, linear, lstm, mingru, minlstm
from seqjax.recurrence.scan import bind, unroll
from seqjax.recurrence.truncated import chunks, truncated_gradient

__all__ = [
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
