"""Stacked and bidirectional recurrent layers."""

from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from seqjax.layers.dropout import check_rate, dropout
from seqjax.recurrence import bind, elman, gru, lstm, unroll
from seqjax.typing import Array, Mask, PRNGKey

Carries = tuple[Any, ...]


class CellParams(nnx.Module):
    """Holds one cell's named tuple of parameters, each field under its own name."""

    def __init__(self, params: Any) -> None:
        self.kind = type(params)
        for name, value in params._asdict().items():
            setattr(self, name, nnx.Param(value))

    def as_tuple(self, dtype: DTypeLike) -> Any:
        return self.kind(*(getattr(self, name)[...].astype(dtype) for name in self.kind._fields))


class _Recurrent(nnx.Module):
    """What the three layers share: layers above each other, directions beside each other."""

    cell: ClassVar[Any]

    def __init__(
        self,
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
        self.dropout = check_rate("dropout", dropout)
        self.bidirectional = bidirectional
        self.dtype = dtype
        directions = 2 if bidirectional else 1
        widths = [in_features] + [hidden_features * directions] * (num_layers - 1)

        def cells() -> nnx.List:
            return nnx.List(
                [
                    CellParams(self.cell.init(rngs.params(), width, hidden_features, dtype=param_dtype, **cell_options))
                    for width in widths
                ]
            )

        self.forward = cells()
        self.backward = cells() if bidirectional else nnx.List([])
        self.output = (
            None
            if out_features is None
            else nnx.Linear(
                hidden_features * directions,
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
        dtype = self.dtype or x.dtype
        last = []
        y = x.astype(dtype)
        for index, cells in enumerate(self._layers()):
            if index > 0 and key is not None:
                y = dropout(y, self.dropout, jax.random.fold_in(key, index))
            outputs = []
            for cell_params, reverse in zip(cells, (False, True), strict=False):
                params = cell_params.as_tuple(dtype)
                first = self.cell.zero_carry(params, len(x)) if carry is None else carry[len(last)]
                end, output = unroll(self.cell, params, first, y, mask=mask, reset=reset, reverse=reverse)
                last.append(end)
                outputs.append(output)
            y = jnp.concatenate(outputs, axis=-1)
        if self.output is not None:
            y = self.output(y)
        return y, tuple(last)

    def _layers(self) -> list[tuple[CellParams, ...]]:
        """The cells of each layer, bottom first: one, or forward and backward."""
        if self.bidirectional:
            return list(zip(self.forward, self.backward, strict=True))
        return [(cell,) for cell in self.forward]


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


class RNN(_Recurrent):
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
        self.cell = bind(elman, activation=activation)
        super().__init__(in_features, hidden_features, rngs=rngs, **options)


class LSTM(_Recurrent):
    __doc__ = "Long short-term memory; see :mod:`seqjax.recurrence.lstm`." + _COMMON
    cell = lstm


class GRU(_Recurrent):
    __doc__ = "Gated recurrent unit; see :mod:`seqjax.recurrence.gru`." + _COMMON
    cell = gru
