"""Minimal gated recurrent unit, whose gates do not depend on the carry (Feng et al. 2024, section 3.1)."""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights
from seqjax.recurrence.linear import DiagonalRecurrence
from seqjax.recurrence.product import along, product
from seqjax.typing import Array, GateBias, Hidden, InputWeights, PRNGKey, Size, Step


@dataclass(frozen=True)
class MinGRUCell(DiagonalRecurrence):
    """Minimal gated recurrent unit (Feng et al. 2024, section 3.1).

    .. code-block:: text

        u = sigmoid(x W_xu + b_u)
        n = x W_xn + b_n
        h = (1 - u) * h + u * n

    Attributes:
      bias: Whether there are biases.

    Note: This is the paper's first form, without the activation g that its log-space form needs to stay positive.
    """

    bias: bool = True

    class Params(NamedTuple):
        """The weights side by side in the order u (update), n (candidate), G = 2H; ``b`` is None without biases."""

        w_x: InputWeights
        b: GateBias | None = None

    def init(self, key: PRNGKey, in_features: int, hidden_features: int, *, dtype: DTypeLike = jnp.float32) -> Params:
        """Draws the parameters; biases are 0."""
        return self.Params(
            w_x=input_weights(key, in_features, hidden_features, 2, dtype),
            b=jnp.zeros(2 * hidden_features, dtype) if self.bias else None,
        )

    def zero_carry(self, params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> DiagonalRecurrence.Carry:
        """The carry before the first step: zeros, ``h [B, H]``."""
        return self.Carry(h=jnp.zeros((batch, params.w_x.shape[1] // 2), dtype))

    def project(self, params: Params, x: Step) -> tuple[Array, Array]:
        """The coefficients ``1 - u`` and ``u * n`` of the linear recurrence, each ``[..., H]``."""
        z = product(x, params.w_x)
        u, n = jnp.split(z if params.b is None else z + along(params.b, z), 2, axis=-1)
        return sigmoid(-u), sigmoid(u) * n

    def step(self, params: Params, carry: DiagonalRecurrence.Carry, x: Step) -> tuple[DiagonalRecurrence.Carry, Hidden]:
        """One step from the input ``x [B, D]``."""
        return self.recur(params, carry, self.project(params, x))
