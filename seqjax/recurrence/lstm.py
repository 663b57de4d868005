"""Long short-term memory (Hochreiter & Schmidhuber 1997), with the forget gate of Gers et al. (2000)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights, recurrent_weights
from seqjax.typing import GateBias, Gates, Hidden, InputWeights, PRNGKey, RecurrentWeights, Step


class Params(NamedTuple):
    """The gates' weights side by side, in the order i, f, g, o; G = 4H."""

    w_x: InputWeights
    w_h: RecurrentWeights
    b: GateBias


class Carry(NamedTuple):
    c: Hidden
    h: Hidden


def init(
    key: PRNGKey,
    in_features: int,
    hidden_features: int,
    *,
    forget_bias: float = 1.0,
    dtype: DTypeLike = jnp.float32,
) -> Params:
    """Draws the parameters.

    The bias is 0 but for the forget gate, where ``forget_bias = 1`` lets an untrained cell remember (Jozefowicz et
    al. 2015, section 2.2).
    """
    key_x, key_h = jax.random.split(key)
    bias = jnp.zeros((4, hidden_features), dtype).at[1].set(forget_bias)
    return Params(
        w_x=input_weights(key_x, in_features, hidden_features, 4, dtype),
        w_h=recurrent_weights(key_h, hidden_features, 4, dtype),
        b=bias.reshape(-1),
    )


def zero_carry(params: Params, batch: int, dtype: DTypeLike = jnp.float32) -> Carry:
    """The carry before the first step: zeros, ``c`` and ``h`` each ``[B, H]``."""
    zeros = jnp.zeros((batch, params.w_h.shape[0]), dtype)
    return Carry(c=zeros, h=zeros)


def project(params: Params, x: Step) -> Gates:
    """The input's share of the gates, for one step or for all: ``z = x W_x + b``."""
    return x @ params.w_x + params.b


def recur(params: Params, carry: Carry, z: Gates) -> tuple[Carry, Hidden]:
    """One step of the recurrence.

    .. code-block:: text

        i, f, g, o = z + h W_h
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)

    Products are taken in the type of ``z``, the rest in the type of the carry; the output ``h`` has the type of ``z``.
    """
    gates = (z + carry.h.astype(z.dtype) @ params.w_h).astype(carry.c.dtype)
    i, f, g, o = jnp.split(gates, 4, axis=-1)
    c = sigmoid(f) * carry.c + sigmoid(i) * jnp.tanh(g)
    h = sigmoid(o) * jnp.tanh(c)
    return Carry(c, h), h.astype(z.dtype)


def step(params: Params, carry: Carry, x: Step) -> tuple[Carry, Hidden]:
    """One step from the input ``x [B, D]``: ``recur`` after ``project``."""
    return recur(params, carry, project(params, x))
