"""A forecaster that reads and predicts segments of each series: SegRNN."""

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import GRU, dropout
from seqjax.layers.dropout import Noisy
from seqjax.models.forecaster import Sizes, ascending
from seqjax.typing import Array, Forecast, Inputs, Known, PRNGKey


class SegmentForecaster(Noisy):
    """SegRNN: a GRU over segments of the window, then all future segments in parallel (Lin et al. 2023).

    Each target is forecast by itself, with the same weights, as its distance to its last value (section 3.2). A linear
    layer embeds segments, and a GRU reads them. From its last carry one step of the same GRU for each future segment
    yields that segment (parallel multi-step forecasting, section 3.3); the input of the step is an embedding of the
    segment's index and of the target.

    Args:
      sizes: Sizes of the data.
      hidden_features: Width H of the carry.
      num_layers: Number of GRU layers.
      block: Rows in a segment. It has to divide look-back and horizon.
      dropout: Probability of dropping an entry of the last output.
      rngs: Source of the initial parameters.

    Note: The paper has no covariates. Here those of a past segment are concatenated to it, and the known ones of a
    future segment are added to its embedding.
    """

    def __init__(
        self,
        sizes: Sizes,
        *,
        hidden_features: int,
        num_layers: int,
        block: int,
        dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        self.sizes, self.block, self.dropout = sizes, block, dropout
        covariates = sizes.in_features - sizes.targets
        self.segment = nnx.Linear(block * (1 + covariates), hidden_features, rngs=rngs)
        self.encoder = GRU(hidden_features, hidden_features, num_layers=num_layers, rngs=rngs)
        half = hidden_features // 2
        self.position = nnx.Embed(sizes.horizon // block, half, rngs=rngs)
        self.target = nnx.Embed(sizes.targets, hidden_features - half, rngs=rngs)
        self.known = (
            nnx.Linear(block * sizes.known_features, hidden_features, rngs=rngs) if sizes.known_features else None
        )
        self.output = nnx.Linear(hidden_features, block * sizes.quantiles, rngs=rngs)

    def __call__(self, inputs: Inputs, known: Known, *, key: PRNGKey | None = None) -> Forecast:
        """Quantiles ``[B, N, M, Q]``; see :mod:`seqjax.models.forecaster`."""
        key = self.noise_key(key, dropout=self.dropout)
        batch, horizon, targets = len(inputs), self.sizes.horizon, self.sizes.targets
        segments = self._segments(inputs)  # [B, M, T / block, H]
        _, carry = self.encoder(segments.reshape(batch * targets, *segments.shape[2:]))  # [B * M, H]
        queries = self._queries(known)  # [B, M, S, H], S = N / block segments
        # One step of the GRU from the same carry for every future segment: each is a row of the batch.
        carry = jax.tree.map(lambda leaf: jnp.repeat(leaf, queries.shape[2], axis=0), carry)  # [B * M * S, H]
        outputs, _ = self.encoder(queries.reshape(-1, 1, queries.shape[-1]), carry=carry)  # [B * M * S, 1, H]
        raw = self.output(dropout(outputs, self.dropout, key))  # [B * M * S, 1, block * Q]
        raw = raw.reshape(batch, targets, horizon, self.sizes.quantiles)  # [B, M, N, Q]
        return ascending(jnp.swapaxes(raw, 1, 2)) + inputs[:, -1:, :targets, None]  # [B, N, M, Q] + [B, 1, M, 1]

    def _segments(self, inputs: Inputs) -> Array:
        """The embedded segments of the window for each target, ``[B, M, T / block, H]``."""
        (batch, time, _), targets, block = inputs.shape, self.sizes.targets, self.block
        series, covariates = inputs[:, :, :targets], inputs[:, :, targets:]  # [B, T, M], [B, T, D - M]
        own = jnp.swapaxes(series - series[:, -1:], 1, 2)  # [B, M, T]
        own = own.reshape(batch, targets, time // block, block)  # [B, M, T / block, block]
        others = covariates.reshape(batch, 1, time // block, -1)  # [B, 1, T / block, block * (D - M)]
        others = jnp.broadcast_to(others, (batch, targets, *others.shape[2:]))  # [B, M, T / block, block * (D - M)]
        return jax.nn.relu(self.segment(jnp.concatenate([own, others], axis=-1)))

    def _queries(self, known: Known) -> Array:
        """The GRU's input for each future segment of each target, ``[B, M, S, H]``."""
        (batch, horizon, _), targets = known.shape, self.sizes.targets
        count = horizon // self.block  # S
        position = self.position(jnp.arange(count))  # [S, H / 2]
        position = jnp.broadcast_to(position, (targets, *position.shape))  # [M, S, H / 2]
        target = self.target(jnp.arange(targets))[:, None]  # [M, 1, H / 2]
        target = jnp.broadcast_to(target, (targets, count, target.shape[-1]))  # [M, S, H / 2]
        queries = jnp.concatenate([position, target], axis=-1)  # [M, S, H]
        queries = jnp.broadcast_to(queries, (batch, *queries.shape))  # [B, M, S, H]
        if self.known is not None:
            queries += self.known(known.reshape(batch, 1, count, -1))  # [B, 1, S, block * K] -> [B, 1, S, H]
        return queries
