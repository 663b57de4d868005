"""Minimal gated recurrent unit, whose gates do not look at the carry (Feng et al. 2024, section 3.1)."""

from typing import NamedTuple

import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights
from seqjax.recurrence.linear import Carry, recur
from seqjax.recurrence.product import product
from seqjax.typing import Array, GateBias, Hidden, InputWeights, PRNGKey, Size, Step

__all__ = ["Carry", "Params", "init", "project", "recur", "step", "zero_carry"]


class Params(NamedTuple):
    """The gates' weights side by side, in the order u (update), n (candidate); G = 2H."""

    w_x: InputWeights
    b: GateBias | None = None


def init(
    key: PRNGKey, in_features: int, hidden_features: int, *, bias: bool = True, dtype: DTypeLike = jnp.float32
) -> Params:
    """Draws the parameters; the bias is 0."""
    return Params(
        w_x=input_weights(key, in_features, hidden_features, 2, dtype),
        b=jnp.zeros(2 * hidden_features, dtype) if bias else None,
    )


def zero_carry(params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> Carry:
    """The carry before the first step: zeros, ``h [B, H]``."""
    return Carry(h=jnp.zeros((batch, params.w_x.shape[1] // 2), dtype))


def project(params: Params, x: Step) -> tuple[Array, Array]:
    """Both coefficients of ``h = a * h + u``, each ``[..., H]``; the whole cell but for that recurrence.

    .. code-block:: text

        z, n = x W_x + b
        h = (1 - sigmoid(z)) * h + sigmoid(z) * n

    Note: this is the paper's first form, without the activation g that its log-space form needs to stay positive.
    """
    z = product(x, params.w_x)
    z, n = jnp.split(z if params.b is None else z + params.b, 2, axis=-1)
    return sigmoid(-z), sigmoid(z) * n


def step(params: Params, carry: Carry, x: Step) -> tuple[Carry, Hidden]:
    """One step from the input ``x [B, D]``: ``recur`` after ``project``."""
    return recur(params, carry, project(params, x))
