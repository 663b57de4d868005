"""Stacked and bidirectional layers of any recurrent cell."""

from typing import Any, Literal

import jax
import jax.numpy as jnp
from flax import nnx
from jax.nn.initializers import Initializer
from jax.typing import DTypeLike

from seqjax.layers.arguments import (
    check_carry,
    check_inputs,
    check_kind,
    check_rate,
    check_rngs,
    check_size,
    check_zoneout,
)
from seqjax.layers.cell_params import CellParams
from seqjax.layers.dropout import NO_NOISE, Noise, Noisy, Zoneout, dropout, keep_scale
from seqjax.layers.dtypes import DTYPES, Dtypes
from seqjax.layers.initial import redraw
from seqjax.masking import match_sharding
from seqjax.recurrence import AUTO, Plan, unroll
from seqjax.recurrence.cell import Cell, ProjectedCell, SteppedCell
from seqjax.recurrence.linear import DiagonalRecurrence
from seqjax.typing import Array, Mask, PRNGKey, Size, Tree, at_least_float32

Carries = tuple[Any, ...]  # one cell's carry each: bottom layer first, forward before backward
Merge = Literal["concat", "sum"]


class Recurrent(Noisy):
    """Stacked and bidirectional layers of any recurrent cell.

    :class:`~seqjax.layers.RNN`, :class:`~seqjax.layers.LSTM` and their kin are this module with a built-in cell.

    Args:
      cell: The cell (:class:`seqjax.recurrence.Cell`): an object or a class with ``Params``, ``Carry``, ``init`` and
        ``step``, and perhaps more.
      in_features: Size D of the input.
      hidden_features: Size H of the carry.
      num_layers: Number of layers; each reads the outputs of the layer below.
      bidirectional: Whether each layer has a second cell that runs backwards.
      merge: The output of two directions: "concat" of both, forward first, or their "sum".
      reverse: Whether to run from the last position to the first.
      residual: Whether each layer above the first adds its input to its output (Wu et al. 2016, section 3.1).
      dropout: Probability of dropping an entry of a layer's output that the layer above reads.
      noise: Other kinds of noise; see :class:`~seqjax.layers.Noise`.
      learn_carry: Whether the carry before the first step, and after a reset, is a parameter, initially zero.
      kernel_init: Initialiser of each gate's block of ``w_x``, ``[D, H]``; None for the cell's own.
      recurrent_kernel_init: Initialiser of each gate's block of ``w_h``, ``[P, H]``; None for the cell's own.
      bias_init: Initialiser of each gate's biases ``[H]``; None for the cell's own.
      plan: Execution options; see :class:`seqjax.recurrence.Plan`.
      out_features: Size of a linear output without bias, ``y_t = h_t W``; None to return h_t itself.
      dtypes: Types of the arrays; see :class:`~seqjax.layers.Dtypes`.
      rngs: Source of the initial parameters (stream ``params``).

    Raises:
      ValueError: A size below 1, a rate outside [0, 1), or options that exclude each other.
      TypeError: An option of another type.
    """

    def __init__(
        self,
        cell: Cell,
        in_features: int,
        hidden_features: int,
        *,
        num_layers: int = 1,
        bidirectional: bool = False,
        merge: Merge = "concat",
        reverse: bool = False,
        residual: bool = False,
        dropout: float = 0.0,
        noise: Noise = NO_NOISE,
        learn_carry: bool = False,
        kernel_init: Initializer | None = None,
        recurrent_kernel_init: Initializer | None = None,
        bias_init: Initializer | None = None,
        plan: Plan = AUTO,
        out_features: int | None = None,
        dtypes: Dtypes = DTYPES,
        rngs: nnx.Rngs,
    ) -> None:
        """Draws the parameters."""
        check_size("in_features", in_features)
        check_size("hidden_features", hidden_features)
        check_size("num_layers", num_layers)
        if out_features is not None:
            check_size("out_features", out_features)
        if merge not in ("concat", "sum"):
            raise ValueError(f"merge must be 'concat' or 'sum', not {merge!r}")
        if bidirectional and reverse:
            raise ValueError("reverse must be False with bidirectional=True, which runs both ways")
        check_rngs(rngs)
        check_kind("dtypes", dtypes, Dtypes, "Dtypes(compute=jnp.bfloat16)")
        _check_cell(cell, noise, plan)
        self.cell = cell
        self.in_features, self.hidden_features = in_features, hidden_features
        self.reverses = (False, True) if bidirectional else (reverse,)
        self.merge = merge
        self.residual = residual
        self.dropout = check_rate("dropout", dropout)
        self.noise, self.zoneout = noise, check_zoneout(noise.zoneout, cell.Carry._fields)
        self.plan = plan
        self.dtypes = dtypes

        initializers = {
            "kernel_init": kernel_init,
            "recurrent_kernel_init": recurrent_kernel_init,
            "bias_init": bias_init,
        }

        def draw(width: int) -> CellParams:
            key = rngs.params()
            params = cell.init(key, width, hidden_features, dtype=dtypes.param)
            first = self._zeros(params, 1, dtypes.param)._asdict() if learn_carry else {}
            fields = redraw(params, key, hidden_features, initializers)
            return CellParams(type(params), fields, {name: leaf[0] for name, leaf in first.items()})

        forward = [draw(in_features)]
        out_width = self._output_size(forward[0]) * (2 if bidirectional and merge == "concat" else 1)
        forward += [draw(out_width) for _ in range(num_layers - 1)]
        widths = [in_features] + [out_width] * (num_layers - 1)
        self.forward = nnx.List(forward)
        self.backward = nnx.List([draw(width) for width in widths] if bidirectional else [])
        options: Any = {"use_bias": False, "dtype": dtypes.compute, "param_dtype": dtypes.param, "rngs": rngs}
        self.output = None if out_features is None else nnx.Linear(out_width, out_features, **options)

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
        """Runs the layer over a batch of sequences.

        Args:
          x: Inputs ``[B, T, D]``.
          mask: ``[B, T]``, True where a position is real. Elsewhere the carry is held and the output is 0.
          reset: ``[B, T]``, True where a new sequence starts inside a row.
          carry: The carries of an earlier call; None to start a new sequence.
          key: Source of all noise; None for no noise.
          train: True to demand a key if the layer has noise; False to ignore the key; None for the mode that
            ``train()`` or ``eval()`` has set, without which a key turns noise on.

        Returns:
          The outputs ``[B, T, H]`` (2H if two directions are concatenated, or ``out_features``), and the last carries:
          a tuple with one cell's ``Carry`` each, bottom layer first, forward before backward.

        Raises:
          ValueError: An array of the wrong shape, or no key with ``train=True``.
          TypeError: An array of the wrong type, or a carry of the wrong structure.
        """
        check_inputs(x, self.in_features, mask=mask, reset=reset)
        x = jnp.asarray(x)
        key = self.noise_key(key, train, **self._rates())
        dtype = jnp.dtype(self.dtypes.compute or x.dtype)
        # One row, repeated for those of x, and sharded as they are.
        initial = match_sharding(self.initial_carry(1, dtype), (), x[:, :1, :1])
        carry = initial if carry is None else check_carry(carry, initial)
        last: list[Any] = []
        y = x.astype(dtype)
        for index, cells in enumerate(self._layers()):
            below = y
            if index > 0 and key is not None:
                y = dropout(y, self.dropout, jax.random.fold_in(key, index))
            outputs: list[Any] = []
            for cell_params, reverse in zip(cells, self.reverses, strict=True):
                n = len(last)
                cell_key = None if key is None else jax.random.fold_in(key, len(self.forward) + n)
                flags: Any = {"mask": mask, "reset": reset, "reverse": reverse, "initial": initial[n]}
                end, output = self._run_cell(cell_params.as_tuple(dtype), carry[n], y, cell_key, **flags)
                last.append(end)
                outputs.append(output)
            y = sum(outputs[1:], outputs[0]) if self.merge == "sum" else jnp.concatenate(outputs, axis=-1)
            if self.residual and index > 0:
                y = y + below
        if self.output is not None:
            y = y @ self.output.kernel[...].astype(dtype)
        return y.astype(self.dtypes.output or dtype), tuple(last)

    def step(self, carry: Carries | None, x: Array) -> tuple[Carries, Array]:
        """One step of a stream, without noise: the carries and ``x [B, D]`` to the next carries and ``y [B, H]``.

        Raises:
          ValueError: The layer runs backwards, so that its first output needs the last input; or as a call.
          TypeError: As a call.
        """
        if x.ndim != 2:
            raise ValueError(f"x must have shape [B, {self.in_features}], one step, not {list(x.shape)}")
        if True in self.reverses:
            raise ValueError("step needs a layer that runs forwards only, not bidirectional=True or reverse=True")
        y, carry = self(x[:, None], carry=carry, train=False)
        return carry, y[:, 0]

    def initial_carry(self, batch: Size, dtype: DTypeLike = jnp.float32) -> Carries:
        """The carries before the first step of ``batch`` rows, learned or zeros, for products of type ``dtype``."""
        dtype = self.dtypes.carry or at_least_float32(dtype)
        return tuple(self._first(cell, batch, dtype) for cells in self._layers() for cell in cells)

    def _first(self, cell_params: CellParams, batch: Size, dtype: DTypeLike) -> Tree:
        zeros = self._zeros(cell_params.as_tuple(), batch, dtype)
        learned = cell_params.initial(zeros._fields)
        if learned is None:
            return zeros
        return type(zeros)(*(jnp.broadcast_to(a.astype(dtype), b.shape) for a, b in zip(learned, zeros, strict=True)))

    def _zeros(self, params: Tree, batch: Size, dtype: DTypeLike) -> Tree:
        if hasattr(self.cell, "zero_carry"):
            return self.cell.zero_carry(params, batch, dtype)
        return self.cell.Carry(*(jnp.zeros((batch, self.hidden_features), dtype) for _ in self.cell.Carry._fields))

    def _output_size(self, cell_params: CellParams) -> int:
        params = cell_params.as_tuple(jnp.float32)
        x = jnp.zeros((1, self.in_features), jnp.float32)
        _, y = jax.eval_shape(self.cell.step, params, self._zeros(params, 1, jnp.float32), x)
        return int(y.shape[-1])

    def _run_cell(self, params: Tree, carry: Tree, x: Array, key: PRNGKey | None, **flags: Any) -> tuple[Tree, Array]:
        """Runs one cell over its input, with noise if there is a key; ``flags`` are passed to ``unroll``."""
        cell: SteppedCell | ProjectedCell = self.cell
        noise, recurrent_mask = self.noise, None
        key_x, key_h, key_w, key_z = (None,) * 4 if key is None else jax.random.split(key, 4)
        if noise.input_dropout and key_x is not None:
            x = x * keep_scale((x.shape[0], 1, x.shape[2]), noise.input_dropout, key_x, x.dtype)
        if noise.weight_dropout:
            params = params._replace(w_h=dropout(params.w_h, noise.weight_dropout, key_w))
        if noise.recurrent_dropout and key_h is not None:
            recurrent_mask = keep_scale(carry.h.shape, noise.recurrent_dropout, key_h, carry.h.dtype)
        if self.zoneout:
            cell = Zoneout(self.cell, self.zoneout, key_z)
        return unroll(cell, params, carry, x, recurrent_mask=recurrent_mask, plan=self.plan, **flags)

    def _rates(self) -> dict[str, Any]:
        """The rates of noise, by name."""
        noise = self.noise
        return {
            "dropout": self.dropout,
            "input_dropout": noise.input_dropout,
            "recurrent_dropout": noise.recurrent_dropout,
            "weight_dropout": noise.weight_dropout,
            "zoneout": self.zoneout,
        }

    def _layers(self) -> list[tuple[CellParams, ...]]:
        """The cells of each layer, bottom first: one, or forward and backward."""
        if len(self.reverses) == 2:
            return list(zip(self.forward, self.backward, strict=True))
        return [(cell,) for cell in self.forward]


def _check_cell(cell: Cell, noise: Noise, plan: Plan) -> None:
    """Raises ``ValueError`` for noise or a plan that the cell does not allow, ``TypeError`` for what is none."""
    if not all(hasattr(cell, name) for name in ("Params", "Carry", "init", "step")):
        raise TypeError(f"cell must have Params, Carry, init and step (seqjax.recurrence.Cell), not be {cell!r}")
    check_kind("noise", noise, Noise, "Noise(zoneout=0.1)")
    check_kind("plan", plan, Plan, "Plan(backend='autodiff')")
    for name in ("recurrent_dropout", "weight_dropout"):
        if (rate := getattr(noise, name)) and "w_h" not in cell.Params._fields:
            raise ValueError(f"{name} must be 0, not {rate}, for a cell without w_h")
    if plan.backend == "associative":
        if not isinstance(cell, DiagonalRecurrence):
            raise ValueError(f"plan must not have backend='associative' for {cell}, no diagonal linear recurrence")
        if check_zoneout(noise.zoneout, cell.Carry._fields):
            raise ValueError(f"zoneout must be 0, not {noise.zoneout}, with backend='associative'")
