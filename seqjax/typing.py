"""Axis letters, and the array types written with them.

========  =========================================================
letter    axis
========  =========================================================
``B``     batch
``T``     time
``S``     source time
``D``     input features
``H``     hidden features
``P``     features of the output h: H, or fewer with a projection
``G``     stacked gates: 4H for an LSTM, 3H for a GRU, H for an Elman RNN
``N``     forecast horizon
``M``     target series; features of attention's memory
``K``     covariates known in the future; hypotheses of a beam
``Q``     quantiles; queries of attention
``V``     vocabulary
``E``     embedding features
``A``     features of attention's keys
``R``     rows of a decoder: a multiple of B
========  =========================================================

The tests check these types: there jaxtyping's import hook binds each letter to one size within a call.
"""

from typing import Any

import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Bool, Float, Inexact, Int, Key, Shaped

Tree = Any  # a pytree: any nesting of tuples, lists and dictionaries of arrays
Size = Any  # the size of an axis: an int, or a symbol while jax.export traces
PRNGKey = Key[Array, ""]
Keys = Key[Array, "B"]
Scalar = Shaped[Array, ""]

Inputs = Inexact[Array, "B T D"]
Outputs = Inexact[Array, "B T H"]
Mask = Bool[Array, "B T"]
Ids = Int[Array, "B T"]

InputWeights = Inexact[Array, "D G"]
RecurrentWeights = Inexact[Array, "H G"]
Projection = Inexact[Array, "H P"]
GateBias = Inexact[Array, "G"]

Step = Inexact[Array, "... D"]
Gates = Inexact[Array, "... G"]
Hidden = Inexact[Array, "... H"]

Known = Float[Array, "B N K"]
Targets = Float[Array, "B N M"]
Forecast = Float[Array, "B N M Q"]

Source = Int[Array, "B S"]
Logits = Inexact[Array, "B T V"]
Values = Inexact[Array, "B S M"]
Vector = Inexact[Array, "B M"]
Queries = Inexact[Array, "B Q D"]
Scores = Inexact[Array, "*B S"]
Embedded = Inexact[Array, "R T E"]
NextTokens = Int[Array, "R"]

__all__ = [
    "Array",
    "Embedded",
    "Forecast",
    "GateBias",
    "Gates",
    "Hidden",
    "Ids",
    "InputWeights",
    "Inputs",
    "Keys",
    "Known",
    "Logits",
    "Mask",
    "NextTokens",
    "Outputs",
    "PRNGKey",
    "Projection",
    "Queries",
    "RecurrentWeights",
    "Scalar",
    "Scores",
    "Size",
    "Source",
    "Step",
    "Targets",
    "Tree",
    "Values",
    "Vector",
    "at_least_float32",
]


def at_least_float32(dtype: DTypeLike) -> DTypeLike:
    """Returns ``dtype``, or float32 if it is narrower."""
    return dtype if jnp.dtype(dtype).itemsize >= 4 else jnp.float32
