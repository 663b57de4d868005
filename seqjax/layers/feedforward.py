"""Feed-forward network."""

from itertools import pairwise

import jax
from flax import nnx

from seqjax.layers.arguments import check_rate, check_rngs, check_size
from seqjax.layers.dropout import Noisy, dropout
from seqjax.recurrence.arguments import check_array
from seqjax.typing import Array, PRNGKey


class FeedForward(Noisy):
    """Feed-forward network: hidden layers with ReLU and dropout, then a linear layer.

    Args:
      in_features: Size D of the input.
      hidden_features: Size of every hidden layer.
      out_features: Size of the output.
      num_layers: Number of hidden layers; 0 for a linear map.
      dropout: Probability of dropping a hidden unit.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: A size below 1, a negative number of layers, or a dropout outside [0, 1).
      TypeError: A size that is not an int.
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
        """Draws the parameters."""
        check_size("in_features", in_features)
        check_size("hidden_features", hidden_features)
        check_size("out_features", out_features)
        check_rngs(rngs)
        if num_layers < 0:
            raise ValueError(f"num_layers must be at least 0, not {num_layers}")
        self.dropout = check_rate("dropout", dropout)
        widths = [in_features] + [hidden_features] * num_layers
        self.hidden = nnx.List([nnx.Linear(a, b, rngs=rngs) for a, b in pairwise(widths)])
        self.output = nnx.Linear(widths[-1], out_features, rngs=rngs)

    def __call__(self, x: Array, *, key: PRNGKey | None = None) -> Array:
        """Maps ``x [..., D]`` to ``[..., out_features]``; a key turns dropout on."""
        check_array("x", x)
        key = self.noise_key(key, dropout=self.dropout if self.hidden else 0)
        for index, layer in enumerate(self.hidden):
            layer_key = None if key is None else jax.random.fold_in(key, index)
            x = dropout(jax.nn.relu(layer(x)), self.dropout, layer_key)
        return self.output(x)
