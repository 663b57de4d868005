"""Flax NNX: ``nnx.RNN`` around ``SimpleCell``, ``GRUCell`` or ``OptimizedLSTMCell``, and ``nnx.Bidirectional``."""

from typing import Any

import jax.numpy as jnp
from flax import nnx

from experiments.benchmark.cases import Case
from experiments.benchmark.rivals import jax_calls
from experiments.benchmark.rivals.measured import Arrays, Measured
from experiments.benchmark.rivals.seqjax import with_weights
from seqjax.interop.flax import to_nnx

CELLS: dict[str, Any] = {"elman": nnx.SimpleCell, "gru": nnx.GRUCell, "lstm": nnx.OptimizedLSTMCell}


def layer(case: Case, arrays: Arrays, subject: str) -> Measured:
    """A layer over a batch, or two bidirectional layers in sequence."""
    cells = _cells(case, arrays)
    rnns = [nnx.RNN(cell, return_carry=True) for cell in cells]
    pairs = list(zip(rnns[::2], rnns[1::2], strict=True)) if case.is_stacked else []
    module = nnx.List([nnx.Bidirectional(*pair) for pair in pairs] if pairs else rnns)
    graph, params, rest = _split(module)

    def apply(params: Any, x: Any) -> tuple[Any, Any]:
        first, *others = nnx.merge(graph, params, rest)
        if case.is_stacked:
            y = first(x, rngs=nnx.Rngs(0))
            for other in others:
                y = other(y, rngs=nnx.Rngs(0))
            return y, None
        carry, y = first(x, rngs=nnx.Rngs(0))
        return y, carry[-1] if isinstance(carry, tuple) else carry

    def recurrent(tree: Any) -> Any:
        cell = (tree[0]["forward_rnn"] if case.is_stacked else tree[0])["cell"]
        return cell["dense_h"]["kernel"][...]

    return jax_calls.layer(case, arrays, jax_calls.Network(params, apply, recurrent))


def stream(case: Case, arrays: Arrays, subject: str) -> Measured:
    """One call of the cell, jitted."""
    (module,) = _cells(case, arrays)
    graph, params, rest = _split(module)
    first = module.initialize_carry((case.shape[0], case.shape[2]), nnx.Rngs(0))
    cell = jax_calls.Cell(params, first, lambda params, carry, x: nnx.merge(graph, params, rest)(carry, x))
    return jax_calls.stream(case, arrays, cell)


def _cells(case: Case, arrays: Arrays) -> list[Any]:
    """Cells with the weights of ``arrays``."""
    source = with_weights(case, arrays)
    dtype = jnp.dtype(case.dtype)
    cells = []
    for n in range(4 if case.is_stacked else 1):
        width = arrays[f"w_x_{n}"].shape[0]
        # Orthogonal weights, the default, cannot be drawn in bfloat16.
        start = nnx.initializers.zeros
        cell = CELLS[case.kind](
            width, case.shape[3], dtype=dtype, param_dtype=dtype, recurrent_kernel_init=start, rngs=nnx.Rngs(0)
        )
        cells.append(cell)
    to_nnx(source, *cells)
    return cells


def _split(module: Any) -> tuple[Any, Any, Any]:
    """The structure, the parameters, and all other state."""
    graph, params, *rest = nnx.split(module, nnx.Param, ...)
    return graph, params, rest[0]
