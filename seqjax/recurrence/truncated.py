"""Truncated back-propagation through time for long streams, one chunk at a time (Williams & Peng 1990)."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from seqjax.typing import Tree


def chunks(stream: Tree, length: int) -> Iterator[tuple[Tree, np.ndarray]]:
    """Splits a stream into chunks of one length, so that all share a compilation.

    Args:
      stream: A tree of arrays ``[B, T, ...]`` that can be sliced; ``np.memmap`` keeps them on disk.
      length: Number of steps in a chunk.

    Yields:
      A tree of arrays ``[B, length, ...]``, and their mask ``[B, length]``. The last chunk is padded with zeros; the
      mask is True everywhere else.

    Raises:
      ValueError: A length below 1, or arrays that differ in B or T.
    """
    if length < 1:
        raise ValueError(f"length must be at least 1, not {length}")
    extents = {leaf.shape[:2] for leaf in jax.tree.leaves(stream)}
    if len(extents) != 1:
        raise ValueError(f"all arrays of the stream must have the same batch and time, not {sorted(extents)}")
    ((batch, time),) = extents

    def chunk_of(array: Any, start: int) -> np.ndarray:
        part = np.asarray(array[:, start : start + length])
        return np.pad(part, [(0, 0), (0, length - part.shape[1])] + [(0, 0)] * (part.ndim - 2))

    for start in range(0, time, length):
        mask = np.broadcast_to(start + np.arange(length) < time, (batch, length))
        yield jax.tree.map(lambda array, start=start: chunk_of(array, start), stream), mask


def truncated_gradient(loss: Callable[..., tuple[Any, Tree]]) -> Callable[..., tuple[Any, Tree, Tree]]:
    """The gradient of a loss over one chunk, truncated at the start of the chunk; the carry is passed on.

    .. code-block:: python

        def loss(params, carry, chunk, mask):
            y, carry = nnx.merge(graph, params)(chunk["x"], carry=carry, mask=mask, reset=chunk["reset"])
            return error(y, chunk["y"], mask), carry

        gradient = jax.jit(truncated_gradient(loss))
        for chunk, mask in chunks(stream, 256):
            value, gradients, carry = gradient(params, carry, chunk, mask)

    Where rows hold several sequences, ``reset`` marks their starts; no gradient crosses a reset either.

    Args:
      loss: ``loss(params, carry, *rest) -> (value, carry)``.

    Returns:
      ``gradient(params, carry, *rest) -> (value, gradients, carry)``, the gradient of the value with respect to
      ``params`` alone, through the steps of this chunk.
    """

    def gradient(params: Tree, carry: Tree, *rest: Any) -> tuple[Any, Tree, Tree]:
        carry = jax.lax.stop_gradient(carry)
        (value, carry), gradients = jax.value_and_grad(loss, has_aux=True)(params, carry, *rest)
        return value, gradients, jax.lax.stop_gradient(carry)

    return gradient
