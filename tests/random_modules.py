"""Modules with random parameters from NumPy: their own initialisers are traced, but neither compiled nor run."""

from collections.abc import Callable
from typing import TypeVar

import jax
import numpy as np
from flax import nnx

M = TypeVar("M", bound=nnx.Module)


def normal(shape: tuple[int, ...], seed: int = 0) -> jax.Array:
    """Standard normal numbers in float32."""
    return jax.device_put(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def random_module(build: Callable[[], M], seed: int = 0, scale: float = 0.5) -> M:
    """The module that ``build`` makes, all its parameters normal with the standard deviation ``scale``, none of them 0.

    For tests that hold for any parameters. An equal seed and equal shapes give equal parameters.
    """
    graph, state = nnx.split(nnx.eval_shape(build))
    rng = np.random.default_rng(seed)
    # Unlike jnp.asarray, jax.device_put compiles no program for each shape.
    drawn = jax.tree.map(lambda leaf: (scale * rng.normal(size=leaf.shape)).astype(leaf.dtype), state)
    return nnx.merge(graph, jax.device_put(drawn))
