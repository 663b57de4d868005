"""Autoregressive decoding of numbers: each output is the next input."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.decoding.arguments import check_count
from seqjax.typing import Array


def roll_out(step: Callable[..., tuple[Any, Array]], carry: Any, first: Array, steps: int, inputs: Any = None) -> Array:
    """Runs a step on its own outputs.

    Args:
      step: ``step(carry, value [B, ...]) -> (carry, value)``. With ``inputs`` it takes those of its step as a third
        argument.
      carry: The carry before the first step, leaves ``[B, ...]``.
      first: ``[B, ...]``, the value that the first step reads.
      steps: Number of steps N.
      inputs: Further inputs of each step, leaves ``[B, N, ...]``, or None.

    Returns:
      The values ``[B, N, ...]``. Gradients flow through all of them.

    Raises:
      TypeError: Steps that are no int.
      ValueError: Fewer than 1 step, or inputs of another number of steps.
    """
    check_count("steps", steps)
    for leaf in jax.tree.leaves(inputs):
        if leaf.shape[1:2] != (steps,):
            raise ValueError(f"inputs must have shape [B, {steps}, ...] with steps={steps}, not {list(leaf.shape)}")

    def body(loop: tuple[Any, Array], inputs_now: Any) -> tuple[tuple[Any, Array], Array]:
        carry, value = loop
        carry, value = step(carry, value) if inputs_now is None else step(carry, value, inputs_now)
        return (carry, value), value

    time_major = jax.tree.map(lambda leaf: jnp.swapaxes(leaf, 0, 1), inputs)
    _, values = jax.lax.scan(body, (carry, first), time_major, length=steps)
    return jnp.swapaxes(values, 0, 1)
