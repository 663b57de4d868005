"""Losses for training: quantile, absolute and squared error, cross-entropy of tokens, coverage, CTC."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import optax

from seqjax.tokens import PAD
from seqjax.typing import Array, Forecast, Ids, Logits, Mask, Targets, at_least_float32


def pinball(forecast: Forecast, targets: Targets, quantiles: Sequence[float]) -> Array:
    """Quantile loss of each entry, averaged over the quantiles, ``[B, N, M]`` (Koenker & Bassett 1978).

    For the error e = target - forecast of quantile q it is max(q e, (q - 1) e), whose expectation is least where the
    forecast is that quantile. It is doubled, so that for the median it is |e|.
    """
    levels = jnp.asarray(quantiles, forecast.dtype)[None, None, None]
    error = targets[..., None] - forecast
    return 2 * jnp.mean(jnp.maximum(levels * error, (levels - 1) * error), axis=-1)


def absolute(forecast: Forecast, targets: Targets) -> Array:
    """Absolute error |target - forecast| of a point forecast (Q = 1), ``[B, N, M]``."""
    return jnp.abs(targets - forecast[..., 0])


def squared(forecast: Forecast, targets: Targets) -> Array:
    """Squared error (target - forecast)^2 of a point forecast (Q = 1), ``[B, N, M]``."""
    return jnp.square(targets - forecast[..., 0])


def token_cross_entropy(logits: Logits, tokens: Ids, smoothing: float = 0.0) -> Array:
    """Cross-entropy of each token in nats, ``[B, T]``, in float32 at least; 0 at padding.

    With smoothing e the target distribution is (1 - e) on the token and e spread evenly over the vocabulary (Szegedy et
    al. 2016, section 7). Logits at padding, NaN included, reach neither the loss nor a gradient.

    Args:
      logits: ``[B, T, V]``, before softmax.
      tokens: Target tokens ``[B, T]``, PAD at padding.
      smoothing: The share e, at least 0 and below 1.

    Raises:
      ValueError: ``smoothing`` outside [0, 1).
    """
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing must be at least 0 and below 1, not {smoothing}")
    real = tokens != PAD
    logits = jnp.where(real[..., None], logits, 0).astype(at_least_float32(logits.dtype))
    normalizer = jax.nn.logsumexp(logits, axis=-1)
    chosen = jnp.take_along_axis(logits, tokens[..., None], axis=-1)[..., 0]
    target = (1 - smoothing) * chosen + smoothing * logits.mean(axis=-1) if smoothing else chosen
    return jnp.where(real, normalizer - target, 0)


def coverage_loss(weights: Array, tokens: Ids) -> Array:
    """The share of each step's attention that goes where attention was before, ``[B, T]``; 0 at padding.

    .. code-block:: text

        loss_t = sum over s of min(weights_ts, c_ts),     c_t = sum of the weights of all steps before t

    (See et al. 2017, equation 12).

    Args:
      weights: Attention's weights ``[B, T, S]``. Those of padding, NaN included, reach neither the loss nor a gradient.
      tokens: The tokens written with them ``[B, T]``, PAD at padding.
    """
    weights = jnp.where((tokens != PAD)[..., None], weights, 0)
    before = jnp.cumsum(weights, axis=1) - weights
    return jnp.sum(jnp.minimum(weights, before), axis=-1)


def weighted_mean(values: Array, weights: Array) -> Array:
    """Weighted mean, ``sum(values * weights) / sum(weights)``; 0 if all weights are 0.

    A value of weight 0, NaN included, reaches neither the mean nor its gradient.
    """
    total = jnp.sum(weights)
    return jnp.sum(jnp.where(weights == 0, 0, values * weights)) / jnp.where(total == 0, 1, total)


def ctc(logits: Logits, mask: Mask, labels: Array, *, blank: int) -> Array:
    """Negative log-probability of each text, summed over all alignments, ``[B]`` (CTC; Graves et al. 2006).

    Logits at padding, NaN included, reach neither the loss nor a gradient. A text that is too long for its frames has
    no alignment: its loss is inf with a gradient of 0. :func:`~seqjax.decoding.ctc.frames_needed` finds it beforehand.

    Args:
      logits: ``[B, T, C]``, before softmax, of C - 1 tokens and the blank.
      mask: ``[B, T]``, False at padding, which is at the end of a row.
      labels: Tokens of each text ``[B, N]``, padded with PAD at the end.
      blank: The class of the blank, which is no token and not PAD.

    Raises:
      ValueError: If the blank is PAD, or not a class.
    """
    if blank == PAD or not 0 <= blank < logits.shape[-1]:
        raise ValueError(f"the blank must be a class of its own, from 1 to {logits.shape[-1] - 1}, not {blank}")
    real = labels != PAD
    repeats = jnp.sum((labels[:, 1:] == labels[:, :-1]) & real[:, 1:], axis=1)
    feasible = jnp.sum(mask, axis=1) >= jnp.sum(real, axis=1) + repeats
    kept = mask & feasible[:, None]
    logits = jnp.where(kept[..., None], logits, 0).astype(at_least_float32(logits.dtype))
    padding, label_padding = (~mask).astype(logits.dtype), (~real).astype(logits.dtype)
    losses = optax.ctc_loss(logits, padding, labels, label_padding, blank_id=blank)
    return jnp.where(feasible, losses, jnp.inf)
