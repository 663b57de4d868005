"""Weights from and to ``torch.nn.RNN``, ``LSTM`` and ``GRU``, without PyTorch.

PyTorch stores, for layer k, with the suffix ``_reverse`` for the backward direction:

=====================  ===============  =================================================================
PyTorch                seqjax           relation
=====================  ===============  =================================================================
``weight_ih_l{k}``     ``w_x``          transposed; the gates have the same order
``weight_hh_l{k}``     ``w_h``          transposed
``bias_ih_l{k}``       ``b``            ``b`` is the sum of both biases, which are only added to each other,
``bias_hh_l{k}``       ``b``, ``b_h``   except in a GRU's candidate: that third of ``bias_hh`` is ``b_h``
``weight_hr_l{k}``     ``w_r``          transposed (LSTM with ``proj_size``)
=====================  ===============  =================================================================
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from seqjax.interop.arrays import as_numpy, load
from seqjax.interop.options import activation_name, require_supported
from seqjax.layers.cell_params import CellParams
from seqjax.layers.stack import Recurrent
from seqjax.recurrence import GRUCell


def from_state_dict(layer: Recurrent, source: Any, *, prefix: str = "") -> Recurrent:
    """Loads PyTorch's weights into a layer of the same options.

    Args:
      layer: An RNN, LSTM or GRU. Its parameters keep their types; the weights are cast to them.
      source: A state dict (names to arrays or tensors of any floating type), a PyTorch module, or the path of a
        safetensors file.
      prefix: The prefix of PyTorch's names if the layer is a part of a larger model, as in ``"encoder.rnn."``. Names
        without it are ignored.

    Returns:
      The same layer.

    Raises:
      TypeError: It is no recurrent layer, or ``source`` is of another type.
      ValueError: An option of the layer that PyTorch lacks, a missing or unknown name, an array of the wrong shape or
        type, or a file that is no safetensors file; the layer is unchanged.
    """
    require_supported(layer, "PyTorch")
    found = _read(source, layer)
    arrays = {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}
    cells = list(_cells(layer))
    expected = {name + suffix: shape for suffix, cell in cells for name, shape in _shapes(cell).items()}
    if missing := sorted(expected.keys() - arrays.keys()):
        name = missing[0]
        there = _what_is_there(expected, found)
        raise ValueError(f"the state dict lacks {prefix + name!r}, expected with shape {expected[name]}{there}")
    if unknown := sorted(arrays.keys() - expected.keys()):
        raise ValueError(f"the layer has no place for {prefix + unknown[0]!r}; expected {sorted(expected)}")
    values = {name: as_numpy(prefix + name, arrays[name]) for name in expected}
    for name, shape in expected.items():
        if (wrong := values[name].shape) != shape:
            raise ValueError(f"{prefix + name!r} must have shape {shape}, not {wrong}{_likely_cause(wrong, shape)}")
    load(
        (f"the cell {suffix}", cell, _from_torch({name: values[name + suffix] for name in _shapes(cell)}, cell))
        for suffix, cell in cells
    )
    return layer


def to_state_dict(layer: Recurrent) -> dict[str, np.ndarray]:
    """The weights of a layer as NumPy arrays under PyTorch's names, in float32 or float64.

    ``bias_hh`` is 0 except in a GRU's candidate. (``torch.nn.Module.load_state_dict`` takes tensors:
    ``{name: torch.from_numpy(value) for ...}``; ``safetensors.numpy.save_file`` takes the dict itself.)

    Raises:
      TypeError: It is no recurrent layer.
      ValueError: The layer has an option that PyTorch lacks.
    """
    require_supported(layer, "PyTorch")
    arrays = {name + suffix: value for suffix, cell in _cells(layer) for name, value in _to_torch(cell).items()}
    return {name: np.array(value, order="C") for name, value in arrays.items()}


def _cells(layer: Recurrent) -> Iterator[tuple[str, CellParams]]:
    """Each cell's parameters with the suffix of PyTorch's names for them."""
    for index, cell in enumerate(layer.forward):
        yield f"_l{index}", cell
    for index, cell in enumerate(layer.backward):
        yield f"_l{index}_reverse", cell


def _shapes(cell: CellParams) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a cell's weights in PyTorch."""
    params = cell.as_tuple()
    (in_features, gates), out_features = params.w_x.shape, params.w_h.shape[0]
    shapes: dict[str, tuple[int, ...]] = {"weight_ih": (gates, in_features), "weight_hh": (gates, out_features)}
    if params.b is not None:
        shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
    if getattr(params, "w_r", None) is not None:
        shapes["weight_hr"] = params.w_r.shape[::-1]
    return shapes


