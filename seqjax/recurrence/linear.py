"""Diagonal linear recurrences, ``h_t = a_t * h_{t-1} + u_t`` (Martin & Cundy 2018).

Neither a nor u depends on the carry, so the steps can be taken one after the other, or all at once by an associative
scan (``Plan(backend="associative")``). In :class:`LinearCell` ``a`` is learned and the same at every step; in
:mod:`seqjax.recurrence.mingru` and :mod:`seqjax.recurrence.minlstm` it depends on the input.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights
from seqjax.recurrence.product import along, product
from seqjax.typing import Array, GateBias, Hidden, InputWeights, PRNGKey, Size, Step, Tree


class DiagonalRecurrence:
    """The carry and the recurrence that all diagonal linear cells share.

    A cell that inherits from it defines ``project(params, x) -> (a, u)``, each ``[..., H]``, and may run on the backend
    "associative".
    """

    class Carry(NamedTuple):
        """``h [B, H]``."""

        h: Hidden

    def recur(self, params: Tree, carry: Carry, z: tuple[Array, Array]) -> tuple[Carry, Hidden]:
        """One step, ``h = a * h + u``, in the type of the carry; the output has the type of ``u``."""
        a, u = z
        h = a.astype(carry.h.dtype) * carry.h + u.astype(carry.h.dtype)
        return self.Carry(h), h.astype(u.dtype)


@dataclass(frozen=True)
class LinearCell(DiagonalRecurrence):
    """Diagonal linear recurrence with learned decay (Orvieto et al. 2023, section 3, the real case).

    .. code-block:: text

        h_t = sigmoid(decay) * h_{t-1} + x_t W_x + b

    Attributes:
      bias: Whether there is a bias b.
    """

    bias: bool = True

    class Params(NamedTuple):
        """``decay [H]`` is the logit of ``a``; ``b`` is None without a bias."""

        w_x: InputWeights
        decay: Hidden
        b: GateBias | None = None

    def init(self, key: PRNGKey, in_features: int, hidden_features: int, *, dtype: DTypeLike = jnp.float32) -> Params:
        """Draws the parameters: ``a`` uniform in [0.5, 0.99], a decay over 2 to 100 steps; the bias is 0."""
        key_x, key_a = jax.random.split(key)
        a = jax.random.uniform(key_a, (hidden_features,), minval=0.5, maxval=0.99)
        return self.Params(
            w_x=input_weights(key_x, in_features, hidden_features, 1, dtype),
            decay=(jnp.log(a) - jnp.log1p(-a)).astype(dtype),
            b=jnp.zeros(hidden_features, dtype) if self.bias else None,
        )

    def zero_carry(self, params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> DiagonalRecurrence.Carry:
        """The carry before the first step: zeros, ``h [B, H]``."""
        return self.Carry(h=jnp.zeros((batch, params.w_x.shape[1]), dtype))

    def project(self, params: Params, x: Step) -> tuple[Array, Array]:
        """The coefficients ``a = sigmoid(decay)`` and ``u = x W_x + b``, each ``[..., H]``."""
        u = product(x, params.w_x)
        u = u if params.b is None else u + along(params.b, u)
        never = jnp.zeros_like(u, dtype=bool)  # gives a the shape and the sharding of u
        return jnp.where(never, 0, along(sigmoid(params.decay), u)), u

    def step(self, params: Params, carry: DiagonalRecurrence.Carry, x: Step) -> tuple[DiagonalRecurrence.Carry, Hidden]:
        """One step from the input ``x [B, D]``."""
        return self.recur(params, carry, self.project(params, x))
