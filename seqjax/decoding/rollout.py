"""Decoding of numbers rather than tokens: each output is the next input."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.typing import Array


def roll_out(step: Callable[..., tuple[Any, Array]], carry: Any, first: Array, steps: int, inputs: Any = None) -> Array:
    """Forecasts ``steps`` steps, each from the one before.

    Args:
      step: ``step(carry, value [B, ...]) -> (carry, value)``; with ``inputs`` it is given their step as a third.
      carry: The carry before the first step, leaves ``[B, ...]``.
      first: ``[B, ...]``, the value that the first step reads.
      steps: Number of steps N.
      inputs: What is known of each step, leaves ``[B, N, ...]``, or None.

    Returns:
      The values ``[B, N, ...]``. Gradients flow through all of them.
    """

    def body(loop: tuple[Any, Array], beside: Any) -> tuple[tuple[Any, Array], Array]:
        carry, value = loop
        carry, value = step(carry, value) if beside is None else step(carry, value, beside)
        return (carry, value), value

    time_major = jax.tree.map(lambda leaf: jnp.swapaxes(leaf, 0, 1), inputs)
    _, values = jax.lax.scan(body, (carry, first), time_major, length=steps)
    return jnp.swapaxes(values, 0, 1)
