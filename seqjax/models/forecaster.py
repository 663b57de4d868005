"""Forecasters that predict all future steps at once: a window of the past in, quantiles out.

All are called as ``model(inputs, known, key=None)`` with the past ``inputs [B, T, D]``, the M targets first, and the
known covariates of the future ``known [B, N, K]``, both standardised. They return the quantiles ``[B, N, M, Q]`` of the
targets in ascending order; Q = 1 is a point forecast. A ``key`` turns dropout on.

Two more are in :mod:`seqjax.models.segment_forecaster` and :mod:`seqjax.models.seq2seq_forecaster`.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import FeedForward, dropout
from seqjax.layers.dropout import Noisy
from seqjax.layers.recurrent import LAYERS
from seqjax.typing import Array, Forecast, Inputs, Known, PRNGKey


class Sizes(NamedTuple):
    """The sizes of a forecasting problem.

    Attributes:
      lookback: Rows T of the window.
      horizon: Rows N that are forecast.
      in_features: Columns D of the window, the targets among them.
      known_features: Covariates K that are known of the future; may be 0.
      targets: Target series M.
      quantiles: Quantiles Q; 1 for a point forecast.
    """

    lookback: int
    horizon: int
    in_features: int
    known_features: int
    targets: int
    quantiles: int


class MLPForecaster(nnx.Module):
    """A feed-forward network on the flattened window, then :class:`Head`.

    Args:
      sizes: Sizes of the data.
      hidden_features: Width of the hidden layers and of the head.
      num_layers: Number of hidden layers.
      dropout: Probability of dropping a hidden unit.
      seasons: Lags in rows that the head reads, see :class:`Head`.
      linear_rows: Last rows that the head's linear map reads.
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
        """Quantiles ``[B, N, M, Q]``; see the module's docstring."""
        encoder_key, head_key = _split(key)
        context = self.encoder(inputs.reshape(len(inputs), -1), key=encoder_key)  # [B, T * D] -> [B, H]
        return self.head(context, inputs, known, key=head_key)


class RecurrentForecaster(nnx.Module):
    """A recurrent layer over the window, then :class:`Head` on its last output.

    Args:
      sizes: Sizes of the data.
      cell: "elman", "gru" or "lstm".
      hidden_features: Width of the carry and of the head.
      num_layers: Number of recurrent layers.
      block: Rows of the window that one step reads; it has to divide the look-back. Blocks shorten the path of a
        gradient and the time of a training step; 1 reads row by row.
      dropout: Probability of dropping a hidden unit, between layers and in the head.
      seasons: Lags in rows that the head reads, see :class:`Head`.
      linear_rows: Last rows that the head's linear map reads.
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
        """Quantiles ``[B, N, M, Q]``; see the module's docstring."""
        encoder_key, head_key = _split(key)
        outputs, _ = self.encoder(in_blocks(inputs, self.block), key=encoder_key)  # [B, T / block, H]
        return self.head(outputs[:, -1], inputs, known, key=head_key)


