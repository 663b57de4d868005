"""Gated recurrent unit (Cho et al. 2014).

By default in the variant that resets after the product (section 3.1 of the first version of the paper), which is the
one of cuDNN and PyTorch, whose weights fit here.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights, recurrent_weights
from seqjax.recurrence.product import product
from seqjax.typing import Array, GateBias, Gates, Hidden, InputWeights, PRNGKey, RecurrentWeights, Size, Step


class Params(NamedTuple):
    """The gates' weights side by side, in the order r (reset), u (update), n (candidate); G = 3H.

    ``b`` is added before the reset gate acts. ``b_h [H]`` is the candidate's second bias, inside the reset product.
    (A second bias of r or u would only add to the first.) Both are None without biases.
    """

    w_x: InputWeights
    w_h: RecurrentWeights
    b: GateBias | None = None
    b_h: Hidden | None = None


class Carry(NamedTuple):
    """``h [B, H]``."""

    h: Hidden


def init(
    key: PRNGKey,
    in_features: int,
    hidden_features: int,
    *,
    bias: bool = True,
    reset_after: bool = True,
    dtype: DTypeLike = jnp.float32,
) -> Params:
    """Draws the parameters; biases are 0. ``b_h`` exists only where the reset comes after the product."""
    key_x, key_h = jax.random.split(key)
    return Params(
        w_x=input_weights(key_x, in_features, hidden_features, 3, dtype),
        w_h=recurrent_weights(key_h, hidden_features, hidden_features, 3, dtype),
        b=jnp.zeros(3 * hidden_features, dtype) if bias else None,
        b_h=jnp.zeros(hidden_features, dtype) if bias and reset_after else None,
    )


def zero_carry(params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> Carry:
    """The carry before the first step: zeros, ``h [B, H]``."""
    return Carry(h=jnp.zeros((batch, params.w_h.shape[0]), dtype))


def project(params: Params, x: Step) -> Gates:
    """The input's share of the gates, for one step or for all: ``z = x W_x + b``."""
    z = product(x, params.w_x)
    return z if params.b is None else z + params.b


def feed(params: Params, h: Array) -> Gates:
    """What is fed back, for one step or for all: ``s = h W_h``, plus ``b_h`` in the candidate's part."""
    s = product(h, params.w_h)
    return s if params.b_h is None else s + jnp.pad(params.b_h, (2 * len(params.b_h), 0))


def mix(params: object, z: Gates, s: Gates) -> tuple[Gates, Gates]:
    """What the gates are taken of: both shares, which the candidate needs apart."""
    return z, s


def gate(params: object, carry: Carry, a: tuple[Gates, Gates]) -> Carry:
    """The rest of the step, entry by entry, in the type of the carry."""
    (z_r, z_u, z_n), (s_r, s_u, s_n) = (jnp.split(share.astype(carry.h.dtype), 3, axis=-1) for share in a)
    r = sigmoid(z_r + s_r)
    u = sigmoid(z_u + s_u)
    n = jnp.tanh(z_n + r * s_n)
    return Carry((1 - u) * n + u * carry.h)


def recur(
    params: Params, carry: Carry, z: Gates, *, keep: Array | None = None, reset_after: bool = True
) -> tuple[Carry, Hidden]:
    """One step of the recurrence.

    .. code-block:: text

        r = sigmoid(z_r + h W_r)
        u = sigmoid(z_u + h W_u)
        n = tanh(z_n + r * (h W_n + b_h))     or  tanh(z_n + (r * h) W_n)  if the reset comes before the product
        h = (1 - u) * n + u * h

    Products are taken in the type of ``z``, the rest in the type of the carry; the output ``h`` has the type of ``z``.

    Args:
      params: The cell's parameters.
      carry: The carry before the step.
      z: What :func:`project` returns.
      keep: ``[B, H]``, what h is multiplied by before its products with W (recurrent dropout), or None.
      reset_after: Whether the reset gate acts after the product (version 1 of the paper) or before it (equation 8 of
        the published version). The two need different weights.

    Note: ``u`` keeps the old carry, as in cuDNN and PyTorch; in the paper it is 1 - u that does (equation 7).
    """
    h = carry.h if keep is None else carry.h * keep
    if reset_after:
        carry = gate(params, carry, mix(params, z, feed(params, h.astype(z.dtype))))
        return carry, carry.h.astype(z.dtype)
    dtype = carry.h.dtype
    w_ru, w_n = jnp.split(params.w_h, [2 * h.shape[-1]], axis=-1)
    z_ru, z_n = jnp.split(z.astype(dtype), [2 * h.shape[-1]], axis=-1)
    r, u = jnp.split(sigmoid(z_ru + (h.astype(z.dtype) @ w_ru).astype(dtype)), 2, axis=-1)
    n = jnp.tanh(z_n + ((r * h).astype(z.dtype) @ w_n).astype(dtype))
    h = (1 - u) * n + u * carry.h
    return Carry(h), h.astype(z.dtype)


def step(params: Params, carry: Carry, x: Step) -> tuple[Carry, Hidden]:
    """One step from the input ``x [B, D]``: ``recur`` after ``project``."""
    return recur(params, carry, project(params, x))
