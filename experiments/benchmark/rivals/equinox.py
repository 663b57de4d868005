"""Equinox: its cells in ``jax.lax.scan`` under ``jax.vmap``, as in its documentation."""

from typing import Any

import equinox
import jax
import jax.numpy as jnp

from experiments.benchmark.cases import Case
from experiments.benchmark.rivals import jax_calls
from experiments.benchmark.rivals.measured import Arrays, Measured, cells_of


def layer(case: Case, arrays: Arrays, subject: str) -> Measured:
    """A layer over a batch."""

    def apply(cell: Any, x: Any) -> tuple[Any, Any]:
        def over_time(xs: Any) -> tuple[Any, Any]:
            def step(state: Any, x: Any) -> tuple[Any, Any]:
                state = cell(x, state)
                return state, _h(state)

            last, y = jax.lax.scan(step, _zeros(case), xs)
            return y, _h(last)

        y, last = jax.vmap(over_time)(x)
        return y, last

    return jax_calls.layer(case, arrays, jax_calls.Network(_cell(case, arrays), apply, lambda tree: tree.weight_hh.T))


def stream(case: Case, arrays: Arrays, subject: str) -> Measured:
    """One call of the cell for each row, jitted."""
    first = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (case.shape[0], *leaf.shape)), _zeros(case))

    def step(cell: Any, carry: Any, x: Any) -> tuple[Any, Any]:
        carry = jax.vmap(cell)(x, carry)
        return carry, _h(carry)

    return jax_calls.stream(case, arrays, jax_calls.Cell(_cell(case, arrays), first, step))


def _cell(case: Case, arrays: Arrays) -> Any:
    _, _, in_features, hidden_features = case.shape
    kind = {"gru": equinox.nn.GRUCell, "lstm": equinox.nn.LSTMCell}[case.kind]
    fresh = kind(in_features, hidden_features, dtype=jnp.dtype(case.dtype), key=jax.random.key(0))
    (weights,) = cells_of(arrays)
    values = [weights["w_x"].T, weights["w_h"].T, weights["b"]]
    cell = equinox.tree_at(
        lambda tree: [tree.weight_ih, tree.weight_hh, tree.bias],
        fresh,
        [jnp.asarray(value, case.dtype) for value in values],
    )
    return equinox.tree_at(lambda tree: tree.bias_n, cell, jnp.zeros_like(cell.bias_n)) if case.kind == "gru" else cell


def _zeros(case: Case) -> Any:
    zeros = jnp.zeros(case.shape[3], case.dtype)
    return (zeros, zeros) if case.kind == "lstm" else zeros


def _h(state: Any) -> Any:
    return state[0] if isinstance(state, tuple) else state
