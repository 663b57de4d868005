"""Stacked and bidirectional recurrent layers."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from seqjax.layers.dropout import check_rate, dropout
from seqjax.recurrence import bind, elman, gru, lstm, unroll
from seqjax.typing import Array, Mask, PRNGKey, at_least_float32

Carries = tuple[Any, ...]


class CellParams(nnx.Module):
    """Holds one cell's named tuple of parameters, each field that is not None under its own name."""

    def __init__(self, params: Any) -> None:
        self.kind = type(params)
        for name, value in params._asdict().items():
            if value is not None:
                setattr(self, name, nnx.Param(value))

    def as_tuple(self, dtype: DTypeLike | None = None) -> Any:
        """The named tuple, in another type if one is given."""
        values = {name: getattr(self, name)[...] for name in self.kind._fields if hasattr(self, name)}
        return self.kind(**{name: v if dtype is None else v.astype(dtype) for name, v in values.items()})


class Recurrent(nnx.Module):
    """What the three layers share: layers above each other, directions beside each other."""

    def __init__(
        self,
        cell: Any,
        in_features: int,
        hidden_features: int,
        *,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        out_features: int | None = None,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        rngs: nnx.Rngs,
        **cell_options: Any,
    ) -> None:
        for name, value in (
            ("in_features", in_features),
            ("hidden_features", hidden_features),
            ("num_layers", num_layers),
            ("out_features", 1 if out_features is None else out_features),
        ):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")
        self.cell = cell
        self.in_features = in_features
        self.dropout = check_rate("dropout", dropout)
        self.bidirectional = bidirectional
        self.dtype = dtype
        directions = 2 if bidirectional else 1
        out_width = (cell_options.get("proj_features") or hidden_features) * directions
        widths = [in_features] + [out_width] * (num_layers - 1)

        def cells() -> list[CellParams]:
            return [
                CellParams(cell.init(rngs.params(), width, hidden_features, dtype=param_dtype, **cell_options))
                for width in widths
            ]

        self.forward = nnx.List(cells())
        self.backward = nnx.List(cells() if bidirectional else [])
        self.output = (
            None
            if out_features is None
            else nnx.Linear(
                out_width,
                out_features,
                use_bias=False,
                dtype=dtype,
                param_dtype=param_dtype,
                rngs=rngs,
            )
        )

    def __call__(
        self,
        x: Array,
        *,
        mask: Mask | None = None,
        reset: Mask | None = None,
        carry: Carries | None = None,
        key: PRNGKey | None = None,
    ) -> tuple[Array, Carries]:
        self._check_inputs(x, mask, reset)
        dtype = jnp.dtype(self.dtype or x.dtype)
        if carry is None:
            carry = self._zero_carry(x.shape[0], at_least_float32(dtype))
        self._check_carry(carry, x.shape[0])
        last: list[Any] = []
        y = x.astype(dtype)
        for index, cells in enumerate(self._layers()):
            if index > 0 and key is not None:
                y = dropout(y, self.dropout, jax.random.fold_in(key, index))
            outputs = []
            for cell_params, reverse in zip(cells, (False, True), strict=False):
                params = cell_params.as_tuple(dtype)
                first = carry[len(last)]
                end, output = unroll(self.cell, params, first, y, mask=mask, reset=reset, reverse=reverse)
                last.append(end)
                outputs.append(output)
            y = jnp.concatenate(outputs, axis=-1)
        if self.output is not None:
            y = self.output(y)
        return y, tuple(last)

    def _zero_carry(self, batch: int, dtype: DTypeLike) -> Carries:
        cells = [cell for layer in self._layers() for cell in layer]
        return tuple(self.cell.zero_carry(cell.as_tuple(dtype), batch, dtype) for cell in cells)

    def _check_inputs(self, x: Array, mask: Array | None, reset: Array | None) -> None:
        if x.ndim != 3 or x.shape[-1] != self.in_features:
            raise ValueError(f"x must have shape [B, T, {self.in_features}], not {list(x.shape)}")
        if not jnp.issubdtype(x.dtype, jnp.floating):
            raise TypeError(f"x must be of a floating type, not {x.dtype}")
        for name, value in (("mask", mask), ("reset", reset)):
            if value is None:
                continue
            if value.dtype != jnp.bool_:
                raise TypeError(f"{name} must be of type bool, not {value.dtype}")
            if value.shape != x.shape[:2]:
                raise ValueError(
                    f"{name} must have the shape {list(x.shape[:2])} of x's first axes, not {list(value.shape)}"
                )

    def _check_carry(self, carry: Carries, batch: int) -> None:
        legal = jax.eval_shape(lambda: self._zero_carry(batch, jnp.float32))
        structure: Any = jax.tree.structure(carry)
        if structure != jax.tree.structure(legal):
            raise TypeError(f"carry must be what the layer returns, {_shapes(legal)}, not {structure}")
        if _shapes(carry) != _shapes(legal):
            raise ValueError(f"carry must have the shapes {_shapes(legal)}, not {_shapes(carry)}")

    def _layers(self) -> list[tuple[CellParams, ...]]:
        """The cells of each layer, bottom first: one, or forward and backward."""
        if self.bidirectional:
            return list(zip(self.forward, self.backward, strict=True))
        return [(cell,) for cell in self.forward]


