"""Readouts: a sequence ``[B, T, D]`` in, outputs ``[B, N, out]`` of its last N steps out."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import GRU, LSTM, RNN, FeedForward
from seqjax.typing import Array, Inputs


class FeedForwardReadout(nnx.Module):
    """A feed-forward network on the flattened sequence, with separate weights for every step.

    Args:
      in_features: Input width D.
      out_features: Output width.
      time: Steps T of every sequence.
      last: Steps N that have an output, counted from the end.
      hidden_features: Width of the hidden layers.
      num_layers: Number of hidden layers.
      rngs: Source of the initial parameters.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        time: int,
        last: int,
        hidden_features: int,
        num_layers: int,
        rngs: nnx.Rngs,
    ) -> None:
        self.last, self.out_features = last, out_features
        self.network = FeedForward(
            time * in_features, hidden_features, last * out_features, num_layers=num_layers, rngs=rngs
        )

    def __call__(self, x: Inputs) -> Array:
        """Outputs ``[B, N, out]`` of ``x [B, T, D]``."""
        return self.network(x.reshape(len(x), -1)).reshape(len(x), self.last, self.out_features)


def identity(key: Any, shape: Any, dtype: Any = jnp.float32, out_sharding: Any = None) -> Array:
    """The initialiser of an identity matrix."""
    return jnp.eye(shape[0], shape[1], dtype=dtype)


class RecurrentReadout(nnx.Module):
    """A recurrent layer, optional layer normalisation of its outputs, and a linear layer.

    Args:
      in_features: Input width D.
      out_features: Output width.
      last: Steps N that have an output, counted from the end.
      cell: "elman", "gru" or "lstm".
      hidden_features: Width H of the carry.
      num_layers: Number of recurrent layers.
      activation: Activation of an Elman network, "tanh" or "relu".
      recurrent_init: Initial W_h of an Elman network, "orthogonal" or "identity". With the identity and ReLU it adds up
        its inputs (IRNN; Le, Jaitly & Hinton 2015, section 3).
      input_init_std: Standard deviation of an Elman network's initial W_x, which is Gaussian; 0 for Glorot's. A small
        value (0.001 in Le, Jaitly & Hinton 2015) keeps tanh in its linear range over long sequences.
      forget_bias: Initial bias of an LSTM's forget gates.
      chrono: Longest dependency in steps for the chrono initialisation of an LSTM's gates (Tallec & Ollivier 2018),
        which replaces ``forget_bias``; 0 for none.
      norm: Whether outputs are layer-normalised before the linear layer (Ba et al. 2016), so that it reads numbers of
        size 1 also where the carry has to stay small.
      rngs: Source of the initial parameters.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        last: int,
        cell: str,
        hidden_features: int,
        num_layers: int,
        activation: str,
        recurrent_init: str,
        input_init_std: float,
        forget_bias: float,
        chrono: float,
        norm: bool,
        rngs: nnx.Rngs,
    ) -> None:
        self.last = last
        sizes: dict[str, Any] = {
            "in_features": in_features,
            "hidden_features": hidden_features,
            "num_layers": num_layers,
        }
        self.layer: RNN | GRU | LSTM
        if cell == "lstm":
            self.layer = LSTM(**sizes, forget_bias=forget_bias, chrono=chrono or None, rngs=rngs)
        elif cell == "gru":
            self.layer = GRU(**sizes, rngs=rngs)
        else:
            self.layer = RNN(
                **sizes,
                activation=jax.nn.relu if activation == "relu" else jnp.tanh,
                recurrent_kernel_init=identity if recurrent_init == "identity" else None,
                rngs=rngs,
            )
            params: Any
            for params in self.layer.forward:
                if input_init_std:
                    params.w_x[...] = input_init_std * jax.random.normal(rngs.params(), params.w_x.shape)
        self.norm = nnx.LayerNorm(hidden_features, rngs=rngs) if norm else None
        self.output = nnx.Linear(hidden_features, out_features, rngs=rngs)

    def __call__(self, x: Inputs) -> Array:
        """Outputs ``[B, N, out]`` of ``x [B, T, D]``."""
        y, _ = self.layer(x)
        return self.readout(y[:, -self.last :])

    def readout(self, y: Array) -> Array:
        """Outputs ``[..., out]`` from the layer's outputs ``[..., H]``."""
        return self.output(y if self.norm is None else self.norm(y))
