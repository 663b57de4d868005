"""Exports a layer as a program that needs JAX alone: ``jax.export`` with symbolic batch and time."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax import export
from jax.typing import DTypeLike

from seqjax.layers.stack import Recurrent


def to_bytes(layer: Recurrent, *, dtype: DTypeLike = jnp.float32) -> bytes:
    """Serialises ``layer(x, mask=mask, reset=reset, carry=carry)``, weights included, for any batch and time.

    Writing needs the package ``flatbuffers``; reading needs JAX alone:

    .. code-block:: python

        run = jax.export.deserialize(data).call
        y, carry = run(x, mask, reset, carry)

    with ``x [B, T, D]``, ``mask`` and ``reset [B, T]`` of type bool, and the carry as a tuple with one tuple of arrays
    for each cell (bottom layer first, forward before backward): the fields of its ``Carry``, in order.

    Args:
      layer: The layer.
      dtype: Type of ``x``.

    Note: A layer with ``Plan(backend="associative")`` is exported with a sequential scan, because an associative scan
    needs a known T.
    """
    graph, state = nnx.split(layer)
    kind = layer.cell.Carry

    def run(x: Any, mask: Any, reset: Any, carry: Any) -> Any:
        carries = tuple(kind(*leaves) for leaves in carry)
        model = nnx.merge(graph, state)
        if model.plan.backend == "associative":
            model.plan = dataclasses.replace(model.plan, backend="auto")
        y, last = model(x, mask=mask, reset=reset, carry=carries)
        return y, tuple(tuple(leaves) for leaves in last)

    carry = tuple(tuple(leaves) for leaves in layer.initial_carry(1, dtype))
    flags = jnp.zeros((1, 1), bool)
    example = (jnp.zeros((1, 1, layer.in_features), dtype), flags, flags, carry)
    shapes = export.symbolic_args_specs(example, ("B, T, _", "B, T", "B, T", "B, _"))
    return bytes(export.export(jax.jit(run))(*shapes).serialize())
