"""Simple recurrent network (Elman 1990)."""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from seqjax.initializers import input_weights, recurrent_weights
from seqjax.recurrence.product import along, product
from seqjax.typing import Array, GateBias, Gates, Hidden, InputWeights, PRNGKey, RecurrentWeights, Size, Step


@dataclass(frozen=True)
class ElmanCell:
    """Simple recurrent network (Elman 1990).

    .. code-block:: text

        h_t = activation(x_t W_x + h_{t-1} W_h + b)

    Products are computed in the type of the input and the parameters, the activation in the type of the carry.

    Attributes:
      activation: Any elementwise function.
      bias: Whether there is a bias b.
    """

    activation: Callable[[Array], Array] = jnp.tanh
    bias: bool = True
    takes_copies: ClassVar[bool] = True

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the activation by its name: most of JAX's are compiled functions, which pickle does not take."""
        return _from_names, (_name(self.activation), self.bias)

    class Params(NamedTuple):
        """Weights of one block, G = H; ``b`` is None without a bias."""

        w_x: InputWeights
        w_h: RecurrentWeights
        b: GateBias | None = None

    class Carry(NamedTuple):
        """``h [B, H]``."""

        h: Hidden

    def init(self, key: PRNGKey, in_features: int, hidden_features: int, *, dtype: DTypeLike = jnp.float32) -> Params:
        """Draws the parameters; the bias is 0."""
        key_x, key_h = jax.random.split(key)
        return self.Params(
            w_x=input_weights(key_x, in_features, hidden_features, 1, dtype),
            w_h=recurrent_weights(key_h, hidden_features, hidden_features, 1, dtype),
            b=jnp.zeros(hidden_features, dtype) if self.bias else None,
        )

    def zero_carry(self, params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> Carry:
        """The carry before the first step: zeros, ``h [B, H]``."""
        return self.Carry(h=jnp.zeros((batch, params.w_h.shape[0]), dtype))

    def project(self, params: Params, x: Step) -> Gates:
        """The input part of the pre-activation, ``z = x W_x + b``."""
        z = product(x, params.w_x)
        return z if params.b is None else z + along(params.b, z)

    def recur(
        self, params: Params, carry: Carry, z: Gates, *, recurrent_mask: Array | None = None
    ) -> tuple[Carry, Hidden]:
        """One step from ``z [B, H]``; ``recurrent_mask [B, H]`` multiplies h before its product with W_h."""
        h = carry.h if recurrent_mask is None else carry.h * recurrent_mask
        s = self.recurrent_product(params, h.astype(z.dtype))
        carry = self.apply_gates(params, carry, self.combine(params, z, s))
        return carry, carry.h.astype(z.dtype)

    def step(self, params: Params, carry: Carry, x: Step) -> tuple[Carry, Hidden]:
        """One step from the input ``x [B, D]``."""
        return self.recur(params, carry, self.project(params, x))

    # The parts of a gated cell.

    @property
    def is_separable(self) -> bool:
        """True: h enters by its product with W_h alone."""
        return True

    @property
    def can_fuse(self) -> bool:
        """True: the pre-activation is a sum."""
        return True

    def recurrent_product(self, params: Params, h: Array) -> Gates:
        """The recurrent part of the pre-activation, ``s = h W_h``."""
        return product(h, params.w_h)

    def combine(self, params: Params, z: Gates, s: Gates) -> Gates:
        """The pre-activation, ``a = z + s``."""
        return z + s

    def apply_gates(self, params: object, carry: Carry, a: Gates) -> Carry:
        """``h = activation(a)``, in the type of the carry."""
        return self.Carry(self.activation(a.astype(carry.h.dtype)))


class _Name(NamedTuple):
    """The place where a function is found again."""

    module: str
    name: str


def _name(function: Any) -> Any:
    """The name of a function that its module holds under it, also inside ``functools.partial``; else the function."""
    if isinstance(function, partial):
        return partial, _name(function.func), function.args, function.keywords
    name = _Name(getattr(function, "__module__", None) or "", getattr(function, "__qualname__", ""))
    return name if getattr(sys.modules.get(name.module), name.name, None) is function else function


def _function(name: Any) -> Any:
    """The inverse of :func:`_name`."""
    if isinstance(name, _Name):
        return getattr(importlib.import_module(name.module), name.name)
    if isinstance(name, tuple):
        _, inner, arguments, keywords = name
        return partial(_function(inner), *arguments, **keywords)
    return name


def _from_names(activation: Any, bias: bool) -> ElmanCell:
    return ElmanCell(_function(activation), bias)