def _shapes(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: list(leaf.shape), tree)


_COMMON = """

    Args:
      in_features: Input width D.
      hidden_features: Width H of the carry.
      num_layers: Layers above each other; each reads the outputs of the one below.
      bidirectional: Whether each layer has a second cell that runs backwards; outputs are concatenated, forward first.
      dropout: Probability of dropping an output of a layer that another layer reads.
      out_features: Width of a linear output without bias, y_t = W_hy h_t, or None to return h_t itself.
      dtype: Type of products and outputs; None takes the input's. The carry is float32.
      param_dtype: Type of the parameters.
      rngs: Source of the initial parameters (stream ``params``).

    Called as ``layer(x, *, mask=None, reset=None, carry=None, key=None) -> (y, carry)`` with

    - ``x [B, T, D]``;
    - ``mask [B, T]``, True where a position is real: elsewhere the carry is held and the output is 0;
    - ``reset [B, T]``, True where a new sequence starts inside a row;
    - ``carry``, what an earlier call returned; None starts from zeros;
    - ``key``, the source of dropout; None turns it off;
    - ``y [B, T, H]``, twice as wide if bidirectional, or ``[B, T, out_features]``;
    - the last carries, a tuple with one cell's ``Carry`` each: bottom layer first, forward before backward.

    Raises:
      ValueError: A width or number of layers below 1, or a dropout outside [0, 1).
"""


class RNN(Recurrent):
    __doc__ = "Elman RNN, ``h_t = activation(x_t W_x + h_{t-1} W_h + b)`` (Elman 1990)." + _COMMON

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        *,
        activation: Callable[[Array], Array] = jnp.tanh,
        rngs: nnx.Rngs,
        **options: Any,
    ) -> None:
        super().__init__(bind(elman, activation=activation), in_features, hidden_features, rngs=rngs, **options)


class LSTM(Recurrent):
    __doc__ = "Long short-term memory; see :mod:`seqjax.recurrence.lstm`." + _COMMON

    def __init__(self, in_features: int, hidden_features: int, *, rngs: nnx.Rngs, **options: Any) -> None:
        super().__init__(lstm, in_features, hidden_features, rngs=rngs, **options)


class GRU(Recurrent):
    __doc__ = "Gated recurrent unit; see :mod:`seqjax.recurrence.gru`." + _COMMON

    def __init__(self, in_features: int, hidden_features: int, *, rngs: nnx.Rngs, **options: Any) -> None:
        super().__init__(gru, in_features, hidden_features, rngs=rngs, **options)
