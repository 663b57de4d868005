"""The parameters of one cell as a Flax module."""

from typing import Any

from flax import nnx
from jax.typing import DTypeLike

from seqjax.typing import Array, Tree


class CellParams(nnx.Module):
    """The parameters of one cell, each field of its named tuple under its own name; fields that are None are left out.

    A learned initial carry is held under the names of its fields, as ``initial_h [H]``.

    Args:
      kind: The type of the named tuple.
      params: Its fields by name: arrays, ``nnx.VariableMetadata`` of arrays, or None.
      initial: The fields of a learned initial carry by their names, or {}.
    """

    def __init__(self, kind: Any, params: dict[str, Any], initial: dict[str, Array]) -> None:
        """Wraps the arrays as parameters."""
        self.kind = kind
        learned = {f"initial_{name}": value for name, value in initial.items()}
        for name, value in (params | learned).items():
            if value is not None:
                setattr(self, name, nnx.Param(value))

    def as_tuple(self, dtype: DTypeLike | None = None) -> Tree:
        """The named tuple, cast to ``dtype`` unless that is None."""
        values = {name: getattr(self, name)[...] for name in self.kind._fields if hasattr(self, name)}
        return self.kind(**{name: v if dtype is None else v.astype(dtype) for name, v in values.items()})

    def initial(self, fields: tuple[str, ...]) -> tuple[Array, ...] | None:
        """The learned initial carry, one array for each of its ``fields``; None if it is not learned."""
        if not hasattr(self, f"initial_{fields[0]}"):
            return None
        return tuple(getattr(self, f"initial_{name}")[...] for name in fields)
