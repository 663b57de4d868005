"""Products of sequences and matrices, on one device and on a mesh of devices."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import AxisType

from seqjax.masking import choose_rows, row_condition
from seqjax.typing import Array, Tree


def product(x: Array, w: Array) -> Array:
    """``x W`` for ``x [..., D]`` with any leading axes.

    On one device several leading axes are merged into one: on a CPU, XLA takes two to four times as long for a gradient
    ``X^T dZ`` that sums over two axes as for one that sums over the merged axis. On a mesh they stay separate, because
    merged axes lose the sharding of the batch, and every device would compute the products of the whole batch.

    Args:
      x: ``[..., D]``.
      w: ``[D, G]``, or a copy for each of S groups of rows, ``[S, D, G]`` (:func:`copies`); x is then ``[..., B, D]``.
    """
    if w.ndim == 3:
        groups = x.reshape(*x.shape[:-2], len(w), x.shape[-2] // len(w), x.shape[-1])
        y = jnp.einsum("...sbd,sdg->...sbg", groups, w)
        return y.reshape(*x.shape[:-1], w.shape[-1])
    if x.ndim <= 2 or on_mesh(x, w):
        return x @ w
    rows = x.reshape(-1, x.shape[-1]) @ w
    return rows.reshape(*x.shape[:-1], w.shape[-1])


def along(vector: Array, x: Array) -> Array:
    """``vector [..., G]`` with the rank of ``x [..., G]``: axes of size 1 are put in front."""
    return jax.lax.expand_dims(vector, range(x.ndim - vector.ndim))


def on_mesh(*arrays: Array) -> bool:
    """True if the arrays, or the context (``jax.set_mesh``), have a mesh whose axes can shard them.

    The mesh is a part of an array's type, also while a function is traced, and whether its axes are automatic or
    explicit. It is not known for arrays that ``jax.jit(..., in_shardings=...)`` shards, unless ``jax.set_mesh`` sets
    it. Manual axes, those of ``shard_map``, do not count: there each device has arrays of its own.
    """
    meshes = [jax.sharding.get_abstract_mesh(), *(jax.typeof(array).sharding.mesh for array in arrays)]
    axes = [axis for mesh in meshes for axis in zip(mesh.axis_types, mesh.axis_sizes, strict=True)]
    return any(kind == AxisType.Explicit or (kind == AxisType.Auto and size > 1) for kind, size in axes)


def copies(params: Any, names: set[str], xs: Array) -> Any:
    """Parameters with a copy for each group of rows, so that a loop does not sum their gradients over devices.

    The gradient of a parameter that the loop over time reads is summed in the loop, over rows too, which are on several
    devices. With a copy for each device's rows, the sum over devices comes after the loop. The copies are sharded as
    the rows are, so that each device holds its own alone.

    Args:
      params: The named tuple of a cell's parameters, matrices ``[D, G]`` and vectors ``[G]``.
      names: The fields to copy.
      xs: Inputs ``[B, T, D]``; only their type is used.

    Returns:
      The parameters, those to copy as ``[S, D, G]`` and ``[B, G]``; ``params`` itself on a single device.
    """
    groups = _groups(params, xs)
    if groups == 1:
        return params
    never = row_condition(params, xs[:, :1, :1])  # [B]
    first = never.reshape(groups, -1).any(axis=1)  # [S]

    def copy(leaf: Array) -> Array:
        rows = {1: never, 2: first}.get(leaf.ndim)
        return leaf if rows is None else choose_rows(rows, jnp.zeros_like(leaf[None]), leaf[None])

    return params._replace(**{name: copy(v) for name, v in params._asdict().items() if name in names and v is not None})


def _groups(params: Tree, xs: Array) -> int:
    """The number S of groups of rows, a divisor of B: the devices that may hold different rows."""
    batch = xs.shape[0]
    if not isinstance(batch, int) or batch == 0 or not on_mesh(xs, *jax.tree.leaves(params)):
        return 1
    sharding = jax.typeof(xs).sharding
    mesh = jax.sharding.get_abstract_mesh() if sharding.mesh.empty else sharding.mesh
    by_rows = sharding.spec[0] or ()
    explicit: int = math.prod(mesh.shape[name] for name in (by_rows if isinstance(by_rows, tuple) else (by_rows,)))
    axes = zip(mesh.axis_types, mesh.axis_sizes, strict=True)
    automatic: int = math.prod(size for kind, size in axes if kind == AxisType.Auto)
    return explicit * math.gcd(batch // explicit, automatic)
