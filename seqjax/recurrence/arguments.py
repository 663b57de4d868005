"""Argument validation for a recurrence: types and shapes alone, while a function is traced."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import AxisType

from seqjax.typing import Array, Tree


def check_array(name: str, value: object) -> None:
    """Raises ``TypeError`` unless ``value`` is an array, of JAX or NumPy."""
    if not (hasattr(value, "shape") and hasattr(value, "dtype")):
        kind = f"a {type(value).__name__}" if value is not None else "None"
        raise TypeError(f"{name} must be an array, not {kind}; jnp.asarray makes one of a list")


def check_flags(shape: tuple[Any, ...], **flags: Array | None) -> None:
    """Raises unless each of the flags is None, or bool and of the shape ``[B, T]`` of ``x``'s first axes."""
    for name, value in flags.items():
        if value is None:
            continue
        check_array(name, value)
        if value.dtype != jnp.bool_:
            raise TypeError(f"{name} must be of type bool, not {value.dtype}")
        if value.shape != shape[:2]:
            raise ValueError(f"{name} must have the shape {list(shape[:2])} of x's first axes, not {list(value.shape)}")


def check_call(params: Tree, xs: Array, carry: Tree, initial: Tree, recurrent_mask: Array | None) -> None:
    """Checks the arrays of :func:`seqjax.recurrence.unroll`, but for mask and reset.

    Raises:
      ValueError: An array of another rank or batch than ``xs``, or one sharded over an axis that a loop cannot keep.
      TypeError: An array that is none, or an ``initial`` of another structure than ``carry``.
    """
    check_array("xs", xs)
    if xs.ndim != 3:
        raise ValueError(f"xs must have the shape [B, T, D], not {list(xs.shape)}")
    batch = xs.shape[0]
    for name, tree in (("carry", carry), ("initial", initial)):
        for leaf in jax.tree.leaves(tree):
            check_array(name, leaf)
            if leaf.shape[:1] != (batch,):
                raise ValueError(f"{name} must have the shape [B, ...] with B = {batch} of xs, not {list(leaf.shape)}")
    if initial is not None:
        given, expected = (str(jax.tree.structure(tree)) for tree in (initial, carry))
        if given != expected:
            raise TypeError(f"initial must have the structure of carry, {expected}, not {given}")
        for leaf, like in zip(jax.tree.leaves(initial), jax.tree.leaves(carry), strict=True):
            if leaf.shape != like.shape:
                raise ValueError(f"initial must have the shape {list(like.shape)} of carry, not {list(leaf.shape)}")
    if recurrent_mask is not None:
        check_array("recurrent_mask", recurrent_mask)
        if recurrent_mask.ndim != 2 or recurrent_mask.shape[0] != batch:
            shape = list(recurrent_mask.shape)
            raise ValueError(f"recurrent_mask must have the shape [B, P] with B = {batch} of xs, not {shape}")
    _check_sharding(params, xs)


def _check_sharding(params: Tree, xs: Array) -> None:
    """Raises ``ValueError`` for explicit axes of a mesh that shard more than the batch."""
    arrays = {"xs": (xs, 1)} | {
        name: (leaf, 0)
        for name, leaf in (params._asdict().items() if hasattr(params, "_asdict") else ())
        if hasattr(leaf, "ndim") and (leaf.ndim == 1 or name.startswith("w_"))
    }
    for name, (array, first) in arrays.items():
        sharding = jax.typeof(array).sharding
        for axis in sharding.spec[first:]:
            if axis is not None and AxisType.Explicit in sharding.mesh.axis_types:
                raise ValueError(
                    f"{name} must not be sharded over the explicit axis {axis!r} of its mesh, as {sharding.spec}: "
                    "explicit axes shard the batch alone; make this one automatic (jax.sharding.AxisType.Auto)"
                )
