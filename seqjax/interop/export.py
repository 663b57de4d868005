"""A layer as a program that runs without this package: ``jax.export`` with symbolic batch and time."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax import export
from jax.typing import DTypeLike

from seqjax.layers.recurrent import Recurrent


def to_bytes(layer: Recurrent, *, dtype: DTypeLike = jnp.float32) -> bytes:
    """Serialises ``layer(x, mask=mask, reset=reset, carry=carry)``, weights included, for any batch and time.

    Needs the package ``flatbuffers``. To read it, JAX alone is enough:

    .. code-block:: python

        run = jax.export.deserialize(data).call
        y, carry = run(x, mask, reset, carry)

    with ``x [B, T, D]``, ``mask`` and ``reset [B, T]`` of bool, and the carry as a tuple with one tuple of arrays for
    each cell: the fields of its ``Carry``, in order (bottom layer first, forward before backward).

    Args:
      layer: The layer.
      dtype: Type of ``x``.

    Note: A layer with ``parallel=True`` is exported as a scan, since an associative scan needs to know T.
    """
    graph, state = nnx.split(layer)
    kind = layer.cell.Carry

    def run(x: Any, mask: Any, reset: Any, carry: Any) -> Any:
        carries = tuple(kind(*leaves) for leaves in carry)
        model = nnx.merge(graph, state)
        model.parallel = False
        y, last = model(x, mask=mask, reset=reset, carry=carries)
        return y, tuple(tuple(leaves) for leaves in last)

    carry = tuple(tuple(leaves) for leaves in layer.initial_carry(1, dtype))
    flags = jnp.zeros((1, 1), bool)
    example = (jnp.zeros((1, 1, layer.in_features), dtype), flags, flags, carry)
    shapes = export.symbolic_args_specs(example, ("B, T, _", "B, T", "B, T", "B, _"))
    return bytes(export.export(jax.jit(run))(*shapes).serialize())
