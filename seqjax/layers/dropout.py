"""Noise that regularises. It is drawn from an explicit key, and absent without one."""

import jax
import jax.numpy as jnp

from seqjax.typing import Array, PRNGKey


def check_rate(name: str, rate: float) -> float:
    """Returns ``rate``; raises ``ValueError`` naming it unless it lies in [0, 1)."""
    if not 0 <= rate < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, not {rate}")
    return rate


def dropout(x: Array, rate: float, key: PRNGKey | None) -> Array:
    """Zeroes each entry with probability ``rate`` and divides the others by ``1 - rate`` (Srivastava et al. 2014).

    Without a key, or at rate 0, it returns ``x``.
    """
    if key is None or rate == 0:
        return x
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0)