class Head(Noisy):
    """Quantiles of every future step from one context vector.

    .. code-block:: text

        past_n      the targets seasons[0], seasons[1], ... rows before step n
        u_n         = relu(W_c context + b_c + e_n + W_x [known_n; past_n])
        forecast_n  = ascending(W_o relu(W_h u_n + b_h) + b_o) + baseline_n
        baseline_n  = past_n of seasons[0] (0 without seasons) + sum over rows r of w_nr recent_r

    e_n is an embedding of the step. The weights are shared by all steps but for e_n and w_n. The linear map w of each
    target's last ``linear_rows`` values, without bias, is the autoregressive part of LSTNet (Lai et al. 2018, section
    3.6); it starts at zero, so that training starts from the seasonal baseline.

    Args:
      sizes: Sizes of the data.
      hidden_features: Width of the context and of the hidden layers.
      seasons: Lags in rows, at most the look-back; 1 is the last value. A lag shorter than the horizon is repeated.
      linear_rows: Rows that the linear map reads, at most the look-back; 0 for no map.
      dropout: Probability of dropping an entry of the context and of u.
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
        extra = sizes.known_features + len(seasons) * sizes.targets
        self.from_context = nnx.Linear(hidden_features, hidden_features, rngs=rngs)
        self.embed_step = nnx.Embed(sizes.horizon, hidden_features, rngs=rngs)
        self.extra_inputs = nnx.Linear(extra, hidden_features, use_bias=False, rngs=rngs) if extra else None
        self.hidden = nnx.Linear(hidden_features, hidden_features, rngs=rngs)
        self.output = nnx.Linear(hidden_features, sizes.targets * sizes.quantiles, rngs=rngs)
        self.linear = linear_map(linear_rows, sizes.horizon, rngs)

    def __call__(self, context: Array, inputs: Inputs, known: Known, *, key: PRNGKey | None = None) -> Forecast:
        """Quantiles ``[B, N, M, Q]``.

        Args:
          context: ``[B, H]``, from the window.
          inputs: The window ``[B, T, D]``, the M targets first.
          known: The known covariates of the future, ``[B, N, K]``.
          key: Source of dropout, or None.
        """
        horizon, targets, quantiles = self.sizes.horizon, self.sizes.targets, self.sizes.quantiles
        context_key, hidden_key = _split(self.noise_key(key, dropout=self.dropout))
        context = dropout(context, self.dropout, context_key)
        features = self.from_context(context)[:, None] + self.embed_step(jnp.arange(horizon))[None]  # [B, N, H]
        past, baseline = seasonal_baseline(inputs[:, :, :targets], self.seasons, self.linear, horizon)  # [B, N, M]
        if self.extra_inputs is not None:
            features += self.extra_inputs(jnp.concatenate([known, *past], axis=-1))
        features = dropout(jax.nn.relu(features), self.dropout, hidden_key)
        raw = self.output(jax.nn.relu(self.hidden(features)))  # [B, N, M * Q]
        raw = raw.reshape(*raw.shape[:2], targets, quantiles)  # [B, N, M, Q]
        return ascending(raw) + baseline[..., None]


def in_blocks(inputs: Inputs, block: int) -> Array:
    """The window ``[B, T, D]`` with ``block`` rows side by side in one, ``[B, T / block, block * D]``."""
    batch, time, width = inputs.shape
    return inputs.reshape(batch, time // block, block * width)


def seasonal(series: Array, season: int, horizon: int) -> Array:
    """The value ``season`` rows before each future step, ``[B, N, M]`` from ``series [B, T, M]``.

    For steps whose value ``season`` rows before is itself in the future, the last season of the series is repeated.
    """
    time = series.shape[1]
    return series[:, time - season + jnp.arange(horizon) % season]


def linear_map(rows: int, horizon: int, rngs: nnx.Rngs) -> nnx.Linear | None:
    """A linear map from a target's last ``rows`` values to its future, initially zero; None for no rows."""
    zeros = nnx.initializers.zeros
    return nnx.Linear(rows, horizon, use_bias=False, kernel_init=zeros, rngs=rngs) if rows else None


def seasonal_baseline(
    series: Array, seasons: tuple[int, ...], linear: nnx.Linear | None, horizon: int
) -> tuple[list[Array], Array]:
    """Seasonal forecasts, and the baseline that a network corrects.

    Args:
      series: The targets' past, ``[B, T, M]``.
      seasons: Lags in rows.
      linear: The map of :func:`linear_map`, or None.
      horizon: Rows N that are forecast.

    Returns:
      The forecast of :func:`seasonal` for each lag, and the baseline: the first of them, or zero without lags, plus the
      linear map of the last rows. ``[B, N, M]`` each.
    """
    past = [seasonal(series, season, horizon) for season in seasons]
    baseline = past[0] if past else jnp.zeros((len(series), horizon, series.shape[-1]), series.dtype)
    if linear is not None:
        recent = jnp.swapaxes(series[:, -linear.in_features :], 1, 2)  # [B, M, rows]
        baseline += jnp.swapaxes(linear(recent), 1, 2)  # [B, N, M]
    return past, baseline


def ascending(raw: Array) -> Array:
    """Quantiles ``[..., Q]`` that cannot cross.

    The middle one is that of ``raw [..., Q]``; softplus of the others is the distance to the next one towards the
    middle.
    """
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
