"""Flax Linen: ``nn.RNN`` around ``SimpleCell``, ``GRUCell`` or ``OptimizedLSTMCell``, and ``nn.Bidirectional``."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen

from experiments.benchmark.cases import Case
from experiments.benchmark.rivals import jax_calls
from experiments.benchmark.rivals.measured import Arrays, Measured
from experiments.benchmark.rivals.seqjax import with_weights
from seqjax.interop.flax import to_linen

CELLS: dict[str, Any] = {"elman": linen.SimpleCell, "gru": linen.GRUCell, "lstm": linen.OptimizedLSTMCell}


def layer(case: Case, arrays: Arrays, subject: str) -> Measured:
    """A layer over a batch, or two bidirectional layers in sequence."""
    cells = [{"cell": tree} for tree in to_linen(with_weights(case, arrays))]
    params: list[Any] = cells
    module: Any = linen.RNN(_cell(case), return_carry=True)
    if case.is_stacked:
        pairs = zip(cells[::2], cells[1::2], strict=True)
        params = [{"forward_rnn": forward, "backward_rnn": backward} for forward, backward in pairs]
        module = linen.Bidirectional(linen.RNN(_cell(case)), linen.RNN(_cell(case)))

    def apply(params: Any, x: Any) -> tuple[Any, Any]:
        if case.is_stacked:
            for each in params:
                x = module.apply({"params": each}, x)
            return x, None
        carry, y = module.apply({"params": params[0]}, x)
        return y, carry[-1] if isinstance(carry, tuple) else carry

    gates = {"elman": ("",), "gru": tuple("rzn"), "lstm": tuple("ifgo")}[case.kind]

    def recurrent(tree: Any) -> Any:
        cell = (tree[0]["forward_rnn"] if case.is_stacked else tree[0])["cell"]
        return jnp.concatenate([cell["h" + name]["kernel"] for name in gates], axis=-1)

    return jax_calls.layer(case, arrays, jax_calls.Network(params, apply, recurrent))


def stream(case: Case, arrays: Arrays, subject: str) -> Measured:
    """One call of the cell, jitted."""
    (params,) = to_linen(with_weights(case, arrays))
    module = _cell(case)
    first = module.initialize_carry(jax.random.key(0), (case.shape[0], case.shape[2]))
    cell = jax_calls.Cell(params, first, lambda params, carry, x: module.apply({"params": params}, carry, x))
    return jax_calls.stream(case, arrays, cell)


def _cell(case: Case) -> Any:
    dtype = jnp.dtype(case.dtype)
    return CELLS[case.kind](case.shape[3], dtype=dtype, param_dtype=dtype)
