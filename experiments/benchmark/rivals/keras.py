"""Keras on JAX: ``SimpleRNN``, ``GRU`` and ``LSTM`` as pure functions, jitted like all others.

So the overhead of ``model.predict`` is not measured. The gates of Keras's GRU have the order u, r, n.
"""

from typing import Any

import jax.numpy as jnp
import keras
import numpy as np

from experiments.benchmark.cases import Case
from experiments.benchmark.rivals import jax_calls
from experiments.benchmark.rivals.measured import Arrays, Measured, cells_of

LAYERS = {"elman": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
STEPS = {"elman": keras.layers.SimpleRNNCell, "gru": keras.layers.GRUCell, "lstm": keras.layers.LSTMCell}

START = {"recurrent_initializer": "zeros"}  # Orthogonal weights, the default, cannot be drawn in bfloat16.


def layer(case: Case, arrays: Arrays, subject: str) -> Measured:
    """A layer over a batch, or two bidirectional layers as a ``Sequential`` model."""
    rows, time, in_features, hidden_features = case.shape
    options = {"return_sequences": True, "dtype": case.dtype, **START}
    weights = [value for cell in cells_of(arrays) for value in ours(case.kind, cell)]
    module: Any
    if case.is_stacked:
        stack = [keras.layers.Bidirectional(LAYERS[case.kind](hidden_features, **options)) for _ in range(2)]
        module = keras.Sequential([keras.Input((time, in_features), rows), *stack])
    else:
        module = LAYERS[case.kind](hidden_features, return_state=True, **options)
        module.build((rows, time, in_features))
    module.set_weights(weights)
    fixed = _values(module.non_trainable_variables)

    def apply(params: Any, x: Any) -> tuple[Any, Any]:
        out, _ = module.stateless_call(params, fixed, x)
        return (out, None) if case.is_stacked else (out[0], out[1])

    def recurrent(tree: Any) -> Any:
        return _swapped(tree[1], case.kind)

    params = _values(module.trainable_variables)
    return jax_calls.layer(case, arrays, jax_calls.Network(params, apply, recurrent))


def stream(case: Case, arrays: Arrays, subject: str) -> Measured:
    """One call of the cell, jitted."""
    rows, _, in_features, hidden_features = case.shape
    module = STEPS[case.kind](hidden_features, dtype=case.dtype, **START)
    module.build((rows, in_features))
    module.set_weights(ours(case.kind, cells_of(arrays)[0]))
    fixed = _values(module.non_trainable_variables)
    first = [jnp.zeros((rows, hidden_features), case.dtype) for _ in range(1 + (case.kind == "lstm"))]

    def step(params: Any, carry: Any, x: Any) -> tuple[Any, Any]:
        (y, carry), _ = module.stateless_call(params, fixed, x, carry)
        return carry, y

    return jax_calls.stream(case, arrays, jax_calls.Cell(_values(module.trainable_variables), first, step))


def ours(kind: str, cell: dict[str, np.ndarray]) -> list[Any]:
    """Our weights of a cell in Keras's layout."""
    w_x, w_h, b = (_swapped(cell[name], kind) for name in ("w_x", "w_h", "b"))
    return [w_x, w_h, np.stack([b, np.zeros_like(b)]) if kind == "gru" else b]


def _swapped(array: Any, kind: str) -> Any:
    """The array with the first two of a GRU's three gates swapped."""
    if kind != "gru":
        return array
    width = array.shape[-1] // 3
    place = np.concatenate([np.arange(width, 2 * width), np.arange(width), np.arange(2 * width, 3 * width)])
    return array[..., place]


def _values(variables: Any) -> list[Any]:
    return [variable.value for variable in variables]