def _what_is_there(expected: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """The prefix under which all names are there, or if there is none, the first names of the state dict."""
    first = next(iter(expected))
    prefixes = [name.removesuffix(first) for name in found if name.endswith(first)]
    fitting = [repr(each) for each in sorted(prefixes) if all(each + name in found for name in expected)]
    if fitting:
        return f"; pass prefix={' or '.join(fitting)}, under which it is there"
    names = ", ".join(map(repr, sorted(found)[:4]))
    return f"; there are {names}{', ...' if len(found) > 4 else ''}" if names else "; it is empty"


def _likely_cause(wrong: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """A hint if the first axis has another number of gates of the same size, else an empty string."""
    for name, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4)):
        for ours in (1, 3, 4):
            if gates != ours and wrong[0] * ours == expected[0] * gates and wrong[1:] == expected[1:]:
                return f" ({gates} gates, as of torch.nn.{name}, where the layer has {ours})"
    return ""


def _from_torch(arrays: dict[str, np.ndarray], cell: CellParams) -> dict[str, np.ndarray]:
    ours = {"weight_ih": "w_x", "weight_hh": "w_h", "weight_hr": "w_r"}
    params = {ours[name]: value.T for name, value in arrays.items() if name in ours}
    if "bias_ih" in arrays:
        bias_h = np.array(arrays["bias_hh"])
        if cell.kind is GRUCell.Params:
            candidate = slice(2 * len(bias_h) // 3, None)
            params["b_h"] = bias_h[candidate].copy()
            bias_h[candidate] = 0
        params["b"] = arrays["bias_ih"] + bias_h
    return params


def _to_torch(cell: CellParams) -> dict[str, np.ndarray]:
    params = jax.tree.map(lambda leaf: as_numpy("a parameter", leaf), cell.as_tuple())
    arrays = {"weight_ih": params.w_x.T, "weight_hh": params.w_h.T}
    if params.b is not None:
        arrays |= {"bias_ih": params.b, "bias_hh": np.zeros_like(params.b)}
    if cell.kind is GRUCell.Params and params.b is not None:
        arrays["bias_hh"][2 * len(params.b) // 3 :] = params.b_h
    if getattr(params, "w_r", None) is not None:
        arrays["weight_hr"] = params.w_r.T
    return arrays


def _read(source: Any, layer: Recurrent) -> Mapping[str, Any]:
    """The names and arrays of a state dict, a module or a safetensors file."""
    if callable(getattr(source, "state_dict", None)):
        theirs, ours = getattr(source, "nonlinearity", "tanh"), activation_name(layer)
        if theirs != ours:
            raise ValueError(f"the layer must have the activation of the module, {theirs}, not {ours}")
        source = source.state_dict()
    if isinstance(source, Mapping):
        return {str(name): value for name, value in source.items()}
    if not isinstance(source, str | Path):
        kinds = "a state dict, a PyTorch module or the path of a safetensors file"
        raise TypeError(f"source must be {kinds}, not {type(source).__name__}")
    from safetensors import SafetensorError
    from safetensors.flax import load_file

    path = Path(source).expanduser()
    if path.is_dir():
        raise ValueError(f"{source} is a folder; name a safetensors file in it")
    try:
        arrays: Mapping[str, Any] = load_file(path)
    except (SafetensorError, KeyError) as error:
        raise ValueError(
            f"{source} is no safetensors file that can be read ({error}); load PyTorch's own files with torch.load and "
            "pass the state dict"
        ) from None
    return arrays
