"""An encoder-decoder forecaster: it takes the horizon step by step, each from the one before."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.decoding import roll_out
from seqjax.layers.dropout import keep_scale
from seqjax.layers.recurrent import LAYERS
from seqjax.models.forecaster import Sizes, linear_map, rising, simple_rule
from seqjax.typing import Array, Forecast, Inputs, Known, PRNGKey, Targets


class Seq2SeqForecaster(nnx.Module):
    """An encoder reads the window; a decoder of the same kind goes on from its carry, one row of the future at a time.

    .. code-block:: text

        carry_0 = encoder(window)
        carry_n, h_n = decoder(carry_{n-1}, [v_{n-1}; known_n; old_n])
        forecast_n   = W relu(W_h h_n + b_h) + b + rule_n

    v_{n-1} is the row before: its own median, or in training the truth (teacher forcing; Williams & Zipser 1989), or by
    chance one of the two (scheduled sampling, Bengio et al. 2015, section 2.4). old_n are the targets the lags
    ``seasons`` earlier; the rule is the first of these, and a linear map of the last rows beside it, as in
    :class:`~seqjax.models.forecaster.Head`. Gradients flow through all of the model's own values.

    Args:
      sizes: Sizes of the data.
      cell: "elman", "gru" or "lstm", for both halves.
      hidden_features: Width of the carry, and of the layer that reads it.
      num_layers: Recurrent layers above each other, in both halves.
      block: Rows of the window that the encoder reads at one step. It has to divide the look-back.
      dropout: Probability of dropping a hidden unit, between the encoder's layers, and before the output, there the
        same for all steps of a row (Gal & Ghahramani 2016). Between the decoder's layers there is none.
      seasons: Lags in rows, at most the look-back.
      linear_rows: Last rows that the linear map sees, at most the look-back; 0 for no map.
      own_values: Probability that a step in training reads the model's own median: 0 is teacher forcing.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: ``own_values`` outside [0, 1].
    """

    def __init__(
        self,
        sizes: Sizes,
        *,
        cell: str,
        hidden_features: int,
        num_layers: int,
        block: int,
        dropout: float,
        seasons: tuple[int, ...],
        linear_rows: int,
        own_values: float,
        rngs: nnx.Rngs,
    ) -> None:
        if not 0 <= own_values <= 1:
            raise ValueError(f"own_values must be in [0, 1], not {own_values}")
        self.sizes, self.block, self.dropout = sizes, block, dropout
        self.seasons, self.own_values = seasons, own_values
        features = sizes.in_features * block
        self.encoder = LAYERS[cell](features, hidden_features, num_layers=num_layers, dropout=dropout, rngs=rngs)
        read = sizes.targets * (1 + len(seasons)) + sizes.known_features
        self.decoder = LAYERS[cell](read, hidden_features, num_layers=num_layers, rngs=rngs)
        self.hidden = nnx.Linear(hidden_features, hidden_features, rngs=rngs)
        self.output = nnx.Linear(hidden_features, sizes.targets * sizes.quantiles, rngs=rngs)
        self.linear = linear_map(linear_rows, sizes.horizon, rngs)

    def __call__(
        self, inputs: Inputs, known: Known, *, key: PRNGKey | None = None, truth: Targets | None = None
    ) -> Forecast:
        """Quantiles ``[B, N, M, Q]``.

        Args:
          inputs: The window ``[B, T, D]``, the M targets first.
          known: What is known of the future, ``[B, N, K]``.
          key: Source of dropout and of the choice between truth and own value; None for neither.
          truth: The targets ``[B, N, M]``, read as ``own_values`` says where there is a key; never without one.
        """
        sizes, (batch, time, width) = self.sizes, inputs.shape
        encoder_key, keep_key, own_key = (None,) * 3 if key is None else jax.random.split(key, 3)
        blocks = inputs.reshape(batch, time // self.block, self.block * width)
        _, carry = self.encoder(blocks, key=encoder_key)

        series = inputs[:, :, : sizes.targets]
        old, rule = simple_rule(series, self.seasons, self.linear, sizes.horizon)
        beside = {"read": jnp.concatenate([known, *old], axis=-1), "rule": rule}
        if truth is not None and own_key is not None and self.own_values < 1:
            before = jnp.concatenate([series[:, -1:], truth[:, :-1]], axis=1)
            own = jax.random.bernoulli(own_key, self.own_values, (batch, sizes.horizon, 1))
            beside |= {"before": before, "own": own}
        keep = None
        if self.dropout and keep_key is not None:
            keep = keep_scale((batch, self.hidden.out_features), self.dropout, keep_key, inputs.dtype)

        def step(carry: Any, forecast: Array, beside: dict[str, Array]) -> tuple[Any, Array]:
            value = forecast[..., sizes.quantiles // 2]
            if "own" in beside:
                value = jnp.where(beside["own"], value, beside["before"])
            carry, y = self.decoder.step(carry, jnp.concatenate([value, beside["read"]], axis=-1))
            hidden = jax.nn.relu(self.hidden(y))
            raw = self.output(hidden if keep is None else hidden * keep)
            raw = raw.reshape(batch, sizes.targets, sizes.quantiles)
            return carry, rising(raw) + beside["rule"][..., None]

        first = jnp.broadcast_to(series[:, -1, :, None], (batch, sizes.targets, sizes.quantiles))
        return roll_out(step, carry, first, sizes.horizon, beside)
