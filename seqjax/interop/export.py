"""Exports a layer as a program that needs JAX alone: ``jax.export`` with symbolic batch and time."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax import export
from jax.typing import DTypeLike

from seqjax.layers.stack import Recurrent

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")


def to_bytes(layer: Recurrent, *, dtype: DTypeLike = jnp.float32, platforms: Sequence[str] | None = None) -> bytes:
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
      platforms: Where the program will run: one or more of "cpu", "cuda", "rocm" and "tpu", whatever this machine has;
        None for the platform of this machine alone.

    Raises:
      TypeError: It is no recurrent layer.
      ValueError: An unknown platform.

    Note: A layer with ``Plan(backend="associative")`` or ``"cudnn"`` is exported with a sequential scan: the former
    needs a known T, the latter a mask and resets that are known to be absent. The program has no noise.
    """
    if not isinstance(layer, Recurrent):
        raise TypeError(f"layer must be a recurrent layer of seqjax, not {type(layer).__name__}")
    names = (platforms,) if isinstance(platforms, str) else platforms
    if names is not None and (not names or not {*names} <= {*PLATFORMS}):
        raise ValueError(f"platforms must be one or more of {', '.join(PLATFORMS)}, not {platforms!r}")
    graph, state = nnx.split(layer)
    kind = layer.cell.Carry

    def run(x: Any, mask: Any, reset: Any, carry: Any) -> Any:
        carries = tuple(kind(*leaves) for leaves in carry)
        model = nnx.merge(graph, state)
        if model.plan.backend in ("associative", "cudnn"):
            model.plan = dataclasses.replace(model.plan, backend="auto")
        y, last = model(x, mask=mask, reset=reset, carry=carries)
        return y, tuple(tuple(leaves) for leaves in last)

    carry = tuple(tuple(leaves) for leaves in layer.initial_carry(1, dtype))
    flags = jnp.zeros((1, 1), bool)
    example = (jnp.zeros((1, 1, layer.in_features), dtype), flags, flags, carry)
    shapes = export.symbolic_args_specs(example, ("B, T, _", "B, T", "B, T", "B, _"))
    return bytes(export.export(jax.jit(run), platforms=names)(*shapes).serialize())
