"""Calls of jitted functions, the same for seqjax and all rivals on JAX."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.benchmark.cases import Case
from experiments.benchmark.rivals.measured import Arrays, Measured


class Network(NamedTuple):
    """A layer as a pure function.

    Attributes:
      params: Its parameters, any tree.
      apply: ``(params, x [B, T, D]) -> (y [B, T, H], h [B, H])``, outputs and the last carry's h.
      recurrent: The first cell's recurrent weights ``[H, G]``, gates side by side, out of a tree like ``params``.
    """

    params: Any
    apply: Callable[[Any, Any], tuple[Any, Any]]
    recurrent: Callable[[Any], Any]


class Cell(NamedTuple):
    """One step as a pure function.

    Attributes:
      params: Its parameters, any tree.
      carry: The first carry.
      step: ``(params, carry, x [B, D]) -> (carry, y [B, H])``.
    """

    params: Any
    carry: Any
    step: Callable[[Any, Any, Any], tuple[Any, Any]]


def layer(case: Case, arrays: Arrays, network: Network) -> Measured:
    """A layer over a batch: its outputs; or the loss and gradients of the weights and of the inputs.

    The loss is the mean square of the outputs. In the suite "memory" it is that of the last carry's h, and only the
    weights have a gradient; the program is compiled before the first call, so that compilation uses no memory in it.
    """
    x = jnp.asarray(arrays["x"], case.dtype)

    def of_last(params: Any, x: Any) -> Any:
        return jnp.mean(jnp.square(network.apply(params, x)[1].astype(jnp.float32)))

    def of_all(params: Any, x: Any) -> Any:
        return jnp.mean(jnp.square(network.apply(params, x)[0].astype(jnp.float32)))

    function: Any
    if case.mode == "inference":
        function = jax.jit(lambda params, x: network.apply(params, x)[0])
        return _measured(function, (network.params, x), lambda y: {"y": y})
    if case.suite == "memory":
        function = jax.jit(jax.value_and_grad(of_last)).lower(network.params, x).compile()
        return _measured(function, (network.params, x), lambda out: {"loss": out[0]})
    function = jax.jit(jax.value_and_grad(of_all, argnums=(0, 1)))

    def numbers(out: Any) -> dict[str, Any]:
        loss, (of_params, of_x) = out
        return {"loss": loss, "gradient of x": of_x, "gradient of w_h": network.recurrent(of_params)}

    return _measured(function, (network.params, x), numbers)


def stream(case: Case, arrays: Arrays, cell: Cell) -> Measured:
    """T steps of a stream, one call for each, waiting for the last one alone."""
    xs = [jnp.asarray(x, case.dtype) for x in arrays["x"].swapaxes(0, 1)]
    step: Any = jax.jit(cell.step)

    def call() -> Any:
        carry = cell.carry
        for x in xs:
            carry, y = step(cell.params, carry, x)
        return jax.block_until_ready(y)  # type: ignore[no-untyped-call]

    return Measured(call, lambda: {"y": as_float32(call())}, steps=len(xs))


def _measured(function: Any, arguments: tuple[Any, ...], numbers: Callable[[Any], dict[str, Any]]) -> Measured:
    def call() -> Any:
        return jax.block_until_ready(function(*arguments))  # type: ignore[no-untyped-call]

    return Measured(call, lambda: {name: as_float32(value) for name, value in numbers(call()).items()})


def as_float32(array: Any) -> np.ndarray:
    """An array of any type as a NumPy array of float32."""
    return np.asarray(jnp.asarray(array, jnp.float32))
