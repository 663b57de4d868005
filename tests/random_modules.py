"""Modules with random parameters from NumPy: their own initialisers are traced, but neither compiled nor run."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

M = TypeVar("M", bound=nnx.Module)


def normal(shape: tuple[int, ...], seed: int = 0) -> jax.Array:
    """Standard normal numbers in float32."""
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def random_module(build: Callable[[], M], seed: int = 0, scale: float = 0.5) -> M:
    """The module that ``build`` makes, all its parameters normal with the standard deviation ``scale``, none of them 0.

    For tests that hold for any parameters. An equal seed and equal shapes give equal parameters.
    """
    graph, state = nnx.split(nnx.eval_shape(build))
    rng = np.random.default_rng(seed)
    return nnx.merge(
        graph,
        jax.tree.map(lambda leaf: jnp.asarray((scale * rng.normal(size=leaf.shape)).astype(leaf.dtype)), state),
    )
