"""Weights from and to Flax's ``SimpleCell``, ``LSTMCell``, ``OptimizedLSTMCell`` and ``GRUCell``, without Flax.

Linen stores them in dictionaries with one kernel for each gate: ``ii``, ``if``, ``ig``, ``io`` for the input, ``hi``,
``hf``, ``hg``, ``ho`` for the carry (GRU: r, z, n, where z is the update gate u; SimpleCell: ``i`` and ``h``). NNX
stores the same in attributes, of most cells stacked as ``dense_i`` and ``dense_h``.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.interop.arrays import as_numpy, load
from seqjax.interop.options import require_supported
from seqjax.layers.cell_params import CellParams
from seqjax.layers.stack import Recurrent
from seqjax.recurrence import ElmanCell, GRUCell, LSTMCell

# Flax's names of the gates, in our order.
GATES: dict[Any, tuple[str, ...]] = {
    ElmanCell.Params: ("",),
    LSTMCell.Params: tuple("ifgo"),
    GRUCell.Params: tuple("rzn"),
}
NNX_CELLS: dict[Any, tuple[str, ...]] = {
    ElmanCell.Params: ("SimpleCell",),
    LSTMCell.Params: ("LSTMCell", "OptimizedLSTMCell"),
    GRUCell.Params: ("GRUCell",),
}


def from_linen(layer: Recurrent, *cells: Mapping[str, Any]) -> Recurrent:
    """Loads the parameters of linen's cells into a layer, and returns the layer.

    Args:
      layer: An RNN, LSTM or GRU without options that Flax's cells lack.
      *cells: The ``params`` of each cell, in the order of the layer's carries: bottom layer first, forward before
        backward. Those of ``nn.RNN(cell)`` will do too.

    Raises:
      TypeError: It is no recurrent layer, or a cell is no dictionary.
      ValueError: An option of the layer that Flax lacks, too few or too many cells, a missing or unknown name, or an
        array of the wrong shape or type; the layer is unchanged.
    """
    ours = _cells(layer, len(cells))
    load((f"cell {place}", ours[place], _stack(ours[place], tree, place)) for place, tree in enumerate(cells))
    return layer


def to_linen(layer: Recurrent) -> list[dict[str, Any]]:
    """The parameters of a layer as linen stores them, one dictionary for each cell, in the order of the carries.

    Raises:
      ValueError: The layer has an option that Flax's cells lack.
    """
    return [_unstack(cell) for cell in _cells(layer, None)]


def from_nnx(layer: Recurrent, *cells: Any) -> Recurrent:
    """Loads the parameters of NNX's cells into a layer, and returns the layer; see :func:`from_linen`.

    Raises:
      TypeError: It is no recurrent layer, or a cell is of another kind than the layer's.
      ValueError: As :func:`from_linen`; also for a cell with functions that the layer does not have.

    Note: ``nnx.GRUCell`` lacks the bias ``b_h``, which becomes 0.
    """
    kinds = [cell.kind for cell in _cells(layer, len(cells))]
    theirs = [_nnx_cell(layer, cell, place) for place, cell in enumerate(cells)]
    return from_linen(layer, *(_read_nnx(kind, cell) for kind, cell in zip(kinds, theirs, strict=True)))


def to_nnx(layer: Recurrent, *cells: Any) -> None:
    """Loads a layer's parameters into NNX's cells, in the order of the layer's carries.

    Raises:
      TypeError, ValueError: As :func:`from_nnx`; also for a cell of another size, and for a GRU whose ``b_h`` is not 0,
        which ``nnx.GRUCell`` lacks. The cells are unchanged.
    """
    ours = _cells(layer, len(cells))
    pairs = [(ours[place], _nnx_cell(layer, cell, place)) for place, cell in enumerate(cells)]
    for place, (cell, theirs) in enumerate(pairs):
        params = cell.as_tuple()
        sizes = (theirs.in_features, theirs.hidden_features)
        if sizes != (len(params.w_x), len(params.w_h)):
            raise ValueError(f"cell {place} must have sizes {(len(params.w_x), len(params.w_h))}, not {sizes}")
        if cell.kind is GRUCell.Params and bool(jnp.any(params.b_h != 0)):
            raise ValueError("b_h must be 0: nnx.GRUCell has no bias inside the reset product")
    for cell, theirs in pairs:
        _write_nnx(cell, theirs)


def _write_nnx(ours: CellParams, theirs: Any) -> None:
    """Loads the parameters of one cell into NNX's, in the types that those have."""
    params, tree = ours.as_tuple(), _unstack(ours)
    if hasattr(theirs, "dense_i"):
        biased = theirs.dense_h if ours.kind is LSTMCell.Params else theirs.dense_i
        loaded = [(theirs.dense_i.kernel, params.w_x), (theirs.dense_h.kernel, params.w_h), (biased.bias, params.b)]
    else:
        dense = {name: getattr(theirs, _attribute(name)) for name in tree}
        loaded = [(getattr(dense[name], part), value) for name in tree for part, value in tree[name].items()]
    for param, value in loaded:
        param[...] = value.astype(param[...].dtype)


