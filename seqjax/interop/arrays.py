"""Weights of other libraries as NumPy arrays, and their loading into parameters."""

from collections.abc import Iterable
from typing import Any

import jax.numpy as jnp
import numpy as np

from seqjax.layers.cell_params import CellParams


def as_numpy(name: str, value: Any) -> np.ndarray:
    """An array or a PyTorch tensor as a NumPy array of float32, or of float64 if it is that.

    Raises:
      ValueError: It cannot be read, or holds no floating-point numbers; ``name`` is the name in the message.
    """
    try:
        if hasattr(value, "detach"):  # a tensor, which may require a gradient and lie on a GPU
            value = value.detach().cpu()
            if "bfloat16" in str(value.dtype):
                value = value.float()  # NumPy does not know PyTorch's bfloat16
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name!r} cannot be read as an array: {str(error).splitlines()[0]}") from None
    if not jnp.issubdtype(array.dtype, jnp.floating):
        raise ValueError(f"{name!r} must hold floating-point numbers, not {array.dtype}")
    return array if array.dtype == np.float64 else array.astype(np.float32)


def load(cells: Iterable[tuple[str, CellParams, dict[str, np.ndarray]]]) -> None:
    """Loads arrays, by the names of our parameters, into cells, each cast to the type of its parameter.

    Args:
      cells: For each cell its name in messages, its parameters and the arrays. All are checked before any is loaded.

    Raises:
      ValueError: An array has the wrong shape, or numbers that are finite but too large for the parameter's type.
    """
    loaded = []
    for place, cell, arrays in cells:
        for name, value in arrays.items():
            param = getattr(cell, name)
            if value.shape != param[...].shape:
                raise ValueError(f"{name} of {place} must have shape {param[...].shape}, not {value.shape}")
            with np.errstate(over="ignore"):
                cast = value.astype(param[...].dtype)
            if np.isfinite(value).all() and not np.isfinite(cast).all():
                raise ValueError(f"{name} of {place} has {np.abs(value).max():.3g}, too large for {cast.dtype}")
            loaded.append((param, cast))
    for param, cast in loaded:
        param[...] = jnp.asarray(cast)
