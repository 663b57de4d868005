"""Minimal long short-term memory, whose gates do not look at the carry (Feng et al. 2024, section 3.2)."""

from typing import NamedTuple

import jax.numpy as jnp
from jax.nn import log_sigmoid, sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights
from seqjax.recurrence.linear import Carry, recur
from seqjax.recurrence.product import product
from seqjax.typing import Array, GateBias, Hidden, InputWeights, PRNGKey, Size, Step

__all__ = ["Carry", "Params", "init", "project", "recur", "step", "zero_carry"]


class Params(NamedTuple):
    """The gates' weights side by side, in the order i, f, g; G = 3H."""

    w_x: InputWeights
    b: GateBias | None = None


def init(
    key: PRNGKey,
    in_features: int,
    hidden_features: int,
    *,
    bias: bool = True,
    forget_bias: float = 1.0,
    dtype: DTypeLike = jnp.float32,
) -> Params:
    """Draws the parameters; the bias is 0 but for the forget gate's, ``forget_bias``."""
    b = jnp.zeros((3, hidden_features), dtype).at[1].set(forget_bias)
    return Params(
        w_x=input_weights(key, in_features, hidden_features, 3, dtype),
        b=b.reshape(-1) if bias else None,
    )


def zero_carry(params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> Carry:
    """The carry before the first step: zeros, ``h [B, H]``."""
    return Carry(h=jnp.zeros((batch, params.w_x.shape[1] // 3), dtype))


def project(params: Params, x: Step) -> tuple[Array, Array]:
    """Both coefficients of ``h = a * h + u``, each ``[..., H]``; the whole cell but for that recurrence.

    .. code-block:: text

        i, f, g = x W_x + b
        i, f = sigmoid(i), sigmoid(f)
        h = f / (f + i) * h + i / (f + i) * g

    ``f / (f + i)`` is ``sigmoid(log f - log i)``, which is 0 / 0 for no input.

    Note: this is the paper's first form, without the activation g that its log-space form needs to stay positive.
    """
    z = product(x, params.w_x)
    i, f, g = jnp.split(z if params.b is None else z + params.b, 3, axis=-1)
    odds = log_sigmoid(f) - log_sigmoid(i)
    return sigmoid(odds), sigmoid(-odds) * g


def step(params: Params, carry: Carry, x: Step) -> tuple[Carry, Hidden]:
    """One step from the input ``x [B, D]``: ``recur`` after ``project``."""
    return recur(params, carry, project(params, x))
