"""The product of a sequence and a matrix."""

import jax
from jax.sharding import AxisType

from seqjax.typing import Array


def product(x: Array, w: Array) -> Array:
    """``x W`` for ``x [..., D]`` with any leading axes and ``w [D, G]``.

    Several leading axes are merged into one: on a CPU, XLA takes two to four times as long for a gradient ``X^T dZ``
    that sums over two axes as for one that sums over the merged axis. On a mesh with explicit axes they stay separate,
    as they are sharded.
    """
    if x.ndim <= 2 or AxisType.Explicit in jax.sharding.get_abstract_mesh().axis_types:
        return x @ w
    rows = x.reshape(-1, x.shape[-1]) @ w
    return rows.reshape(*x.shape[:-1], w.shape[-1])
