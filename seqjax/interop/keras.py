"""Weights from and to Keras' ``SimpleRNN``, ``LSTM`` and ``GRU``, without Keras.

A Keras layer's ``get_weights()`` is a list of NumPy arrays: ``kernel [D, G]``, ``recurrent_kernel [H, G]`` and, unless
``use_bias=False``, ``bias``. A ``Bidirectional`` layer has those of its forward layer first, a model those of its
layers one after the other. The order is that of a seqjax layer's carries.

==============  ==================  ================================================================================
Keras           seqjax              relation
==============  ==================  ================================================================================
``SimpleRNN``   ``RNN``             equal
``LSTM``        ``LSTM``            equal; the gates i, f, c, o are our i, f, g, o
``GRU``         ``GRU``             the gates z, r, h are our u, r, n: the first two change places
``bias [G]``    ``b``               of a GRU, only with ``reset_after=False``
``bias [2, G]``  ``b``, ``b_h``     of a GRU with ``reset_after=True``, Keras' default: the second row is added inside
                                    the recurrent product, where only the candidate's third needs a place of its own
==============  ==================  ================================================================================
"""

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np

from seqjax.interop.arrays import as_numpy, load
from seqjax.interop.options import require_supported
from seqjax.layers.cell_params import CellParams
from seqjax.layers.stack import Recurrent
from seqjax.recurrence import GRUCell


def from_weights(layer: Recurrent, weights: Sequence[Any]) -> Recurrent:
    """Loads the weights of Keras' layers into a layer of the same options, and returns the layer.

    Args:
      layer: An RNN, LSTM or GRU. Its parameters keep their types; the weights are cast to them.
      weights: What ``get_weights()`` of a Keras layer or of a model of such layers returns.

    Raises:
      TypeError: It is no recurrent layer, or ``weights`` is no list.
      ValueError: The layer has an option that Keras lacks; there are too few or too many arrays, or one of the wrong
        shape. The layer is unchanged.
    """
    require_supported(layer, "Keras")
    if not isinstance(weights, list | tuple):
        raise TypeError(f"weights must be a list of arrays, as get_weights() returns, not {type(weights).__name__}")
    cells = list(_cells(layer))
    shapes = [(f"cell {place}", *each) for place, cell in enumerate(cells) for each in _shapes(cell)]
    if len(weights) != len(shapes):
        names = ", ".join(name for _, name, _ in shapes)
        raise ValueError(f"weights must be {len(shapes)} arrays, {names}, not {len(weights)}")
    arrays = []
    for (place, name, shape), value in zip(shapes, weights, strict=True):
        array = as_numpy(f"{name} of {place}", value)
        if array.shape != shape:
            raise ValueError(f"{name} of {place} must have shape {shape}, not {array.shape}{_hint(name, array, shape)}")
        arrays.append(array)
    each = len(arrays) // len(cells)
    parts = [arrays[place * each : (place + 1) * each] for place in range(len(cells))]
    load((f"cell {place}", cells[place], _from_keras(cells[place], part)) for place, part in enumerate(parts))
    return layer


def to_weights(layer: Recurrent) -> list[np.ndarray]:
    """The weights of a layer as ``set_weights`` of Keras' layers takes them, in float32 or float64.

    Raises:
      TypeError: It is no recurrent layer.
      ValueError: The layer has an option that Keras lacks.
    """
    require_supported(layer, "Keras")
    return [value for cell in _cells(layer) for value in _to_keras(cell)]


def _cells(layer: Recurrent) -> Iterator[CellParams]:
    for index, cell in enumerate(layer.forward):
        yield cell
        yield from layer.backward[index : index + 1]


def _shapes(cell: CellParams) -> list[tuple[str, tuple[int, ...]]]:
    """The names and shapes of a cell's weights in Keras."""
    params = cell.as_tuple()
    shapes = [("kernel", params.w_x.shape), ("recurrent_kernel", params.w_h.shape)]
    if params.b is not None:
        rows = (2,) if getattr(params, "b_h", None) is not None else ()
        shapes.append(("bias", (*rows, *params.b.shape)))
    return shapes


def _hint(name: str, array: np.ndarray, shape: tuple[int, ...]) -> str:
    """The likely cause of a bias of another rank."""
    if name == "bias" and array.shape[-1:] == shape[-1:]:
        return f" (Keras' GRU has reset_after={array.ndim == 2})"
    return ""


def _exchanged(cell: CellParams, value: np.ndarray) -> np.ndarray:
    """A GRU's weights with its first two gates in the other order; those of other cells as they are."""
    if cell.kind is not GRUCell.Params:
        return value
    first, second, candidate = np.split(value, 3, axis=-1)
    return np.concatenate([second, first, candidate], axis=-1)


def _from_keras(cell: CellParams, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    w_x, w_h, *biases = (_exchanged(cell, value) for value in arrays)
    params = {"w_x": w_x, "w_h": w_h}
    if biases and biases[0].ndim == 2:
        outside, inside = biases[0]
        candidate = slice(2 * len(inside) // 3, None)
        params["b_h"] = inside[candidate].copy()
        inside = inside.copy()
        inside[candidate] = 0
        params["b"] = outside + inside
    elif biases:
        params["b"] = biases[0]
    return params


def _to_keras(cell: CellParams) -> list[np.ndarray]:
    params = jax.tree.map(lambda leaf: as_numpy("a parameter", leaf), cell.as_tuple())
    arrays = [params.w_x, params.w_h]
    if params.b is not None:
        b_h = getattr(params, "b_h", None)
        inside = None if b_h is None else np.pad(b_h, (2 * len(b_h), 0))
        arrays.append(params.b if inside is None else np.stack([params.b, inside]))
    return [_exchanged(cell, value) for value in arrays]
