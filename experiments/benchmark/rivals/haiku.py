"""Haiku: ``hk.LSTM`` in ``hk.dynamic_unroll``."""

from typing import Any

import haiku
import jax.numpy as jnp
import numpy as np

from experiments.benchmark.cases import Case
from experiments.benchmark.rivals import jax_calls
from experiments.benchmark.rivals.measured import Arrays, Measured, cells_of


def layer(case: Case, arrays: Arrays, subject: str) -> Measured:
    """A layer over a batch."""
    rows, _, in_features, hidden_features = case.shape

    def unroll(x: Any) -> tuple[Any, Any]:
        y, last = haiku.dynamic_unroll(haiku.LSTM(hidden_features), x, _zeros(case, rows), time_major=False)
        return y, last.hidden

    function = haiku.without_apply_rng(haiku.transform(unroll))

    def recurrent(tree: Any) -> Any:
        i, g, f, o = jnp.split(tree["lstm/linear"]["w"][in_features:], 4, axis=-1)
        return jnp.concatenate([i, f, g, o], axis=-1)

    return jax_calls.layer(case, arrays, jax_calls.Network(_params(case, arrays), function.apply, recurrent))


def stream(case: Case, arrays: Arrays, subject: str) -> Measured:
    """One call of the core, jitted."""
    function = haiku.without_apply_rng(haiku.transform(lambda x, state: haiku.LSTM(case.shape[3])(x, state)))

    def step(params: Any, carry: Any, x: Any) -> tuple[Any, Any]:
        y, carry = function.apply(params, x, carry)
        return carry, y

    return jax_calls.stream(case, arrays, jax_calls.Cell(_params(case, arrays), _zeros(case, case.shape[0]), step))


def _params(case: Case, arrays: Arrays) -> Any:
    """The weights for Haiku, whose gates have the order i, g, f, o, and which adds 1 to that of f."""
    (weights,) = cells_of(arrays)
    stacked = np.concatenate([weights["w_x"], weights["w_h"], weights["b"][None]])
    i, f, g, o = np.split(stacked, 4, axis=-1)
    f[-1] -= 1
    ordered = jnp.asarray(np.concatenate([i, g, f, o], axis=-1), case.dtype)
    return {"lstm/linear": {"w": ordered[:-1], "b": ordered[-1]}}


def _zeros(case: Case, rows: int) -> Any:
    zeros = jnp.zeros((rows, case.shape[3]), case.dtype)
    return haiku.LSTMState(hidden=zeros, cell=zeros)
