"""PyTorch's ``nn.RNN``, ``nn.GRU`` and ``nn.LSTM``, and their cells, in eager mode, their most common use."""

from typing import Any

import numpy as np
import torch

from experiments.benchmark.cases import Case
from experiments.benchmark.rivals.measured import Arrays, Measured, cells_of

LAYERS = {"elman": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
STEPS = {"elman": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}


def layer(case: Case, arrays: Arrays, subject: str) -> Measured:
    """A layer over a batch; see :func:`experiments.benchmark.rivals.jax_calls.layer`."""
    _, _, in_features, hidden_features = case.shape
    dtype = getattr(torch, case.dtype)
    stack = {"num_layers": 2, "bidirectional": True} if case.is_stacked else {}
    module = LAYERS[case.kind](in_features, hidden_features, batch_first=True, dtype=dtype, **stack)
    suffixes = [f"_l{n}{end}" for n in range(module.num_layers) for end in ("", "_reverse")[: 1 + case.is_stacked]]
    load(module, dict(zip(suffixes, cells_of(arrays), strict=True)))
    x = torch.from_numpy(arrays["x"]).to(dtype)
    if case.mode == "inference":
        return Measured(lambda: infer(module, x), lambda: {"y": _array(infer(module, x)[0])})
    only_last = case.suite == "memory"
    x.requires_grad_(not only_last)

    def train() -> Any:
        module.zero_grad(set_to_none=True)
        x.grad = None
        y, last = module(x)
        wanted = (last[0] if isinstance(last, tuple) else last) if only_last else y
        loss = wanted.float().square().mean()
        loss.backward()
        return loss

    def numbers() -> dict[str, np.ndarray]:
        loss = {"loss": _array(train())}
        if only_last:
            return loss
        return loss | {"gradient of x": _array(x.grad), "gradient of w_h": _array(module.weight_hh_l0.grad).T}

    return Measured(train, numbers)


def stream(case: Case, arrays: Arrays, subject: str) -> Measured:
    """T steps of a stream."""
    _, _, in_features, hidden_features = case.shape
    dtype = getattr(torch, case.dtype)
    cell = STEPS[case.kind](in_features, hidden_features, dtype=dtype)
    load(cell, {"": cells_of(arrays)[0]})
    xs = list(torch.from_numpy(arrays["x"].swapaxes(0, 1).copy()).to(dtype))

    def call() -> Any:
        with torch.no_grad():
            carry = None
            for x in xs:
                carry = cell(x, carry)
        return carry[0] if isinstance(carry, tuple) else carry

    return Measured(call, lambda: {"y": _array(call())}, steps=len(xs))


def infer(module: Any, *inputs: Any) -> Any:
    """Calls a module without recording a gradient."""
    with torch.no_grad():
        return module(*inputs)


def load(module: Any, cells: dict[str, dict[str, np.ndarray]]) -> None:
    """Loads the weights of cells, by the suffix of PyTorch's names for them."""
    state = {}
    for suffix, cell in cells.items():
        state["weight_ih" + suffix] = torch.from_numpy(cell["w_x"].T)
        state["weight_hh" + suffix] = torch.from_numpy(cell["w_h"].T)
        state["bias_ih" + suffix] = torch.from_numpy(cell["b"])
        state["bias_hh" + suffix] = torch.zeros(len(cell["b"]))
    module.load_state_dict(state)


def _array(tensor: Any) -> np.ndarray:
    array: np.ndarray = tensor.detach().float().numpy()
    return array
