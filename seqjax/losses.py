"""What training minimises: means over the entries that count."""

from collections.abc import Sequence

import jax.numpy as jnp

from seqjax.typing import Array, Forecast, Targets


def pinball(forecast: Forecast, targets: Targets, quantiles: Sequence[float]) -> Array:
    """The quantile loss of each entry, averaged over the quantiles, ``[B, N, M]``.

    For the error e = target - forecast of quantile q it is max(q e, (q - 1) e), whose expectation is least where the
    forecast is that quantile (Koenker & Bassett 1978). It is doubled, so that for the median it is |e|.
    """
    levels = jnp.asarray(quantiles, forecast.dtype)
    error = targets[..., None] - forecast
    return 2 * jnp.mean(jnp.maximum(levels * error, (levels - 1) * error), axis=-1)


def absolute(forecast: Forecast, targets: Targets) -> Array:
    """|target - forecast| of a point forecast (Q = 1), ``[B, N, M]``."""
    return jnp.abs(targets - forecast[..., 0])


def squared(forecast: Forecast, targets: Targets) -> Array:
    """(target - forecast)^2 of a point forecast (Q = 1), ``[B, N, M]``."""
    return jnp.square(targets - forecast[..., 0])


def weighted_mean(values: Array, weights: Array) -> Array:
    """The mean of ``values`` under ``weights`` of the same shape; 0 if all weights are 0."""
    return jnp.sum(values * weights) / jnp.maximum(jnp.sum(weights), 1)
