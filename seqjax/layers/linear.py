"""Layers with a diagonal linear recurrence, which can be computed for all steps at once.

``plan=Plan(backend="associative")`` does so; the default computes one step after the other. There is no W_h, hence
neither recurrent nor weight dropout.
"""

from flax import nnx
from jax.nn.initializers import Initializer

from seqjax.layers.dropout import NO_NOISE, Noise
from seqjax.layers.dtypes import DTYPES, Dtypes
from seqjax.layers.stack import Merge, Recurrent
from seqjax.recurrence import AUTO, LinearCell, MinGRUCell, MinLSTMCell, Plan


class LinearRNN(Recurrent):
    """Diagonal linear recurrence with learned decay (Martin & Cundy 2018, Orvieto et al. 2023).

    .. code-block:: text

        h_t = sigmoid(decay) * h_{t-1} + x_t W_x + b

    Args:
      in_features: Size D of the input.
      hidden_features: Size H of the carry.
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
            LinearCell(bias=bias),
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


class MinGRU(Recurrent):
    """Minimal GRU (Feng et al. 2024, section 3.1).

    .. code-block:: text

        u = sigmoid(x W_x + b),  n = x W_x + b             each with weights of its own
        h = (1 - u) * h + u * n

    Args:
      in_features: Size D of the input.
      hidden_features: Size H of the carry.
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
            MinGRUCell(bias=bias),
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


class MinLSTM(Recurrent):
    """Minimal LSTM (Feng et al. 2024, section 3.2).

    .. code-block:: text

        i, f = sigmoid(x W_x + b),  g = x W_x + b          each with weights of its own
        h = f / (f + i) * h + i / (f + i) * g

    Args:
      in_features: Size D of the input.
      hidden_features: Size H of the carry.
      bias: Whether there is a bias b.
      forget_bias: Initial bias of the forget gate.
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
        bias: bool = True,
        forget_bias: float = 1.0,
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
            MinLSTMCell(bias=bias, forget_bias=forget_bias),
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
