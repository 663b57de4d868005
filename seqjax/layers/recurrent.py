"""Stacked and bidirectional recurrent layers."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from seqjax.layers.arguments import check_carry, check_inputs, check_key, check_rate, check_size, check_zoneout
from seqjax.layers.dropout import Zoneout, dropout, keep_scale
from seqjax.recurrence import AUTO, Plan, bind, elman, gru, linear, lstm, mingru, minlstm, unroll
from seqjax.typing import Array, Mask, PRNGKey, Size, at_least_float32

Carries = tuple[Any, ...]


class CellParams(nnx.Module):
    """One cell's named tuple of parameters, each field under its own name; fields that are None are left out.

    With a learned initial carry, its fields stand beside them as ``initial_h`` and the like, each ``[H]``.
    """

    def __init__(self, params: Any, initial: dict[str, Array]) -> None:
        self.kind = type(params)
        for name, value in (params._asdict() | initial).items():
            if value is not None:
                setattr(self, name, nnx.Param(value))

    def as_tuple(self, dtype: DTypeLike | None = None) -> Any:
        """The named tuple, in another type if one is given."""
        values = {name: getattr(self, name)[...] for name in self.kind._fields if hasattr(self, name)}
        return self.kind(**{name: v if dtype is None else v.astype(dtype) for name, v in values.items()})


class Recurrent(nnx.Module):
    """A recurrent layer around any cell: layers above each other, directions beside each other.

    ``Recurrent(cell, in_features, hidden_features, *, ..., rngs)``, where the cell is a module or object with
    ``Params`` and ``Carry`` (named tuples), ``init(key, in_features, hidden_features, *, dtype, ...)`` and
    ``step(params, carry, x) -> (carry, y)``; with ``project`` and ``recur`` the part that does not depend on the carry
    runs for all steps at once. Without ``zero_carry(params, batch, dtype)`` each field of the first carry is zeros
    ``[B, H]``. All other arguments, the call and what it raises are those of :class:`RNN`; what is not among them goes
    to the cell's ``init``.
    """

    def __init__(
        self,
        cell: Any,
        in_features: int,
        hidden_features: int,
        *,
        num_layers: int = 1,
        bidirectional: bool = False,
        merge: Literal["concat", "sum"] = "concat",
        reverse: bool = False,
        residual: bool = False,
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        weight_dropout: float = 0.0,
        zoneout: float | Sequence[float] = 0.0,
        learn_carry: bool = False,
        parallel: bool = False,
        plan: Plan = AUTO,
        out_features: int | None = None,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        carry_dtype: DTypeLike | None = None,
        out_dtype: DTypeLike | None = None,
        rngs: nnx.Rngs,
        **cell_options: Any,
    ) -> None:
        check_size("in_features", in_features)
        check_size("hidden_features", hidden_features)
        check_size("num_layers", num_layers)
        for name in ("proj_features", "out_features"):
            if (size := out_features if name == "out_features" else cell_options.get(name)) is not None:
                check_size(name, size)
        if merge not in ("concat", "sum"):
            raise ValueError(f"merge must be 'concat' or 'sum', not {merge!r}")
        if bidirectional and reverse:
            raise ValueError("reverse must be False with bidirectional=True, which runs both ways")
        self.dropout = check_rate("dropout", dropout)
        self.input_dropout = check_rate("input_dropout", input_dropout)
        self.recurrent_dropout = check_rate("recurrent_dropout", recurrent_dropout)
        self.weight_dropout = check_rate("weight_dropout", weight_dropout)
        self.zoneout = check_zoneout(zoneout, cell.Carry._fields)
        if recurrent_dropout and "keep" not in inspect.signature(getattr(cell, "recur", cell.step)).parameters:
            raise ValueError(
                f"recurrent_dropout must be 0, not {recurrent_dropout}, for a cell whose recur has no keep"
            )
        if weight_dropout and "w_h" not in cell.Params._fields:
            raise ValueError(f"weight_dropout must be 0, not {weight_dropout}, for a cell without w_h")
        if parallel and (self.zoneout or getattr(cell, "recur", None) is not linear.recur):
            raise ValueError(
                "parallel must be False for a cell that is not a diagonal linear recurrence, or is zoned out"
            )
        self.cell = cell
        self.in_features, self.hidden_features = in_features, hidden_features
        self.reverses = (False, True) if bidirectional else (reverse,)
        self.merge = merge
        self.residual = residual
        self.parallel = parallel
        self.plan = plan
        self.dtype, self.carry_dtype, self.out_dtype = dtype, carry_dtype, out_dtype

        def draw(width: int) -> CellParams:
            params = cell.init(rngs.params(), width, hidden_features, dtype=param_dtype, **cell_options)
            first = self._zeros(params, 1, param_dtype)._asdict() if learn_carry else {}
            return CellParams(params, {f"initial_{name}": leaf[0] for name, leaf in first.items()})

        forward = [draw(in_features)]
        out_width = self._out_width(forward[0]) * (2 if bidirectional and merge == "concat" else 1)
        forward += [draw(out_width) for _ in range(num_layers - 1)]
        widths = [in_features] + [out_width] * (num_layers - 1)
        self.forward = nnx.List(forward)
        self.backward = nnx.List([draw(width) for width in widths] if bidirectional else [])
        self.output = (
            None
            if out_features is None
            else nnx.Linear(out_width, out_features, use_bias=False, dtype=dtype, param_dtype=param_dtype, rngs=rngs)
        )

    def __call__(
        self,
        x: Array,
        *,
        mask: Mask | None = None,
        reset: Mask | None = None,
        carry: Carries | None = None,
        key: PRNGKey | None = None,
        train: bool | None = None,
    ) -> tuple[Array, Carries]:
        check_inputs(x, self.in_features, mask=mask, reset=reset)
        key = check_key(key, train, self._noise())
        dtype = jnp.dtype(self.dtype or x.dtype)
        initial = self.initial_carry(x.shape[0], dtype)
        carry = initial if carry is None else check_carry(carry, initial)
        last: list[Any] = []
        y = x.astype(dtype)
        for index, cells in enumerate(self._layers()):
            below = y
            if index > 0 and key is not None:
                y = dropout(y, self.dropout, jax.random.fold_in(key, index))
            outputs = []
            for cell_params, reverse in zip(cells, self.reverses, strict=True):
                n = len(last)
                params = cell_params.as_tuple(dtype)
                cell_key = None if key is None else jax.random.fold_in(key, len(self.forward) + n)
                cell, params, inputs, keep = self._with_noise(params, y, carry[n], cell_key)
                end, output = unroll(
                    cell,
                    params,
                    carry[n],
                    inputs,
                    mask=mask,
                    reset=reset,
                    reverse=reverse,
                    initial=initial[n],
                    keep=keep,
                    parallel=self.parallel,
                    plan=self.plan,
                )
                last.append(end)
                outputs.append(output)
            y = sum(outputs[1:], outputs[0]) if self.merge == "sum" else jnp.concatenate(outputs, axis=-1)
            if self.residual and index > 0:
                y = y + below
        if self.output is not None:
            y = self.output(y)
        return y.astype(self.out_dtype or dtype), tuple(last)

    def step(self, carry: Carries | None, x: Array) -> tuple[Carries, Array]:
        """One step of a stream, without noise: ``x [B, D]`` to the carries after it and ``y [B, H]``.

        Raises:
          ValueError: A layer that runs backwards, whose first output needs the last input.
        """
        if True in self.reverses:
            raise ValueError("step needs a layer that runs forwards only, not bidirectional=True or reverse=True")
        y, carry = self(x[:, None], carry=carry)
        return carry, y[:, 0]

    def initial_carry(self, batch: Size, dtype: DTypeLike = jnp.float32) -> Carries:
        """The carries before the first step of ``batch`` rows, learned or zeros, for products of type ``dtype``."""
        dtype = self.carry_dtype or at_least_float32(dtype)
        return tuple(self._first(cell, batch, dtype) for cells in self._layers() for cell in cells)

    def _first(self, cell_params: CellParams, batch: Size, dtype: DTypeLike) -> Any:
        zeros = self._zeros(cell_params.as_tuple(), batch, dtype)
        if not hasattr(cell_params, f"initial_{zeros._fields[0]}"):
            return zeros
        learned = (getattr(cell_params, f"initial_{name}")[...].astype(dtype) for name in zeros._fields)
        return type(zeros)(*map(jnp.broadcast_to, learned, (leaf.shape for leaf in zeros)))

    def _zeros(self, params: Any, batch: Size, dtype: DTypeLike) -> Any:
        if hasattr(self.cell, "zero_carry"):
            return self.cell.zero_carry(params, batch, dtype)
        return self.cell.Carry(*(jnp.zeros((batch, self.hidden_features), dtype) for _ in self.cell.Carry._fields))

    def _out_width(self, cell_params: CellParams) -> int:
        params = cell_params.as_tuple(jnp.float32)
        x = jnp.zeros((1, self.in_features), jnp.float32)
        _, y = jax.eval_shape(self.cell.step, params, self._zeros(params, 1, jnp.float32), x)
        return int(y.shape[-1])

    def _with_noise(
        self, params: Any, x: Array, carry: Any, key: PRNGKey | None
    ) -> tuple[Any, Any, Array, Array | None]:
        """The cell, its parameters, its input and what multiplies h, as one call sees them."""
        cell, keep = self.cell, None
        key_x, key_h, key_w, key_z = (None,) * 4 if key is None else jax.random.split(key, 4)
        if self.input_dropout and key_x is not None:
            x = x * keep_scale((x.shape[0], 1, x.shape[2]), self.input_dropout, key_x, x.dtype)
        if self.weight_dropout:
            params = params._replace(w_h=dropout(params.w_h, self.weight_dropout, key_w))
        if self.recurrent_dropout and key_h is not None:
            keep = keep_scale(carry.h.shape, self.recurrent_dropout, key_h, carry.h.dtype)
        if self.zoneout:
            cell = Zoneout(cell, self.zoneout, key_z)
        return cell, params, x, keep

    def _noise(self) -> dict[str, Any]:
        """The rates that are not 0, by name."""
        names = ("dropout", "input_dropout", "recurrent_dropout", "weight_dropout", "zoneout")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def _layers(self) -> list[tuple[CellParams, ...]]:
        """The cells of each layer, bottom first: one, or forward and backward."""
        if len(self.reverses) == 2:
            return list(zip(self.forward, self.backward, strict=True))
        return [(cell,) for cell in self.forward]


_COMMON = """

    Args:
      in_features: Input width D.
      hidden_features: Width H of the carry.
      num_layers: Layers above each other; each reads the outputs of the one below.
      bidirectional: Whether each layer has a second cell that runs backwards.
      merge: What becomes of the two directions' outputs: "concat", forward first, or "sum".
      reverse: Whether to run from the last position to the first.
      residual: Whether each layer above the first adds its input to its output (Wu et al. 2016, section 3.1).
      dropout: Probability of dropping an output of a layer that another layer reads.
      input_dropout: The same for a cell's input, with one mask for all steps of a row (Gal & Ghahramani 2016).
      recurrent_dropout: The same for h on its way into the product with W_h, one mask for all steps of a row.
      weight_dropout: Probability of dropping an entry of W_h, for all rows and steps of a call (Merity et al. 2018).
      zoneout: Probability that a unit of the carry is kept as it was (Krueger et al. 2017); one for all fields of the
        carry or one for each. Without a key the two are mixed at that rate.
      learn_carry: Whether the carry before the first step, and after a reset, is learned, from zeros.
      plan: How a sequence is computed, as in ``Plan(residuals="cell")``; :class:`seqjax.recurrence.Plan`.
      out_features: Width of a linear output without bias, y_t = W_hy h_t, or None to return h_t itself.
      dtype: Type of products; None takes the input's.
      param_dtype: Type of the parameters.
      carry_dtype: Type of the carry; None takes float32, or float64 where products are float64.
      out_dtype: Type of the output; None takes that of products.
      rngs: Source of the initial parameters (stream ``params``).

    Called as ``layer(x, *, mask=None, reset=None, carry=None, key=None, train=None) -> (y, carry)`` with

    - ``x [B, T, D]``;
    - ``mask [B, T]``, True where a position is real: elsewhere the carry is held and the output is 0;
    - ``reset [B, T]``, True where a new sequence starts inside a row;
    - ``carry``, what an earlier call returned; None starts anew;
    - ``key``, the source of all noise; None turns it off;
    - ``train``, to insist: True demands a key where there is noise to draw, False ignores the key;
    - ``y [B, T, H]``, twice as wide if two directions are concatenated, or ``[B, T, out_features]``;
    - the last carries, a tuple with one cell's ``Carry`` each: bottom layer first, forward before backward.

    ``layer.step(carry, x) -> (carry, y)`` takes one step of a stream; ``layer.initial_carry(batch)`` starts one.

    Raises:
      ValueError: A size below 1, a rate outside [0, 1), options that exclude each other; on a call an array of another
        shape, or no key with ``train=True``.
      TypeError: A size that is no int; on a call an array of another type, or a carry of another structure.

    Note: Noise that is the same for all steps of a row is not drawn anew at a reset.
