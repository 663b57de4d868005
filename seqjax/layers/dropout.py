"""Noise that regularises. It is drawn from an explicit key, and absent without one."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from seqjax.typing import Array, PRNGKey


def dropout(x: Array, rate: float, key: PRNGKey | None) -> Array:
    """Zeroes each entry with probability ``rate`` and divides the others by ``1 - rate`` (Srivastava et al. 2014).

    Without a key, or at rate 0, it returns ``x``.
    """
    if key is None or rate == 0:
        return x
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0)


def keep_scale(shape: tuple[int, ...], rate: float, key: PRNGKey, dtype: DTypeLike) -> Array:
    """What dropout multiplies by: 0 with probability ``rate``, else ``1 / (1 - rate)``; to be used more than once."""
    return dropout(jnp.ones(shape, dtype), rate, key)


@dataclasses.dataclass(frozen=True)
class Zoneout:
    """A cell each unit of whose carry stays as it is, with some probability, instead of being updated.

    .. code-block:: text

        c = k_c * c_old + (1 - k_c) * c_new       k = 1 with probability rate (Krueger et al. 2017, equation 3)

    Without a key k is the rate itself, its mean (as the paper does at test time, section 3.1).

    Attributes:
      cell: The cell; its carry has a field h, which is its output.
      rates: One probability for each field of the carry, in order.
      key: Source of k, or None.
    """

    cell: Any
    rates: tuple[float, ...]
    key: PRNGKey | None = None

    def project(self, params: Any, x: Array) -> tuple[Any, Array | None]:
        """The cell's own projection, and one key for each step of ``x [T, B, D]``."""
        z = self.cell.project(params, x) if hasattr(self.cell, "project") else x
        return z, None if self.key is None else jax.random.split(self.key, x.shape[0])

    def recur(self, params: Any, carry: Any, z: tuple[Any, Array | None], **options: Any) -> tuple[Any, Array]:
        """A step of the cell, then each unit as it was or as it became; ``z`` is what :meth:`project` returns."""
        z, key = z
        recur = self.cell.recur if hasattr(self.cell, "project") else self.cell.step
        new, y = recur(params, carry, z, **options)
        keys = [None] * len(carry) if key is None else jax.random.split(key, len(carry))
        leaves = [_zone(*leaf) for leaf in zip(carry, new, self.rates, keys, strict=True)]
        carry = type(carry)(*leaves)
        return carry, carry.h.astype(y.dtype)


def _zone(old: Array, new: Array, rate: float, key: PRNGKey | None) -> Array:
    new = new.astype(old.dtype)
    if key is None:
        return rate * old + (1 - rate) * new
    return jnp.where(jax.random.bernoulli(key, rate, old.shape), old, new)
