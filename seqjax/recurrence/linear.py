"""Diagonal linear recurrence, ``h_t = a_t * h_{t-1} + u_t`` (Martin & Cundy 2018).

What multiplies the carry does not look at the carry, so the steps may be taken one after the other, or all at once by
an associative scan: :func:`seqjax.recurrence.unroll` does either. Here ``a`` is learned and the same at every step
(the real, diagonal case of Orvieto et al. 2023, section 3); in :mod:`seqjax.recurrence.mingru` and
:mod:`seqjax.recurrence.minlstm` it depends on the input.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights
from seqjax.recurrence.product import product
from seqjax.typing import Array, GateBias, Hidden, InputWeights, PRNGKey, Size, Step


class Params(NamedTuple):
    """``decay [H]`` is the logit of ``a``."""

    w_x: InputWeights
    decay: Hidden
    b: GateBias | None = None


class Carry(NamedTuple):
    """``h [B, H]``."""

    h: Hidden


def init(
    key: PRNGKey, in_features: int, hidden_features: int, *, bias: bool = True, dtype: DTypeLike = jnp.float32
) -> Params:
    """Draws the parameters: ``a`` uniform in [0.5, 0.99], so that units remember for 2 to 100 steps; the bias is 0."""
    key_x, key_a = jax.random.split(key)
    a = jax.random.uniform(key_a, (hidden_features,), minval=0.5, maxval=0.99)
    return Params(
        w_x=input_weights(key_x, in_features, hidden_features, 1, dtype),
        decay=(jnp.log(a) - jnp.log1p(-a)).astype(dtype),
        b=jnp.zeros(hidden_features, dtype) if bias else None,
    )


def zero_carry(params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> Carry:
    """The carry before the first step: zeros, ``h [B, H]``."""
    return Carry(h=jnp.zeros((batch, params.w_x.shape[1]), dtype))


def project(params: Params, x: Step) -> tuple[Array, Array]:
    """Both coefficients of the recurrence: ``a = sigmoid(decay)`` and ``u = x W_x + b``, each ``[..., H]``."""
    u = product(x, params.w_x)
    u = u if params.b is None else u + params.b
    return jnp.broadcast_to(sigmoid(params.decay), u.shape), u


def recur(params: object, carry: Carry, z: tuple[Array, Array]) -> tuple[Carry, Hidden]:
    """One step of the recurrence, ``h = a * h + u``, in the type of the carry; the output has the type of ``u``."""
    a, u = z
    h = a.astype(carry.h.dtype) * carry.h + u.astype(carry.h.dtype)
    return Carry(h), h.astype(u.dtype)


def step(params: Params, carry: Carry, x: Step) -> tuple[Carry, Hidden]:
    """One step from the input ``x [B, D]``: ``recur`` after ``project``."""
    return recur(params, carry, project(params, x))