"""


class RNN(Recurrent):
    __doc__ = (
        """Elman RNN, ``h_t = activation(x_t W_x + h_{t-1} W_h + b)`` (Elman 1990); :mod:`seqjax.recurrence.elman`.

    Beside what follows: ``activation``, any function entry by entry, and ``bias``, whether there is b."""
        + _COMMON
    )

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
    __doc__ = (
        """Long short-term memory (Hochreiter & Schmidhuber 1997); equations in :mod:`seqjax.recurrence.lstm`.

    Beside what follows, the options of :func:`seqjax.recurrence.lstm.init`: ``bias``, ``forget_bias``, ``chrono``,
    ``coupled``, ``peepholes``, ``proj_features`` (y is then that wide), ``norm``."""
        + _COMMON
    )

    def __init__(self, in_features: int, hidden_features: int, *, rngs: nnx.Rngs, **options: Any) -> None:
        super().__init__(lstm, in_features, hidden_features, rngs=rngs, **options)


class GRU(Recurrent):
    __doc__ = (
        """Gated recurrent unit (Cho et al. 2014); equations in :mod:`seqjax.recurrence.gru`.

    Beside what follows: ``bias``, and ``reset_after``, whether the reset gate acts after the product, as in PyTorch."""
        + _COMMON
    )

    def __init__(
        self, in_features: int, hidden_features: int, *, reset_after: bool = True, rngs: nnx.Rngs, **options: Any
    ) -> None:
        cell = gru if reset_after else bind(gru, reset_after=False)
        super().__init__(cell, in_features, hidden_features, reset_after=reset_after, rngs=rngs, **options)


LAYERS: dict[str, Any] = {"elman": RNN, "gru": GRU, "lstm": LSTM}  # by the names that models take

_PARALLEL = (
    """

    Beside what follows: ``bias``, and ``parallel``, whether all steps are taken at once by an associative scan. There
    is no W_h, so neither recurrent nor weight dropout."""
    + _COMMON
)


class LinearRNN(Recurrent):
    __doc__ = "Diagonal linear recurrence; equations in :mod:`seqjax.recurrence.linear`." + _PARALLEL

    def __init__(self, in_features: int, hidden_features: int, *, rngs: nnx.Rngs, **options: Any) -> None:
        super().__init__(linear, in_features, hidden_features, rngs=rngs, **options)


class MinGRU(Recurrent):
    __doc__ = "Minimal GRU (Feng et al. 2024); equations in :mod:`seqjax.recurrence.mingru`." + _PARALLEL

    def __init__(self, in_features: int, hidden_features: int, *, rngs: nnx.Rngs, **options: Any) -> None:
        super().__init__(mingru, in_features, hidden_features, rngs=rngs, **options)


class MinLSTM(Recurrent):
    __doc__ = "Minimal LSTM (Feng et al. 2024); equations in :mod:`seqjax.recurrence.minlstm`." + _PARALLEL

    def __init__(self, in_features: int, hidden_features: int, *, rngs: nnx.Rngs, **options: Any) -> None:
        super().__init__(minlstm, in_features, hidden_features, rngs=rngs, **options)
