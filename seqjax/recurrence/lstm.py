"""Long short-term memory (Hochreiter & Schmidhuber 1997), with the forget gate of Gers et al. (2000)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import chrono_bias, gate_blocks, input_weights, orthogonal, recurrent_weights
from seqjax.recurrence.product import product
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


class Params(NamedTuple):
    """The gates' weights side by side, in the order i, f, g, o (G = 4H), or f, g, o if coupled (G = 3H).

    What is None is an option not taken; see :func:`init`.
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


def init(
    key: PRNGKey,
    in_features: int,
    hidden_features: int,
    *,
    bias: bool = True,
    forget_bias: float = 1.0,
    chrono: float | None = None,
    coupled: bool = False,
    peepholes: bool = False,
    proj_features: int | None = None,
    norm: bool = False,
    dtype: DTypeLike = jnp.float32,
) -> Params:
    """Draws the parameters.

    Args:
      key: Source of the weights.
      in_features: Input width D.
      hidden_features: Width H of the memory c.
      bias: Whether the gates have a bias b.
      forget_bias: Bias of the forget gate; the others' is 0. 1 lets an untrained cell remember (Jozefowicz et al. 2015,
        section 2.2).
      chrono: The longest dependency expected, in steps, above 2; the biases of f and i are then drawn so that the cell
        forgets over 1 to ``chrono - 1`` steps (Tallec & Ollivier 2018, equation 16), in place of ``forget_bias``.
      coupled: Whether ``i = 1 - f``, without an input gate of its own (Greff et al. 2017, variant CIFG).
      peepholes: Whether the gates look at c (Gers & Schmidhuber 2000); their weights start at 0.
      proj_features: Width P of a linear map behind the output gate, ``h = W_r^T (o * tanh(c))`` (Sak et al. 2014,
        section 2), or None for none: P = H.
      norm: Whether both products and c are layer-normalised (Ba et al. 2016, equations 20 to 22).
      dtype: Type of the parameters.

    Raises:
      ValueError: ``chrono`` of at most 2 steps, or without a bias.
    """
    if chrono is not None and not bias:
        raise ValueError(f"bias must be True with chrono={chrono}, which is a bias")
    key_x, key_h, key_r, key_b = jax.random.split(key, 4)
    out_features = hidden_features if proj_features is None else proj_features
    gates = 3 if coupled else 4
    b = jnp.zeros((gates, hidden_features), dtype).at[gates - 3].set(forget_bias)
    if chrono is not None:
        forget = chrono_bias(key_b, hidden_features, chrono, dtype)
        b = b.at[0].set(-forget).at[gates - 3].set(forget)
    zeros, ones = jnp.zeros(hidden_features, dtype), jnp.ones(hidden_features, dtype)
    return Params(
        w_x=input_weights(key_x, in_features, hidden_features, gates, dtype),
        w_h=recurrent_weights(key_h, out_features, hidden_features, gates, dtype),
        b=b.reshape(-1) if bias else None,
        w_r=gate_blocks(orthogonal(), key_r, hidden_features, out_features, 1, dtype) if proj_features else None,
        p_i=zeros if peepholes and not coupled else None,
        p_f=zeros if peepholes else None,
        p_o=zeros if peepholes else None,
        gain_x=jnp.tile(ones, gates) if norm else None,
        gain_h=jnp.tile(ones, gates) if norm else None,
        gain_c=ones if norm else None,
        bias_c=zeros if norm else None,
    )


def zero_carry(params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> Carry:
    """The carry before the first step: zeros, ``c [B, H]`` and ``h [B, P]``."""
    out_features = params.w_h.shape[0]
    hidden_features = out_features if params.w_r is None else params.w_r.shape[0]
    return Carry(c=jnp.zeros((batch, hidden_features), dtype), h=jnp.zeros((batch, out_features), dtype))


def project(params: Params, x: Step) -> Gates:
    """The input's share of the gates, for one step or for all: ``z = norm(x W_x) + b``."""
    z = _norm(product(x, params.w_x), params.gain_x)
    return z if params.b is None else z + params.b


def feed(params: Params, h: Array) -> Gates:
    """What is fed back, for one step or for all: ``s = h W_h``."""
    return product(h, params.w_h)


def mix(params: Params, z: Gates, s: Gates) -> Gates | tuple[Gates, Gates]:
    """What the gates are taken of: both shares' sum, or both where s has yet to be normalised."""
    return z + s if params.gain_h is None else (z, s)


def joins(params: Params) -> bool:
    """Whether :func:`mix` is the sum, so that one product of x and h side by side may stand for both."""
    return params.gain_h is None


def gate(params: Params, carry: Carry, a: Gates | tuple[Gates, Gates]) -> Carry:
    """The rest of the step, in the type of the carry; W_r's product in the type of ``a``."""
    dtype = carry.c.dtype
    if isinstance(a, tuple):
        z, s = a
        a = z + _norm(s, params.gain_h)
    *input_gate, f, g, o = jnp.split(a.astype(dtype), a.shape[-1] // carry.c.shape[-1], axis=-1)
    f = sigmoid(_peep(f, params.p_f, carry.c))
    i = sigmoid(_peep(input_gate[0], params.p_i, carry.c)) if input_gate else 1 - f
    c = f * carry.c + i * jnp.tanh(g)
    o = sigmoid(_peep(o, params.p_o, c))
    h = (o * jnp.tanh(_norm(c, params.gain_c, params.bias_c))).astype(a.dtype)
    if params.w_r is not None:
        h = h @ params.w_r
    return Carry(c, h.astype(dtype))


def recur(params: Params, carry: Carry, z: Gates, *, keep: Array | None = None) -> tuple[Carry, Array]:
    """One step of the recurrence.

    .. code-block:: text

        i, f, g, o = z + norm(h W_h)
        i, f = sigmoid(i + p_i * c), sigmoid(f + p_f * c)        or  i = 1 - f  if coupled
        c = f * c + i * tanh(g)
        o = sigmoid(o + p_o * c)
        h = o * tanh(norm(c))                                    times W_r  if projected

    Without the options, p is 0 and norm is left out. Products are taken in the type of ``z``, the rest in the type of
    the carry; the output ``h`` has the type of ``z``.

    Args:
      params: The cell's parameters.
      carry: The carry before the step.
      z: What :func:`project` returns.
      keep: ``[B, P]``, what h is multiplied by before its product with W_h (recurrent dropout), or None.
    """
    h = carry.h if keep is None else carry.h * keep
    carry = gate(params, carry, mix(params, z, feed(params, h.astype(z.dtype))))
    return carry, carry.h.astype(z.dtype)


def step(params: Params, carry: Carry, x: Step) -> tuple[Carry, Array]:
    """One step from the input ``x [B, D]``: ``recur`` after ``project``."""
    return recur(params, carry, project(params, x))


def _peep(gate: Hidden, weight: Hidden | None, c: Hidden) -> Hidden:
    return gate if weight is None else gate + weight.astype(c.dtype) * c


def _norm(x: Array, gain: Array | None, bias: Array | None = None) -> Array:
    """Layer normalisation over the last axis, in float32 at least (Ba et al. 2016, equation 4); x without a gain."""
    if gain is None:
        return x
    wide = x.astype(at_least_float32(x.dtype))
    centred = wide - wide.mean(axis=-1, keepdims=True)
    scaled = centred * jax.lax.rsqrt(jnp.square(centred).mean(axis=-1, keepdims=True) + 1e-5)
    y = scaled.astype(x.dtype) * gain.astype(x.dtype)
    return y if bias is None else y + bias.astype(x.dtype)
