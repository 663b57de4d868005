"""Gated recurrent unit (Cho et al. 2014)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights, recurrent_weights
from seqjax.recurrence.product import along, product
from seqjax.typing import Array, GateBias, Gates, Hidden, InputWeights, PRNGKey, RecurrentWeights, Size, Step


@dataclass(frozen=True)
class GRUCell:
    """Gated recurrent unit (Cho et al. 2014).

    .. code-block:: text

        r = sigmoid(x W_xr + h W_hr + b_r)
        u = sigmoid(x W_xu + h W_hu + b_u)
        n = tanh(x W_xn + b_n + r * (h W_hn + b_h))     reset after the product, or
        n = tanh(x W_xn + b_n + (r * h) W_hn)           reset before it
        h = (1 - u) * n + u * h

    Products are computed in the type of the input and the parameters, the rest in the type of the carry.

    Attributes:
      reset_after: Whether the reset gate acts after the product, as in version 1 of the paper (section 3.1), cuDNN and
        PyTorch, whose weights fit here; or before it, as in the published version (equation 8). Weights trained with
        one do not suit the other.
      bias: Whether there are biases.

    Note: ``u`` keeps the old carry, as in cuDNN and PyTorch; in the paper 1 - u does (equation 7).
    """

    reset_after: bool = True
    bias: bool = True
    takes_copies: ClassVar[bool] = True

    class Params(NamedTuple):
        """The gates' weights side by side in the order r (reset), u (update), n (candidate); G = 3H.

        ``b`` is added outside the reset product, ``b_h [H]``, the candidate's second bias, inside it. (A second bias of
        r or u would only add to the first.) Both are None without biases; ``b_h`` is None if the reset comes before the
        product.
        """

        w_x: InputWeights
        w_h: RecurrentWeights
        b: GateBias | None = None
        b_h: Hidden | None = None

    class Carry(NamedTuple):
        """``h [B, H]``."""

        h: Hidden

    def init(self, key: PRNGKey, in_features: int, hidden_features: int, *, dtype: DTypeLike = jnp.float32) -> Params:
        """Draws the parameters; biases are 0."""
        key_x, key_h = jax.random.split(key)
        return self.Params(
            w_x=input_weights(key_x, in_features, hidden_features, 3, dtype),
            w_h=recurrent_weights(key_h, hidden_features, hidden_features, 3, dtype),
            b=jnp.zeros(3 * hidden_features, dtype) if self.bias else None,
            b_h=jnp.zeros(hidden_features, dtype) if self.bias and self.reset_after else None,
        )

    def zero_carry(self, params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> Carry:
        """The carry before the first step: zeros, ``h [B, H]``."""
        return self.Carry(h=jnp.zeros((batch, params.w_h.shape[0]), dtype))

    def project(self, params: Params, x: Step) -> Gates:
        """The input part of the pre-activations, ``z = x W_x + b``."""
        z = product(x, params.w_x)
        return z if params.b is None else z + along(params.b, z)

    def recur(
        self, params: Params, carry: Carry, z: Gates, *, recurrent_mask: Array | None = None
    ) -> tuple[Carry, Hidden]:
        """One step from ``z [B, G]``; ``recurrent_mask [B, H]`` multiplies h before its products with W."""
        h = carry.h if recurrent_mask is None else carry.h * recurrent_mask
        if not self.reset_after:
            return self._reset_before(params, carry, z, h)
        s = self.recurrent_product(params, h.astype(z.dtype))
        carry = self.apply_gates(params, carry, self.combine(params, z, s))
        return carry, carry.h.astype(z.dtype)

    def _reset_before(self, params: Params, carry: Carry, z: Gates, h: Hidden) -> tuple[Carry, Hidden]:
        """One step with two products: the second one needs r, which comes from the first."""
        dtype = carry.h.dtype
        w_ru, w_n = jnp.split(params.w_h, [2 * h.shape[-1]], axis=-1)
        z_ru, z_n = jnp.split(z.astype(dtype), [2 * h.shape[-1]], axis=-1)
        r, u = jnp.split(sigmoid(z_ru + product(h.astype(z.dtype), w_ru).astype(dtype)), 2, axis=-1)
        n = jnp.tanh(z_n + product((r * h).astype(z.dtype), w_n).astype(dtype))
        h = (1 - u) * n + u * carry.h
        return self.Carry(h), h.astype(z.dtype)

    def step(self, params: Params, carry: Carry, x: Step) -> tuple[Carry, Hidden]:
        """One step from the input ``x [B, D]``."""
        return self.recur(params, carry, self.project(params, x))

    # The parts of a gated cell.

    @property
    def is_separable(self) -> bool:
        """True if the reset comes after the product with W_h, so that one product is enough."""
        return self.reset_after

    @property
    def can_fuse(self) -> bool:
        """False: the reset gate multiplies the recurrent part of the candidate alone."""
        return False

    def recurrent_product(self, params: Params, h: Array) -> Gates:
        """The recurrent part of the pre-activations, ``s = h W_h``, plus ``b_h`` in the candidate's block."""
        s = product(h, params.w_h)
        if params.b_h is None:
            return s
        b_h = along(params.b_h, s)
        return s + jnp.pad(b_h, [(0, 0)] * (s.ndim - 1) + [(2 * b_h.shape[-1], 0)])

    def combine(self, params: object, z: Gates, s: Gates) -> tuple[Gates, Gates]:
        """Both parts of the pre-activations, which the candidate needs separately."""
        return z, s

    def apply_gates(self, params: object, carry: Carry, a: tuple[Gates, Gates]) -> Carry:
        """The next carry, in the type of the carry."""
        (z_r, z_u, z_n), (s_r, s_u, s_n) = (jnp.split(part.astype(carry.h.dtype), 3, axis=-1) for part in a)
        r = sigmoid(z_r + s_r)
        u = sigmoid(z_u + s_u)
        n = jnp.tanh(z_n + r * s_n)
        return self.Carry((1 - u) * n + u * carry.h)
