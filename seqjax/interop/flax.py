"""Weights from and to Flax's ``SimpleCell``, ``LSTMCell``, ``OptimizedLSTMCell`` and ``GRUCell``, without Flax.

Linen stores them in dictionaries with one kernel for each gate: ``ii``, ``if``, ``ig``, ``io`` for the input, ``hi``,
``hf``, ``hg``, ``ho`` for the carry (GRU: r, z, n, where z is the update gate u; SimpleCell: ``i`` and ``h``). NNX
stores the same in attributes, of most cells stacked as ``dense_i`` and ``dense_h``.
"""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from seqjax.layers.cell_params import CellParams
from seqjax.layers.stack import Recurrent
from seqjax.recurrence import ElmanCell, GRUCell, LSTMCell
from seqjax.typing import Array

# Flax's names of the gates, in our order.
GATES: dict[Any, tuple[str, ...]] = {
    ElmanCell.Params: ("",),
    LSTMCell.Params: tuple("ifgo"),
    GRUCell.Params: tuple("rzn"),
}


def from_linen(layer: Recurrent, *cells: Mapping[str, Any]) -> Recurrent:
    """Loads the parameters of linen's cells into a layer, and returns the layer.

    Args:
      layer: An RNN, LSTM or GRU without options that Flax's cells lack.
      *cells: The ``params`` of each cell, in the order of the layer's carries: bottom layer first, forward before
        backward.

    Raises:
      ValueError: Too few or too many cells, a missing name, or an array of the wrong shape; the layer is unchanged.
    """
    loaded = []
    for place, (ours, theirs) in enumerate(zip(_cells(layer, len(cells)), cells, strict=True)):
        params = _stack(ours, theirs, place)
        for name, value in params.items():
            if value.shape != getattr(ours, name).shape:
                shape = getattr(ours, name).shape
                raise ValueError(f"{name} of cell {place} must have shape {shape}, not {value.shape}")
        loaded.append((ours, params))
    for ours, params in loaded:
        for name, value in params.items():
            getattr(ours, name)[...] = value.astype(getattr(ours, name).dtype)
    return layer


def to_linen(layer: Recurrent) -> list[dict[str, Any]]:
    """The parameters of a layer as linen stores them, one dictionary for each cell, in the order of the carries.

    Raises:
      ValueError: The layer has an option that Flax's cells lack.
    """
    return [_unstack(cell) for cell in _cells(layer, None)]


def from_nnx(layer: Recurrent, *cells: Any) -> Recurrent:
    """Loads the parameters of NNX's cells into a layer, and returns the layer; see :func:`from_linen`.

    Note: ``nnx.GRUCell`` lacks the bias ``b_h``, which becomes 0.
    """
    kinds = [cell.kind for cell in _cells(layer, len(cells))]
    return from_linen(layer, *(_read_nnx(kind, cell) for kind, cell in zip(kinds, cells, strict=True)))


def to_nnx(layer: Recurrent, *cells: Any) -> None:
    """Loads a layer's parameters into NNX's cells, in the order of the layer's carries.

    Raises:
      ValueError: Too few or too many cells; or a GRU whose ``b_h`` is not 0, which ``nnx.GRUCell`` lacks.
    """
    for ours, theirs in zip(_cells(layer, len(cells)), cells, strict=True):
        params, tree = ours.as_tuple(), _unstack(ours)
        if ours.kind is GRUCell.Params and bool(jnp.any(params.b_h != 0)):
            raise ValueError("b_h must be 0: nnx.GRUCell has no bias inside the reset product")
        if hasattr(theirs, "dense_i"):
            theirs.dense_i.kernel[...], theirs.dense_h.kernel[...] = params.w_x, params.w_h
            (theirs.dense_h if ours.kind is LSTMCell.Params else theirs.dense_i).bias[...] = params.b
        else:
            for name, dense in tree.items():
                for part, value in dense.items():
                    getattr(getattr(theirs, _attribute(name)), part)[...] = value


def _cells(layer: Recurrent, count: int | None) -> list[CellParams]:
    """The layer's cells in the order of its carries; raises ``ValueError`` for options that Flax's cells lack."""
    directions = [layer.forward, layer.backward] if len(layer.backward) else [layer.forward]
    cells = [cell for above in zip(*directions, strict=True) for cell in above]
    if count is not None and count != len(cells):
        raise ValueError(f"cells must be {len(cells)}, one for each of the layer's, not {count}")
    for cell in cells:
        params = cell.as_tuple()
        names = [name for name, value in params._asdict().items() if value is not None]
        wanted = ["w_x", "w_h", "b", "b_h"] if cell.kind is GRUCell.Params else ["w_x", "w_h", "b"]
        gates = len(GATES.get(cell.kind, ()))
        if names != wanted or params.w_x.shape[1] != gates * params.w_h.shape[0]:
            raise ValueError(f"the layer must have the parameters that Flax's cells have, {wanted}, not {names}")
    return cells


def _stack(ours: CellParams, tree: Mapping[str, Any], place: int) -> dict[str, Array]:
    """Our parameters from linen's: one kernel for each gate and side, and at most two biases for each gate."""
    names = GATES[ours.kind]
    wanted = {side + name for side in "ih" for name in names}
    if missing := sorted(wanted - tree.keys()):
        raise ValueError(f"cell {place} lacks {missing[0]!r}; expected {sorted(wanted)}, not {sorted(tree)}")
    hidden_features = ours.as_tuple().w_h.shape[0]

    def kernels(side: str) -> Array:
        return jnp.concatenate([jnp.asarray(tree[side + name]["kernel"]) for name in names], axis=-1)

    def bias(side: str, name: str) -> Array:
        dense = tree[side + name]
        return jnp.asarray(dense.get("bias", jnp.zeros(hidden_features, dense["kernel"].dtype)))

    separate = {"n"} if ours.kind is GRUCell.Params else set()  # gates whose second bias is not added to the first
    biases = [bias("i", name) if name in separate else bias("i", name) + bias("h", name) for name in names]
    params = {"w_x": kernels("i"), "w_h": kernels("h"), "b": jnp.concatenate(biases)}
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
