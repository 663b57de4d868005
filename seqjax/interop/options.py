"""The options of a layer that another library has too. All others are refused, also those that are added later."""

import dataclasses
from collections.abc import Mapping, Set
from typing import Any, Literal

import jax
import jax.numpy as jnp

from seqjax.layers.dropout import NO_NOISE
from seqjax.layers.dtypes import Dtypes
from seqjax.layers.stack import Recurrent
from seqjax.recurrence import ElmanCell, GRUCell, LSTMCell

Library = Literal["PyTorch", "Flax", "Keras"]

# Options of each cell that the library has too, or that only set initial parameters; others must have their default.
INITIAL = {"forget_bias", "chrono"}
CELLS: Mapping[Library, Mapping[type, Set[str]]] = {
    "PyTorch": {ElmanCell: {"activation", "bias"}, LSTMCell: {"bias", "proj_features", *INITIAL}, GRUCell: {"bias"}},
    "Flax": {ElmanCell: {"activation"}, LSTMCell: INITIAL, GRUCell: set()},
    "Keras": {
        ElmanCell: {"activation", "bias"},
        LSTMCell: {"bias", *INITIAL},
        GRUCell: {"bias", "reset_after"},
    },
}
# Activations of ElmanCell that all three libraries have.
ACTIVATIONS: Mapping[Any, str] = {jnp.tanh: "tanh", jax.lax.tanh: "tanh", jax.nn.relu: "relu"}

# Attributes of a layer that hold sizes and weights, or options that do not change its outputs.
FREE = {"cell", "in_features", "hidden_features", "forward", "backward", "plan", "zoneout"}  # zoneout is in noise


def require_supported(layer: Recurrent, library: Library) -> None:
    """Raises ``ValueError`` unless a library has a place for every option of a layer.

    Raises:
      TypeError: It is no recurrent layer.
      ValueError: The layer has another cell than RNN, LSTM and GRU, or an option that the library lacks.
    """
    if not isinstance(layer, Recurrent):
        raise TypeError(f"layer must be a recurrent layer of seqjax, not {type(layer).__name__}")
    cells = CELLS[library]
    if type(layer.cell) not in cells:
        raise ValueError(f"the layer must be an RNN, LSTM or GRU, not {type(layer).__name__}")
    for option in (*_of_cell(layer.cell, cells[type(layer.cell)]), *_of_layer(layer, library)):
        raise ValueError(f"{library} has no place for {option} of the layer")


def activation_name(layer: Recurrent) -> str:
    """The name of an Elman network's activation, and "tanh" for other cells."""
    return ACTIVATIONS[layer.cell.activation] if isinstance(layer.cell, ElmanCell) else "tanh"


def _of_cell(cell: Any, supported: Set[str]) -> list[str]:
    """The options of a cell that are neither supported nor at their default, as ``name=value``."""
    options = []
    for field in dataclasses.fields(cell):
        value = getattr(cell, field.name)
        if field.name == "activation" and value not in ACTIVATIONS:
            options.append(f"activation={getattr(value, '__name__', value)}, only for tanh and relu")
        elif field.name not in supported and value != field.default:
            options.append(f"{field.name}={value!r}")
    return options


def _of_layer(layer: Recurrent, library: Library) -> list[str]:
    """The options of a layer, apart from its cell, that are not supported, as ``name=value``."""
    unzoned = dataclasses.replace(NO_NOISE, zoneout=layer.noise.zoneout)  # its rates may all be 0
    is_stacked, is_bidirectional = len(layer.forward) > 1, len(layer.reverses) == 2
    refused = {
        "reverses": "reverse=True" if layer.reverses == (True,) else "",
        "merge": f"merge={layer.merge!r}"
        if is_bidirectional and layer.merge != "concat" and library != "Keras"
        else "",
        "residual": "residual=True" if layer.residual and is_stacked else "",
        "dropout": f"dropout={layer.dropout}" if layer.dropout and is_stacked and library != "PyTorch" else "",
        "noise": f"noise={layer.noise}" if layer.zoneout or layer.noise != unzoned else "",
        "output": "out_features" if layer.output is not None else "",
        "dtypes": f"dtypes={layer.dtypes}" if not _is_plain(layer.dtypes) else "",
    }
    unknown = (name for name in vars(layer) if not name.startswith("_") and name not in FREE | refused.keys())
    options = [*refused.values(), *(f"{name}={getattr(layer, name)!r}" for name in unknown)]
    for cell in (*layer.forward, *layer.backward):
        extra = [name for name in vars(cell) if not name.startswith("_") and name not in ("kind", *cell.kind._fields)]
        options += ["learn_carry=True" if name.startswith("initial_") else name for name in extra]
    return [option for option in options if option]


def _is_plain(dtypes: Dtypes) -> bool:
    """True if all arrays have the type of the parameters, or that of the input."""
    others = (dtypes.compute, dtypes.carry, dtypes.output)
    return all(each is None or jnp.dtype(each) == jnp.dtype(dtypes.param) for each in others)
