"""From a Flax module to a function of its parameters."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flax import nnx


def pure(module: nnx.Module) -> tuple[Callable[[Any], Any], Any]:
    """Splits a module into a function of parameters and its parameters.

    .. code-block:: python

        model, params = pure(LSTM(3, 8, rngs=nnx.Rngs(0)))
        y, carry = model(params)(x)

    The module is divided once; merging inside a jitted function costs nothing at run time.

    Returns:
      ``model(params)``, which gives the module with other parameters, and the module's parameters as nested dicts.
    """
    graph, params = nnx.split(module, nnx.Param)
    return partial(nnx.merge, graph), nnx.to_pure_dict(params)
