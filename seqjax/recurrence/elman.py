"""Simple recurrent network (Elman 1990)."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from seqjax.initializers import input_weights, recurrent_weights
from seqjax.recurrence.product import product
from seqjax.typing import Array, GateBias, Gates, Hidden, InputWeights, PRNGKey, RecurrentWeights, Size, Step


class Params(NamedTuple):
    """One block of weights, since there are no gates: G = H."""

    w_x: InputWeights
    w_h: RecurrentWeights
    b: GateBias | None = None


class Carry(NamedTuple):
    """``h [B, H]``."""

    h: Hidden


def init(
    key: PRNGKey, in_features: int, hidden_features: int, *, bias: bool = True, dtype: DTypeLike = jnp.float32
) -> Params:
    """Draws the parameters; the bias is 0, or None without one."""
    key_x, key_h = jax.random.split(key)
    return Params(
        w_x=input_weights(key_x, in_features, hidden_features, 1, dtype),
        w_h=recurrent_weights(key_h, hidden_features, hidden_features, 1, dtype),
        b=jnp.zeros(hidden_features, dtype) if bias else None,
    )


def zero_carry(params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> Carry:
    """The carry before the first step: zeros, ``h [B, H]``."""
    return Carry(h=jnp.zeros((batch, params.w_h.shape[0]), dtype))


def project(params: Params, x: Step) -> Gates:
    """The input's share, for one step or for all: ``z = x W_x + b``."""
    z = product(x, params.w_x)
    return z if params.b is None else z + params.b


def feed(params: Params, h: Array) -> Gates:
    """What is fed back, for one step or for all: ``s = h W_h``."""
    return product(h, params.w_h)


def mix(params: Params, z: Gates, s: Gates) -> Gates:
    """What the activation is taken of: the sum of the input's share z and the recurrent product s."""
    return z + s


def gate(params: object, carry: Carry, a: Gates, *, activation: Callable[[Array], Array] = jnp.tanh) -> Carry:
    """The rest of the step, entry by entry, in the type of the carry."""
    return Carry(activation(a.astype(carry.h.dtype)))


def recur(
    params: Params,
    carry: Carry,
    z: Gates,
    *,
    keep: Array | None = None,
    activation: Callable[[Array], Array] = jnp.tanh,
) -> tuple[Carry, Hidden]:
    """One step of the recurrence, ``h = activation(z + h W_h)``.

    The product is taken in the type of ``z``, the activation in the type of the carry; the output ``h`` has the type
    of ``z``.

    Args:
      params: The cell's parameters.
      carry: The carry before the step.
      z: What :func:`project` returns.
      keep: ``[B, H]``, what h is multiplied by before its product with W_h (recurrent dropout), or None.
      activation: Any function of an array, entry by entry; ``bind(elman, activation=jax.nn.relu)`` fixes it.
    """
    h = carry.h if keep is None else carry.h * keep
    carry = gate(params, carry, mix(params, z, feed(params, h.astype(z.dtype))), activation=activation)
    return carry, carry.h.astype(z.dtype)


def step(params: Params, carry: Carry, x: Step) -> tuple[Carry, Hidden]:
    """One step from the input ``x [B, D]``: ``recur`` after ``project``."""
    return recur(params, carry, project(params, x))
