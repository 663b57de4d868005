"""Semantically conditioned LSTM, which uses up a vector of what is still to be said (Wen et al. 2015)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights, recurrent_weights
from seqjax.recurrence.product import along, product
from seqjax.typing import Array, GateBias, Gates, Hidden, InputWeights, Mask, PRNGKey, RecurrentWeights, Size, Step


@dataclass(frozen=True)
class SCLSTMCell:
    """Semantically conditioned LSTM (Wen et al. 2015, section 3.2, equations 1 to 8).

    .. code-block:: text

        i = sigmoid(x W_xi + h W_hi + b_i)
        f = sigmoid(x W_xf + h W_hf + b_f)
        g =    tanh(x W_xg + h W_hg + b_g)
        o = sigmoid(x W_xo + h W_ho + b_o)
        r = sigmoid(x W_xr + h W_hr + b_r)
        d = r * d
        c = f * c + i * g + tanh(d W_d)
        h = o * tanh(c)

    The first d is the dialogue act, 1 for its type and each of its slots. The reading gate r takes away what has been
    said. With d = 0, as :meth:`zero_carry` has it, the cell is an LSTM.

    Attributes:
      act_features: Size A of d.
      forget_bias: Initial bias of the forget gate.
      reading_bias: Initial bias of the reading gate; the other biases start at 0.

    Note: The paper has no biases, and multiplies h W_hr by a constant, which W_hr holds here. In its deep network the
    reading gate reads the h of all layers; here each layer has a d of its own.
    """

    act_features: int
    forget_bias: float = 1.0
    reading_bias: float = 2.0
    takes_copies: ClassVar[bool] = True

    class Params(NamedTuple):
        """The gates' weights, concatenated in the order i, f, g, o, r (G = 4H + A), and ``w_d [A, H]``."""

        w_x: InputWeights
        w_h: RecurrentWeights
        b: GateBias
        w_d: Array

    class Carry(NamedTuple):
        """``c [B, H]``, ``h [B, H]`` and ``d [B, A]``, what is still to be said."""

        c: Hidden
        h: Hidden
        d: Array

    def __post_init__(self) -> None:
        """Checks the options."""
        if self.act_features < 1:
            raise ValueError(f"act_features must be at least 1, not {self.act_features}")

    def init(self, key: PRNGKey, in_features: int, hidden_features: int, *, dtype: DTypeLike = jnp.float32) -> Params:
        """Initialises the matrices as in :mod:`seqjax.initializers`, and the biases as described under Attributes."""
        key_x, key_h, key_xr, key_hr, key_d = jax.random.split(key, 5)
        acts = self.act_features
        b = jnp.zeros((4, hidden_features), dtype).at[1].set(self.forget_bias).reshape(-1)
        w_x = input_weights(key_x, in_features, hidden_features, 4, dtype)
        w_h = recurrent_weights(key_h, hidden_features, hidden_features, 4, dtype)
        w_xr = input_weights(key_xr, in_features, acts, 1, dtype)
        w_hr = input_weights(key_hr, hidden_features, acts, 1, dtype)
        return self.Params(
            w_x=jnp.concatenate([w_x, w_xr], axis=1),
            w_h=jnp.concatenate([w_h, w_hr], axis=1),
            b=jnp.concatenate([b, jnp.full(acts, self.reading_bias, dtype)]),
            w_d=input_weights(key_d, acts, hidden_features, 1, dtype),
        )

    def zero_carry(self, params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> Carry:
        """The carry of an LSTM before the first step, with nothing to say: all zeros."""
        acts, hidden_features = params.w_d.shape[-2:]
        c, d = jnp.zeros((batch, hidden_features), dtype), jnp.zeros((batch, acts), dtype)
        return self.Carry(c=c, h=c, d=d)

    def first_carry(self, params: Params, acts: Array) -> Carry:
        """The carry before the first word of the dialogue acts ``[B, A]``."""
        return self.zero_carry(params, len(acts), acts.dtype)._replace(d=acts)

    def project(self, params: Params, x: Step) -> Gates:
        """The input part of the pre-activations, ``z = x W_x + b``."""
        z = product(x, params.w_x)
        return z + along(params.b, z)

    def recur(
        self, params: Params, carry: Carry, z: Gates, *, recurrent_mask: Array | None = None
    ) -> tuple[Carry, Array]:
        """One step from ``z [B, G]``; ``recurrent_mask [B, H]`` multiplies h before its product with W_h."""
        h = carry.h if recurrent_mask is None else carry.h * recurrent_mask
        s = self.recurrent_product(params, h.astype(z.dtype))
        carry = self.apply_gates(params, carry, self.combine(params, z, s))
        return carry, carry.h.astype(z.dtype)

    def step(self, params: Params, carry: Carry, x: Step) -> tuple[Carry, Array]:
        """One step from the input ``x [B, D]``."""
        return self.recur(params, carry, self.project(params, x))

    # Methods of a gated cell.

    @property
    def is_separable(self) -> bool:
        """True: h enters only through its product with W_h."""
        return True

    @property
    def can_fuse(self) -> bool:
        """True: the pre-activations are a sum."""
        return True

    def recurrent_product(self, params: Params, h: Array) -> Gates:
        """The recurrent part of the pre-activations, ``s = h W_h``."""
        return product(h, params.w_h)

    def combine(self, params: Params, z: Gates, s: Gates) -> Gates:
        """The pre-activations ``z + s``."""
        return z + s

    def apply_gates(self, params: Params, carry: Carry, a: Gates) -> Carry:
        """The next carry, in the type of the carry; the product with W_d is computed in the type of ``a``."""
        dtype, hidden_features = carry.c.dtype, carry.c.shape[-1]
        d = sigmoid(a[..., 4 * hidden_features :].astype(dtype)) * carry.d
        i, f, g, o = jnp.split(a[..., : 4 * hidden_features].astype(dtype), 4, axis=-1)
        said = product(d.astype(a.dtype), params.w_d).astype(dtype)
        c = sigmoid(f) * carry.c + sigmoid(i) * jnp.tanh(g) + jnp.tanh(said)
        return self.Carry(c, sigmoid(o) * jnp.tanh(c), d)

    # The act vector of all steps, and its cost.

    def act_vectors(self, params: Params, carry: Carry, xs: Array, ys: Array, mask: Mask | None = None) -> Array:
        """The act vectors d after each step, ``[B, T, A]``, from the inputs and the outputs of a run without resets.

        Given the outputs, the reading gates of all steps are known at once, and d is a running product of them.

        Args:
          params: The parameters.
          carry: The carry before the first step.
          xs: Inputs ``[B, T, D]``.
          ys: Outputs ``[B, T, H]``.
          mask: ``[B, T]``, True where a position is real. Padding, which is at the end of a row, keeps d.
        """
        gates = params._replace(
            **{name: value[..., -self.act_features :] for name, value in params._asdict().items() if name != "w_d"}
        )
        if mask is not None:
            xs = jnp.where(mask[..., None], xs, 0)
        before = jnp.concatenate([carry.h.astype(ys.dtype)[:, None], ys], axis=1)[:, : ys.shape[1]]
        r = sigmoid(self.project(gates, xs) + self.recurrent_product(gates, before))
        if mask is not None:
            r = jnp.where(mask[..., None], r, 1)
        return carry.d[:, None] * jnp.cumprod(r, axis=1)


def act_cost(first: Array, acts: Array, mask: Mask, *, eta: float = 1e-4, xi: float = 100.0) -> Array:
    """The cost of the act vectors of each row ``[B]``: of what is left unsaid, and of saying much at once.

    .. code-block:: text

        |d_T| + sum over t of eta xi^|d_t - d_{t-1}|

    It is added to the loss of the words (Wen et al. 2015, section 3.3, equation 9).

    Args:
      first: The act vector before the first step, ``[B, A]``.
      acts: Those after each step, ``[B, T, A]``.
      mask: ``[B, T]``, True where a position is real; padding is at the end of a row.
      eta: Weight of a change.
      xi: Base of a change; the larger, the worse are large changes.

    Note: The paper leaves the norm open. As in its program, both terms are of each entry of d, and summed over them.
    """
    d = jnp.concatenate([first[:, None], acts], axis=1)
    last = jnp.take_along_axis(d, jnp.sum(mask, axis=1)[:, None, None], axis=1)[:, 0]
    changes = jnp.sum(eta * xi ** jnp.abs(d[:, 1:] - d[:, :-1]), axis=-1)
    return jnp.sum(jnp.abs(last), axis=-1) + jnp.sum(jnp.where(mask, changes, 0), axis=-1)