def _nnx_cell(layer: Recurrent, cell: Any, place: int) -> Any:
    """The cell of an ``nnx.RNN``, or the cell itself; raises unless it computes what the layer's does."""
    theirs = cell.cell if type(cell).__name__ == "RNN" else cell
    names = NNX_CELLS[layer.cell.Params]
    if not {*names} & {kind.__name__ for kind in type(theirs).__mro__}:
        wanted = " or ".join(f"nnx.{name}" for name in names)
        raise TypeError(f"cell {place} must be {wanted}, not {type(theirs).__name__}")
    options = {
        "gate_fn": jax.nn.sigmoid,
        "activation_fn": getattr(layer.cell, "activation", jnp.tanh),
        "residual": False,
    }
    for name, value in options.items():
        if getattr(theirs, name, value) != value:
            wrong = getattr(theirs, name)
            raise ValueError(f"cell {place} has {name}={getattr(wrong, '__name__', wrong)}, which the layer has not")
    return theirs


def _cells(layer: Recurrent, count: int | None) -> list[CellParams]:
    """The layer's cells in the order of its carries; raises ``ValueError`` for options that Flax lacks."""
    require_supported(layer, "Flax")
    directions = [layer.forward, layer.backward] if len(layer.backward) else [layer.forward]
    cells = [cell for above in zip(*directions, strict=True) for cell in above]
    if count is not None and count != len(cells):
        raise ValueError(f"cells must be {len(cells)}, one for each of the layer's, not {count}")
    return cells


def _stack(ours: CellParams, tree: Mapping[str, Any], place: int) -> dict[str, np.ndarray]:
    """Our parameters from linen's: one kernel for each gate and side, and at most two biases for each gate."""
    names = GATES[ours.kind]
    wanted = {side + name for side in "ih" for name in names}
    while isinstance(tree, Mapping) and len(tree) == 1 and not wanted & tree.keys():
        (tree,) = tree.values()  # nn.RNN(cell) has the one entry "cell", variables have "params"
    if not isinstance(tree, Mapping):
        raise TypeError(f"cell {place} must be a dictionary of parameters, not {type(tree).__name__}")
    if wrong := sorted(wanted ^ tree.keys()):
        verb = "lacks" if wrong[0] in wanted else "has no place for"
        raise ValueError(f"cell {place} {verb} {wrong[0]!r}; expected {sorted(wanted)}, not {sorted(tree)}")

    def read(name: str, part: str) -> np.ndarray:
        return as_numpy(f"{part} of {name} of cell {place}", tree[name][part])

    def bias(side: str, name: str) -> np.ndarray:
        zeros = np.zeros(len(ours.as_tuple().w_h), np.float32)
        return read(side + name, "bias") if "bias" in tree[side + name] else zeros

    separate = {"n"} if ours.kind is GRUCell.Params else set()  # gates whose second bias is not added to the first
    biases = [bias("i", name) if name in separate else bias("i", name) + bias("h", name) for name in names]
    w_x, w_h = (np.concatenate([read(side + name, "kernel") for name in names], axis=-1) for side in "ih")
    params = {"w_x": w_x, "w_h": w_h, "b": np.concatenate(biases)}
    return params | ({"b_h": bias("h", "n")} if separate else {})


def _unstack(cell: CellParams) -> dict[str, Any]:
    """A cell's parameters as linen stores them."""
    params, names = cell.as_tuple(), GATES[cell.kind]
    w_x, w_h, b = (jnp.split(value, len(names), axis=-1) for value in (params.w_x, params.w_h, params.b))
    tree = {}
    for k, name in enumerate(names):
        tree["i" + name], tree["h" + name] = {"kernel": w_x[k]}, {"kernel": w_h[k]}
        tree[("h" if cell.kind is LSTMCell.Params else "i") + name]["bias"] = b[k]
    if cell.kind is GRUCell.Params:
        tree["hn"]["bias"] = params.b_h
    return tree


def _read_nnx(kind: Any, cell: Any) -> dict[str, Any]:
    """The weights of an NNX cell under linen's names."""
    names = GATES[kind]
    tree: dict[str, Any] = {}
    for side in "ih":
        if hasattr(cell, "dense_i"):
            dense = getattr(cell, f"dense_{side}")
            for part in ("kernel", "bias"):
                if (param := getattr(dense, part)) is not None:
                    for name, block in zip(names, jnp.split(param[...], len(names), axis=-1), strict=True):
                        tree.setdefault(side + name, {})[part] = block
        else:
            for name in names:
                dense = getattr(cell, _attribute(side + name))
                parts = {"kernel": dense.kernel, "bias": dense.bias}
                tree[side + name] = {part: param[...] for part, param in parts.items() if param is not None}
    return tree


def _attribute(name: str) -> str:
    return "if_" if name == "if" else name  # "if" is a keyword of Python
