"""Recurrences as pure functions of named tuples; needs JAX alone.

A cell is one step (:mod:`seqjax.recurrence.cell` defines the interface), :func:`unroll` runs it over time, and a
:class:`Plan` selects how.
"""

from seqjax.recurrence.cell import Cell, GatedCell
from seqjax.recurrence.elman import ElmanCell
from seqjax.recurrence.gru import GRUCell
from seqjax.recurrence.linear import LinearCell
from seqjax.recurrence.lstm import LSTMCell
from seqjax.recurrence.mingru import MinGRUCell
from seqjax.recurrence.minlstm import MinLSTMCell
from seqjax.recurrence.plan import AUTO, Plan
from seqjax.recurrence.reduction import ReductionCell
from seqjax.recurrence.sclstm import SCLSTMCell
from seqjax.recurrence.truncated import chunks, truncated_gradient
from seqjax.recurrence.unroll import unroll

__all__ = [
    "AUTO",
    "Cell",
    "ElmanCell",
    "GRUCell",
    "GatedCell",
    "LSTMCell",
    "LinearCell",
    "MinGRUCell",
    "MinLSTMCell",
    "Plan",
    "ReductionCell",
    "SCLSTMCell",
    "chunks",
    "truncated_gradient",
    "unroll",
]
