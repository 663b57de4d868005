"""Initial parameters of a cell from initialisers of the user's."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from flax.nnx import VariableMetadata
from jax.nn.initializers import Initializer

from seqjax.typing import PRNGKey, Tree, at_least_float32

FIELDS = {"kernel_init": ("w_x",), "recurrent_kernel_init": ("w_h",), "bias_init": ("b", "b_h")}


def redraw(
    params: Tree, key: PRNGKey, hidden_features: int, initializers: dict[str, Initializer | None]
) -> dict[str, Any]:
    """Draws the parameters for which there is an initialiser anew, and leaves the others as they are.

    An initialiser draws the block of each gate by itself, ``[D, H]``, ``[P, H]`` or ``[H]``, so that fan-in and fan-out
    are those of a gate. What ``nnx.with_partitioning`` or ``nnx.with_metadata`` attach to it stays with the parameter.

    Args:
      params: The cell's named tuple.
      key: Source of the new draws.
      hidden_features: Size H.
      initializers: By the names of ``FIELDS``; None leaves the cell's own draw.

    Returns:
      The fields of ``params`` by name; those drawn anew may be wrapped as ``nnx.VariableMetadata``.

    Raises:
      TypeError: An initialiser that cannot be called.
      ValueError: An initialiser for a parameter that the cell does not have.
    """
    fields: dict[str, Any] = params._asdict()
    for index, (option, names) in enumerate(FIELDS.items()):
        initializer = initializers[option]
        if initializer is None:
            continue
        if not callable(initializer):
            raise TypeError(f"{option} must be an initialiser, as jax.nn.initializers.normal() is, not {initializer!r}")
        present = [name for name in names if fields.get(name) is not None]
        if not present:
            raise ValueError(f"{option} must be None for a cell without {' or '.join(names)}")
        for name in present:
            field_key = jax.random.fold_in(jax.random.fold_in(key, index), names.index(name))
            fields[name] = _draw(initializer, field_key, fields[name], hidden_features)
    return fields


def _draw(initializer: Initializer, key: PRNGKey, like: Any, hidden_features: int) -> Any:
    """Blocks ``[..., H]`` side by side, with the shape and type of ``like``."""
    *rows, columns = like.shape
    gates, rest = divmod(columns, hidden_features)
    width = columns if rest else hidden_features  # a cell of the user's may store its weights otherwise
    wide = at_least_float32(like.dtype)
    drawn: list[Any] = [
        initializer(k, (*rows, width), wide) for k in jax.random.split(key, columns // width if gates else 1)
    ]
    arrays = [block.raw_value if isinstance(block, VariableMetadata) else block for block in drawn]
    joined = jnp.concatenate(arrays, axis=-1).astype(like.dtype)
    return dataclasses.replace(drawn[0], raw_value=joined) if isinstance(drawn[0], VariableMetadata) else joined
