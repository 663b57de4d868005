"""Elman RNN, LSTM and GRU layers."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from flax import nnx
from jax.nn.initializers import Initializer

from seqjax.layers.arguments import check_size
from seqjax.layers.dropout import NO_NOISE, Noise
from seqjax.layers.dtypes import DTYPES, Dtypes
from seqjax.layers.stack import Merge, Recurrent
from seqjax.recurrence import AUTO, ElmanCell, GRUCell, LSTMCell, Plan
from seqjax.typing import Array


class RNN(Recurrent):
    """Elman RNN (Elman 1990).

    .. code-block:: text

        h_t = activation(x_t W_x + h_{t-1} W_h + b)

    Args:
      in_features: Size D of the input.
      hidden_features: Size H of the carry.
      activation: Any elementwise function.
      bias: Whether there is a bias b.
      num_layers, bidirectional, merge, reverse, residual, dropout, noise, learn_carry, kernel_init,
        recurrent_kernel_init, bias_init, plan, out_features, dtypes, rngs: As in :class:`~seqjax.layers.Recurrent`,
        which also documents the call.

    Raises:
      ValueError, TypeError: As :class:`~seqjax.layers.Recurrent`.
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        *,
        activation: Callable[[Array], Array] = jnp.tanh,
        bias: bool = True,
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
        if not callable(activation):
            raise TypeError(f"activation must be a function, as jnp.tanh is, not {activation!r}")
        super().__init__(
            ElmanCell(activation=activation, bias=bias),
            in_features,
            hidden_features,
            num_layers=num_layers,
            bidirectional=bidirectional,
            merge=merge,
            reverse=reverse,
            residual=residual,
            dropout=dropout,
            noise=noise,
            learn_carry=learn_carry,
            kernel_init=kernel_init,
            recurrent_kernel_init=recurrent_kernel_init,
            bias_init=bias_init,
            plan=plan,
            out_features=out_features,
            dtypes=dtypes,
            rngs=rngs,
        )


class LSTM(Recurrent):
    """Long short-term memory (Hochreiter & Schmidhuber 1997).

    .. code-block:: text

        i, f, o = sigmoid(x W_x + h W_h + b),  g = tanh(x W_x + h W_h + b)     each gate with its own weights
        c = f * c + i * g
        h = o * tanh(c)

    :class:`seqjax.recurrence.LSTMCell` has the equations with all options.

    Args:
      in_features: Size D of the input.
      hidden_features: Size H of the carry.
      bias: Whether the gates have a bias b.
      forget_bias: Initial bias of the forget gate (Jozefowicz et al. 2015, section 2.2).
      chrono: Longest expected dependency in steps, above 2, for which the biases are initialised (Tallec & Ollivier
        2018, equation 16); None for ``forget_bias``.
      coupled: Whether i is 1 - f (Greff et al. 2017, variant CIFG).
      peepholes: Whether the gates also read c (Gers & Schmidhuber 2000).
      proj_features: Size P of h after a linear projection (Sak et al. 2014, section 2); None for no projection.
      norm: Whether both products and c are layer-normalised (Ba et al. 2016, equations 20 to 22).
      num_layers, bidirectional, merge, reverse, residual, dropout, noise, learn_carry, kernel_init,
        recurrent_kernel_init, bias_init, plan, out_features, dtypes, rngs: As in :class:`~seqjax.layers.Recurrent`,
        which also documents the call.

    Raises:
      ValueError, TypeError: As :class:`~seqjax.layers.Recurrent`; also for ``chrono`` of at most 2 steps or without a
        bias.
    """

    def __init__(
        self,
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
        if proj_features is not None:
            check_size("proj_features", proj_features)
        super().__init__(
            LSTMCell(
                bias=bias,
                forget_bias=forget_bias,
                chrono=chrono,
                coupled=coupled,
                peepholes=peepholes,
                proj_features=proj_features,
                norm=norm,
            ),
            in_features,
            hidden_features,
            num_layers=num_layers,
            bidirectional=bidirectional,
            merge=merge,
            reverse=reverse,
            residual=residual,
            dropout=dropout,
            noise=noise,
            learn_carry=learn_carry,
            kernel_init=kernel_init,
            recurrent_kernel_init=recurrent_kernel_init,
            bias_init=bias_init,
            plan=plan,
            out_features=out_features,
            dtypes=dtypes,
            rngs=rngs,
        )


class GRU(Recurrent):
    """Gated recurrent unit (Cho et al. 2014).

    .. code-block:: text

        r, u = sigmoid(x W_x + h W_h + b)                   each gate with its own weights
        n = tanh(x W_x + b + r * (h W_h + b_h))             or  tanh(x W_x + b + (r * h) W_h)
        h = (1 - u) * n + u * h

    Args:
      in_features: Size D of the input.
      hidden_features: Size H of the carry.
      reset_after: Whether the reset gate is applied after the recurrent product, as in PyTorch, or before it.
      bias: Whether there are biases.
      num_layers, bidirectional, merge, reverse, residual, dropout, noise, learn_carry, kernel_init,
        recurrent_kernel_init, bias_init, plan, out_features, dtypes, rngs: As in :class:`~seqjax.layers.Recurrent`,
        which also documents the call.

    Raises:
      ValueError, TypeError: As :class:`~seqjax.layers.Recurrent`.
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        *,
        reset_after: bool = True,
        bias: bool = True,
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
        super().__init__(
            GRUCell(reset_after=reset_after, bias=bias),
            in_features,
            hidden_features,
            num_layers=num_layers,
            bidirectional=bidirectional,
            merge=merge,
            reverse=reverse,
            residual=residual,
            dropout=dropout,
            noise=noise,
            learn_carry=learn_carry,
            kernel_init=kernel_init,
            recurrent_kernel_init=recurrent_kernel_init,
            bias_init=bias_init,
            plan=plan,
            out_features=out_features,
            dtypes=dtypes,
            rngs=rngs,
        )


LAYERS: dict[str, Any] = {"elman": RNN, "gru": GRU, "lstm": LSTM}  # by the names that models and configs use
