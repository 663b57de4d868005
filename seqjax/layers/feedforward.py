"""A network without memory."""

from itertools import pairwise

import jax
from flax import nnx

from seqjax.layers.arguments import check_rate, check_size
from seqjax.layers.dropout import dropout
from seqjax.typing import Array, PRNGKey


class FeedForward(nnx.Module):
    """``num_layers`` hidden layers with ReLU, dropout after each, then a linear layer: ``[..., D]`` to ``[..., out]``.

    Args:
      in_features: Input width D.
      hidden_features: Width of every hidden layer.
      out_features: Output width.
      num_layers: Number of hidden layers; 0 makes a linear map.
      dropout: Probability of dropping a hidden unit.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: A width below 1, a negative number of layers, or a dropout outside [0, 1).
      TypeError: A size that is no int.
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        out_features: int,
        *,
        num_layers: int = 1,
        dropout: float = 0.0,
        rngs: nnx.Rngs,
    ) -> None:
        check_size("in_features", in_features)
        check_size("hidden_features", hidden_features)
        check_size("out_features", out_features)
        if num_layers < 0:
            raise ValueError(f"num_layers must be at least 0, not {num_layers}")
        self.dropout = check_rate("dropout", dropout)
        widths = [in_features] + [hidden_features] * num_layers
        self.hidden = nnx.List([nnx.Linear(a, b, rngs=rngs) for a, b in pairwise(widths)])
        self.output = nnx.Linear(widths[-1], out_features, rngs=rngs)

    def __call__(self, x: Array, *, key: PRNGKey | None = None) -> Array:
        for index, layer in enumerate(self.hidden):
            layer_key = None if key is None else jax.random.fold_in(key, index)
            x = dropout(jax.nn.relu(layer(x)), self.dropout, layer_key)
        return self.output(x)
