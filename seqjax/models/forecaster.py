"""Forecasters: a window of the past in, a distribution of every future step out, all steps at once.

All are called as ``model(inputs, known, key=None)`` with the past ``inputs [B, T, D]`` (the M targets first) and what
is known of the future, ``known [B, N, K]``, both standardised, and return the quantiles ``[B, N, M, Q]`` of the
targets, in rising order; Q = 1 is a point forecast. A ``key`` turns dropout on.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import GRU, FeedForward, dropout
from seqjax.layers.recurrent import LAYERS
from seqjax.typing import Array, Forecast, Inputs, Known, PRNGKey


class Sizes(NamedTuple):
    """The sizes that the data fixes."""

    lookback: int
    horizon: int
    in_features: int  # D
    known_features: int  # K
    targets: int  # M
    quantiles: int  # Q


class MLPForecaster(nnx.Module):
    """What a network without memory can do: a feed-forward network on the flattened window, then :class:`Head`.

    Args:
      sizes: Sizes of the data.
      hidden_features: Width of the hidden layers and of the head.
      num_layers: Number of hidden layers.
      dropout: Probability of dropping a hidden unit.
      seasons: Lags that the head compares with.
      linear_rows: Last rows that the head's linear map sees.
      rngs: Source of the initial parameters.
    """

    def __init__(
        self,
        sizes: Sizes,
        *,
        hidden_features: int,
        num_layers: int,
        dropout: float,
        seasons: tuple[int, ...],
        linear_rows: int,
        rngs: nnx.Rngs,
    ) -> None:
        self.encoder = FeedForward(
            sizes.lookback * sizes.in_features,
            hidden_features,
            hidden_features,
            num_layers=num_layers,
            dropout=dropout,
            rngs=rngs,
        )
        self.head = Head(sizes, hidden_features, seasons, linear_rows, dropout, rngs)

    def __call__(self, inputs: Inputs, known: Known, *, key: PRNGKey | None = None) -> Forecast:
        encoder_key, head_key = _split(key)
        context = self.encoder(inputs.reshape(len(inputs), -1), key=encoder_key)
        return self.head(context, inputs, known, key=head_key)


class RecurrentForecaster(nnx.Module):
    """A recurrent layer over the window, then :class:`Head` on its last output.

    Args:
      sizes: Sizes of the data.
      cell: "elman", "gru" or "lstm".
      hidden_features: Width of the carry and of the head.
      num_layers: Recurrent layers above each other.
      block: Rows of the window that are read at one step. Blocks shorten the path that a gradient has to travel, and
        the time that a step takes; 1 reads row by row. It has to divide the look-back.
      dropout: Probability of dropping a hidden unit, between layers and in the head.
      seasons: Lags that the head compares with.
      linear_rows: Last rows that the head's linear map sees.
      rngs: Source of the initial parameters.
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
        rngs: nnx.Rngs,
    ) -> None:
        self.block = block
        self.encoder = LAYERS[cell](
            sizes.in_features * block, hidden_features, num_layers=num_layers, dropout=dropout, rngs=rngs
        )
        self.head = Head(sizes, hidden_features, seasons, linear_rows, dropout, rngs)

    def __call__(self, inputs: Inputs, known: Known, *, key: PRNGKey | None = None) -> Forecast:
        encoder_key, head_key = _split(key)
        batch, time, width = inputs.shape
        blocks = inputs.reshape(batch, time // self.block, self.block * width)
        outputs, _ = self.encoder(blocks, key=encoder_key)
        return self.head(outputs[:, -1], inputs, known, key=head_key)


class Head(nnx.Module):
    """Quantiles of every future step from one context vector, what is known of that step, and the same step of old.

    A two-layer network, the same for all steps, adds a correction to the forecast of a simple rule, the first of
    ``seasons``: the target ``seasons[0]`` rows before the step (1: the last value). Without seasons it forecasts from
    zero. Beside the network a linear map leads from each target's last ``linear_rows`` values to its future, so that
    the forecast takes off where the series stands (the autoregressive part of LSTNet, Lai et al. 2018, section 3.6).

    Args:
      sizes: Sizes of the data.
      hidden_features: Width of the context and of the network.
      seasons: Lags in rows, at most the look-back. A lag shorter than the horizon is repeated.
      linear_rows: Rows that the linear map sees, at most the look-back; 0 for no map.
      dropout: Probability of dropping a hidden unit.
      rngs: Source of the initial parameters.
    """

    def __init__(
        self,
        sizes: Sizes,
        hidden_features: int,
        seasons: tuple[int, ...],
        linear_rows: int,
        dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        self.sizes, self.seasons, self.dropout = sizes, seasons, dropout
        beside = sizes.known_features + len(seasons) * sizes.targets
        self.context = nnx.Linear(hidden_features, hidden_features, rngs=rngs)
        self.ahead = nnx.Embed(sizes.horizon, hidden_features, rngs=rngs)
        self.beside = nnx.Linear(beside, hidden_features, use_bias=False, rngs=rngs) if beside else None
        self.hidden = nnx.Linear(hidden_features, hidden_features, rngs=rngs)
        self.output = nnx.Linear(hidden_features, sizes.targets * sizes.quantiles, rngs=rngs)
        self.linear = linear_map(linear_rows, sizes.horizon, rngs)

    def __call__(self, context: Array, inputs: Inputs, known: Known, *, key: PRNGKey | None = None) -> Forecast:
        horizon, targets = self.sizes.horizon, self.sizes.targets
        context_key, hidden_key = _split(key)
        context = dropout(context, self.dropout, context_key)
        features = self.context(context)[:, None] + self.ahead(jnp.arange(horizon))  # [B, N, H]
        past, rule = simple_rule(inputs[:, :, :targets], self.seasons, self.linear, horizon)
        if self.beside is not None:
            features += self.beside(jnp.concatenate([known, *past], axis=-1))
        features = dropout(jax.nn.relu(features), self.dropout, hidden_key)
        raw = self.output(jax.nn.relu(self.hidden(features)))
        raw = raw.reshape(*raw.shape[:2], targets, self.sizes.quantiles)
        return rising(raw) + rule[..., None]


class SegmentForecaster(nnx.Module):
    """SegRNN: a GRU over segments of the window, then all segments of the future in parallel (Lin et al. 2023).

    Each target is forecast by itself, from its distance to its last value (section 3.2), by the same weights:
    segments are embedded by a linear layer, a GRU reads them, and from its last carry one step of the same GRU for
    each future segment, whose input is an embedding of the segment's place and of the target, leads to that segment
    (parallel multi-step forecasting, section 3.3).

    Note: covariates, of which the paper has none, are laid beside a segment of the past; what is known of a segment
    of the future is added to its embedding.

    Args:
      sizes: Sizes of the data.
      hidden_features: Width of the carry; even.
      num_layers: GRU layers above each other.
      block: Rows in a segment. It has to divide look-back and horizon.
      dropout: Probability of dropping an entry of the last output.
      rngs: Source of the initial parameters.
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
        beside = sizes.in_features - sizes.targets
        self.segment = nnx.Linear(block * (1 + beside), hidden_features, rngs=rngs)
        self.encoder = GRU(hidden_features, hidden_features, num_layers=num_layers, rngs=rngs)
        half = hidden_features // 2
        self.place = nnx.Embed(sizes.horizon // block, half, rngs=rngs)
        self.target = nnx.Embed(sizes.targets, hidden_features - half, rngs=rngs)
        self.known = (
            nnx.Linear(block * sizes.known_features, hidden_features, rngs=rngs) if sizes.known_features else None
        )
        self.output = nnx.Linear(hidden_features, block * sizes.quantiles, rngs=rngs)

    def __call__(self, inputs: Inputs, known: Known, *, key: PRNGKey | None = None) -> Forecast:
        batch, time, _ = inputs.shape
        horizon, targets, block = self.sizes.horizon, self.sizes.targets, self.block
        width, ahead = self.place.features + self.target.features, horizon // block

        series, covariates = inputs[:, :, :targets], inputs[:, :, targets:]
        last = series[:, -1:]
        own = jnp.swapaxes(series - last, 1, 2).reshape(batch, targets, time // block, block)
        others = covariates.reshape(batch, 1, time // block, -1)
        others = jnp.broadcast_to(others, (batch, targets, *others.shape[2:]))
        segments = jax.nn.relu(self.segment(jnp.concatenate([own, others], axis=-1)))
        _, carry = self.encoder(segments.reshape(batch * targets, time // block, width))

        place = jnp.broadcast_to(self.place(jnp.arange(ahead)), (targets, ahead, self.place.features))
        target = jnp.broadcast_to(self.target(jnp.arange(targets))[:, None], (targets, ahead, self.target.features))
        queries = jnp.broadcast_to(jnp.concatenate([place, target], axis=-1), (batch, targets, ahead, width))
        if self.known is not None:
            queries += self.known(known.reshape(batch, 1, ahead, -1))
        # One step of the GRU from the same carry for every future segment: each is a row of the batch.
        carry = jax.tree.map(lambda leaf: jnp.repeat(leaf, ahead, axis=0), carry)
        outputs, _ = self.encoder(queries.reshape(-1, 1, width), carry=carry)
        raw = self.output(dropout(outputs, self.dropout, key))
        raw = raw.reshape(batch, targets, horizon, self.sizes.quantiles)
        return rising(jnp.swapaxes(raw, 1, 2)) + last[..., None]


def seasonal(series: Array, season: int, horizon: int) -> Array:
    """The seasonal rule's forecast ``[B, N, M]``: the value ``season`` rows before each step of the horizon.

    Where that step is itself in the future, the last season of ``series [B, T, M]`` is repeated.
    """
    time = series.shape[1]
    return series[:, time - season + jnp.arange(horizon) % season]


def linear_map(rows: int, horizon: int, rngs: nnx.Rngs) -> nnx.Linear | None:
    """From a target's last ``rows`` values to its future; None for no rows. It starts at zero, learning at the rule."""
    zeros = nnx.initializers.zeros
    return nnx.Linear(rows, horizon, use_bias=False, kernel_init=zeros, rngs=rngs) if rows else None


def simple_rule(
    series: Array, seasons: tuple[int, ...], linear: nnx.Linear | None, horizon: int
) -> tuple[list[Array], Array]:
    """The seasonal rules' forecasts of ``series [B, T, M]``, and what a network corrects, ``[B, N, M]`` each.

    The latter is the first of those, or zero without seasons, and the linear map of the last rows on top.
    """
    past = [seasonal(series, season, horizon) for season in seasons]
    rule = past[0] if past else jnp.zeros((len(series), horizon, series.shape[-1]), series.dtype)
    if linear is not None:
        recent = jnp.swapaxes(series[:, -linear.in_features :], 1, 2)
        rule += jnp.swapaxes(linear(recent), 1, 2)
    return past, rule


def rising(raw: Array) -> Array:
    """Quantiles ``[..., Q]`` that cannot cross: the middle one, and positive distances from each to the next."""
    middle = raw.shape[-1] // 2
    gaps = jax.nn.softplus(raw)
    below = -jnp.cumsum(gaps[..., :middle][..., ::-1], axis=-1)[..., ::-1]
    above = jnp.cumsum(gaps[..., middle + 1 :], axis=-1)
    return raw[..., middle : middle + 1] + jnp.concatenate([below, jnp.zeros_like(raw[..., :1]), above], axis=-1)


def _split(key: PRNGKey | None) -> tuple[PRNGKey | None, PRNGKey | None]:
    if key is None:
        return None, None
    first, second = jax.random.split(key)
    return first, second
