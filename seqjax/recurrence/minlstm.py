"""Minimal long short-term memory, whose gates do not depend on the carry (Feng et al. 2024, section 3.2)."""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
from jax.nn import log_sigmoid, sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights
from seqjax.recurrence.linear import DiagonalRecurrence
from seqjax.recurrence.product import along, product
from seqjax.typing import Array, GateBias, Hidden, InputWeights, PRNGKey, Size, Step


@dataclass(frozen=True)
class MinLSTMCell(DiagonalRecurrence):
    """Minimal long short-term memory (Feng et al. 2024, section 3.2).

    .. code-block:: text

        i = sigmoid(x W_xi + b_i)
        f = sigmoid(x W_xf + b_f)
        g = x W_xg + b_g
        h = f / (f + i) * h + i / (f + i) * g

    Attributes:
      bias: Whether there are biases.
      forget_bias: Initial bias of the forget gate; the others start at 0.

    Note: This is the paper's first form, without the activation g that its log-space form needs to stay positive.
    """

    bias: bool = True
    forget_bias: float = 1.0

    class Params(NamedTuple):
        """The weights side by side in the order i, f, g, G = 3H; ``b`` is None without biases."""

        w_x: InputWeights
        b: GateBias | None = None

    def init(self, key: PRNGKey, in_features: int, hidden_features: int, *, dtype: DTypeLike = jnp.float32) -> Params:
        """Draws the parameters; the biases are 0, except the forget gate's."""
        b = jnp.zeros((3, hidden_features), dtype).at[1].set(self.forget_bias)
        return self.Params(
            w_x=input_weights(key, in_features, hidden_features, 3, dtype),
            b=b.reshape(-1) if self.bias else None,
        )

    def zero_carry(self, params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> DiagonalRecurrence.Carry:
        """The carry before the first step: zeros, ``h [B, H]``."""
        return self.Carry(h=jnp.zeros((batch, params.w_x.shape[1] // 3), dtype))

    def project(self, params: Params, x: Step) -> tuple[Array, Array]:
        """The coefficients ``f / (f + i)`` and ``i / (f + i) * g`` of the linear recurrence, each ``[..., H]``.

        ``f / (f + i)`` is computed as ``sigmoid(log f - log i)``, which is 0 / 0 for no input.
        """
        z = product(x, params.w_x)
        i, f, g = jnp.split(z if params.b is None else z + along(params.b, z), 3, axis=-1)
        log_ratio = log_sigmoid(f) - log_sigmoid(i)
        return sigmoid(log_ratio), sigmoid(-log_ratio) * g

    def step(self, params: Params, carry: DiagonalRecurrence.Carry, x: Step) -> tuple[DiagonalRecurrence.Carry, Hidden]:
        """One step from the input ``x [B, D]``."""
        return self.recur(params, carry, self.project(params, x))
