"""Long short-term memory (Hochreiter & Schmidhuber 1997)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import chrono_bias, gate_blocks, input_weights, orthogonal, recurrent_weights
from seqjax.recurrence.product import along, product
from seqjax.typing import (
    Array,
    GateBias,
    Gates,
    Hidden,
    InputWeights,
    PRNGKey,
    Projection,
    RecurrentWeights,
    Size,
    Step,
    at_least_float32,
)


@dataclass(frozen=True)
class LSTMCell:
    """Long short-term memory (Hochreiter & Schmidhuber 1997) with a forget gate (Gers et al. 2000).

    .. code-block:: text

        i = sigmoid(x W_xi + h W_hi + b_i)
        f = sigmoid(x W_xf + h W_hf + b_f)
        g =    tanh(x W_xg + h W_hg + b_g)
        o = sigmoid(x W_xo + h W_ho + b_o)
        c = f * c + i * g
        h = o * tanh(c)

    With options:

    .. code-block:: text

        coupled          i = 1 - f
        peepholes        i = sigmoid(... + p_i * c),  f = sigmoid(... + p_f * c),  o = sigmoid(... + p_o * c_new)
        proj_features    h = (o * tanh(c)) W_r
        norm             norm(x W_x) + norm(h W_h) + b,  h = o * tanh(norm(c))

    Products are computed in the type of the input and the parameters, the rest in the type of the carry.

    Attributes:
      bias: Whether the gates have a bias b.
      forget_bias: Initial bias of the forget gate; the others start at 0. With 1, an untrained cell keeps its carry
        (Jozefowicz et al. 2015, section 2.2).
      chrono: Longest expected dependency in steps, above 2, or None. It replaces ``forget_bias``: the biases of f and i
        are drawn for time constants of 1 to ``chrono - 1`` steps (Tallec & Ollivier 2018, equation 16).
      coupled: Whether i is 1 - f, without its own weights (Greff et al. 2017, variant CIFG).
      peepholes: Whether the gates also read c (Gers & Schmidhuber 2000); the peephole weights start at 0.
      proj_features: Size P of h after a linear projection (Sak et al. 2014, section 2); None for no projection, P = H.
      norm: Whether both products and c are layer-normalised (Ba et al. 2016, equations 20 to 22).

    Raises:
      ValueError: ``chrono`` without a bias. (``init`` raises it for ``chrono`` of at most 2 steps.)
    """

    bias: bool = True
    forget_bias: float = 1.0
    chrono: float | None = None
    coupled: bool = False
    peepholes: bool = False
    proj_features: int | None = None
    norm: bool = False
    takes_copies: ClassVar[bool] = True

    class Params(NamedTuple):
        """The gates' weights, concatenated in the order i, f, g, o (G = 4H), or f, g, o if coupled (G = 3H).

        Fields of options that are off are None.
        """

        w_x: InputWeights
        w_h: RecurrentWeights
        b: GateBias | None = None
        w_r: Projection | None = None
        p_i: Hidden | None = None
        p_f: Hidden | None = None
        p_o: Hidden | None = None
        gain_x: GateBias | None = None
        gain_h: GateBias | None = None
        gain_c: Hidden | None = None
        bias_c: Hidden | None = None

    class Carry(NamedTuple):
        """``c [B, H]`` and ``h [B, H]``; with a projection ``h [B, P]``."""

        c: Hidden
        h: Array

    def __post_init__(self) -> None:
        """Checks the options."""
        if self.chrono is not None and not self.bias:
            raise ValueError(f"bias must be True with chrono={self.chrono}, which initialises it")

    def init(self, key: PRNGKey, in_features: int, hidden_features: int, *, dtype: DTypeLike = jnp.float32) -> Params:
        """Initialises the matrices as in :mod:`seqjax.initializers`, and the biases as described under Attributes."""
        key_x, key_h, key_r, key_b = jax.random.split(key, 4)
        out_features = hidden_features if self.proj_features is None else self.proj_features
        gates = 3 if self.coupled else 4
        b = jnp.zeros((gates, hidden_features), dtype).at[gates - 3].set(self.forget_bias)
        if self.chrono is not None:
            forget = chrono_bias(key_b, hidden_features, self.chrono, dtype)
            b = b.at[0].set(-forget).at[gates - 3].set(forget)
        w_r = None
        if self.proj_features:
            w_r = gate_blocks(orthogonal(), key_r, hidden_features, out_features, 1, dtype)
        zeros, ones = jnp.zeros(hidden_features, dtype), jnp.ones(hidden_features, dtype)
        return self.Params(
            w_x=input_weights(key_x, in_features, hidden_features, gates, dtype),
            w_h=recurrent_weights(key_h, out_features, hidden_features, gates, dtype),
            b=b.reshape(-1) if self.bias else None,
            w_r=w_r,
            p_i=zeros if self.peepholes and not self.coupled else None,
            p_f=zeros if self.peepholes else None,
            p_o=zeros if self.peepholes else None,
            gain_x=jnp.tile(ones, gates) if self.norm else None,
            gain_h=jnp.tile(ones, gates) if self.norm else None,
            gain_c=ones if self.norm else None,
            bias_c=zeros if self.norm else None,
        )

    def zero_carry(self, params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> Carry:
        """The carry before the first step: zeros, ``c [B, H]`` and ``h [B, P]``."""
        out_features = params.w_h.shape[0]
        hidden_features = out_features if params.w_r is None else params.w_r.shape[0]
        return self.Carry(c=jnp.zeros((batch, hidden_features), dtype), h=jnp.zeros((batch, out_features), dtype))

    def project(self, params: Params, x: Step) -> Gates:
        """The input part of the pre-activations, ``z = x W_x + b``, or ``norm(x W_x) + b``."""
        z = _norm(product(x, params.w_x), params.gain_x)
        return z if params.b is None else z + along(params.b, z)

    def recur(
        self, params: Params, carry: Carry, z: Gates, *, recurrent_mask: Array | None = None
    ) -> tuple[Carry, Array]:
        """One step from ``z [B, G]``; ``recurrent_mask [B, P]`` multiplies h before its product with W_h."""
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
        """True if the pre-activations are a sum; not with ``norm``, which normalises each product separately."""
        return not self.norm

    def recurrent_product(self, params: Params, h: Array) -> Gates:
        """The recurrent part of the pre-activations, ``s = h W_h``."""
        return product(h, params.w_h)

    def combine(self, params: Params, z: Gates, s: Gates) -> Gates | tuple[Gates, Gates]:
        """The pre-activations ``z + s``; with ``norm``, the pair of them, as s has yet to be normalised."""
        return (z, s) if self.norm else z + s

    def apply_gates(self, params: Params, carry: Carry, a: Gates | tuple[Gates, Gates]) -> Carry:
        """The next carry, in the type of the carry; the product with W_r is computed in the type of ``a``."""
        dtype = carry.c.dtype
        if isinstance(a, tuple):
            z, s = a
            a = z + _norm(s, params.gain_h)
        *input_gate, f, g, o = jnp.split(a.astype(dtype), 3 if self.coupled else 4, axis=-1)
        f = sigmoid(_peephole(f, params.p_f, carry.c))
        i = 1 - f if self.coupled else sigmoid(_peephole(input_gate[0], params.p_i, carry.c))
        c = f * carry.c + i * jnp.tanh(g)
        o = sigmoid(_peephole(o, params.p_o, c))
        h = (o * jnp.tanh(_norm(c, params.gain_c, params.bias_c))).astype(a.dtype)
        if params.w_r is not None:
            h = product(h, params.w_r)
        return self.Carry(c, h.astype(dtype))


def _peephole(a: Hidden, weight: Hidden | None, c: Hidden) -> Hidden:
    """``a + p * c``; a without peepholes."""
    return a if weight is None else a + along(weight.astype(c.dtype), c) * c


def _norm(x: Array, gain: Array | None, bias: Array | None = None) -> Array:
    """Layer normalisation over the last axis, in float32 at least (Ba et al. 2016, equation 4); x if gain is None."""
    if gain is None:
        return x
    wide = x.astype(at_least_float32(x.dtype))
    centred = wide - wide.mean(axis=-1, keepdims=True)
    scaled = centred * jax.lax.rsqrt(jnp.square(centred).mean(axis=-1, keepdims=True) + 1e-5)
    y = scaled.astype(x.dtype) * along(gain.astype(x.dtype), x)
    return y if bias is None else y + along(bias.astype(x.dtype), x)
