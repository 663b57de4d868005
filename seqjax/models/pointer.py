"""Pointer-generator: the next token is written from the vocabulary, or copied from the source (See et al. 2017).

The *extended vocabulary* of a source of S positions has V + S ids: those of the V tokens, and V, V + 1, ... for the
words of this source that are no tokens; equal words share an id. ``copy_ids [B, S]`` holds the id of each position, or
PAD for a position that stands for no token; an encoder hands it over (:class:`~seqjax.models.encoder.Encoded`). Targets
may hold extended ids too. The decoder reads an id of V or more as UNK.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from seqjax.tokens import PAD
from seqjax.typing import Array, at_least_float32

TINY = 1e-30  # keeps the loss of a word finite that attention does not look at


class Mixture(NamedTuple):
    """The distribution of the next token at T steps of R rows, R / B consecutive ones for each source.

    .. code-block:: text

        p(w) = g softmax(logits)_w + (1 - g) sum over the positions s with copy_ids_s = w of weights_s

    with g = sigmoid(gate), p_gen of See et al. 2017, equations 8 and 9. Weight at positions that stand for no token
    counts for the vocabulary, as all does for a source without any; so the probabilities always sum to 1.

    Attributes:
      logits: ``[R, T, V]``, of the vocabulary.
      gate: ``[R, T]``, before the sigmoid.
      weights: Attention's weights ``[R, T, S]``.
      copy_ids: ``[B, S]``.
    """

    logits: Array
    gate: Array
    weights: Array
    copy_ids: Array

    def log_probabilities(self) -> Array:
        """The logarithm of p ``[R, T, V + S]``; -inf for an id that no word of the source has."""
        rows, time, size = self.logits.shape
        log_generate, log_copy = self._log_shares()
        generated = log_generate[..., None] + jax.nn.log_softmax(self._wide(self.logits), axis=-1)
        positions = self.weights.shape[-1]
        generated = jnp.pad(generated, ((0, 0), (0, 0), (0, positions)), constant_values=-jnp.inf)
        ids = self._by_row()[:, None]
        row, step = jnp.arange(rows)[:, None, None], jnp.arange(time)[None, :, None]
        copied = jnp.where(ids == PAD, 0, self._wide(self.weights))
        copied = jnp.zeros((rows, time, size + positions), copied.dtype).at[row, step, ids].add(copied)
        return jnp.logaddexp(generated, log_copy[..., None] + jnp.log(copied))

    def token_losses(self, tokens: Array, smoothing: float = 0.0) -> Array:
        """Cross-entropy of each token in nats ``[R, T]``, in float32 at least; 0 at padding.

        Args:
          tokens: Tokens of the extended vocabulary ``[R, T]``, PAD at padding. What the step computed there, NaN
            included, reaches neither the loss nor a gradient.
          smoothing: Weight e of the cross-entropy of the evenly spread vocabulary under ``softmax(logits)``; 1 - e is
            that of the token (Szegedy et al. 2016, section 7).
        """
        real = tokens != PAD
        kept = self._replace(
            logits=jnp.where(real[..., None], self._wide(self.logits), 0),
            gate=jnp.where(real, self.gate, 0),
            weights=jnp.where(real[..., None], self.weights, 0),
        )
        is_token = tokens < self.logits.shape[-1]
        log_generate, log_copy = kept._log_shares()
        normalizer = jax.nn.logsumexp(kept.logits, axis=-1)
        own = jnp.take_along_axis(kept.logits, jnp.where(is_token, tokens, PAD)[..., None], axis=-1)[..., 0]
        generated = log_generate + own - normalizer
        same = (self._by_row()[:, None] == tokens[..., None]) & real[..., None]
        mass = jnp.sum(jnp.where(same, kept._wide(kept.weights), 0), axis=-1)
        copied = log_copy + jnp.log(jnp.maximum(mass, TINY))
        log_p = jnp.where(is_token, jnp.where(mass > 0, jnp.logaddexp(generated, copied), generated), copied)
        losses = -log_p
        if smoothing:
            losses = (1 - smoothing) * losses + smoothing * (normalizer - kept.logits.mean(axis=-1))
        return jnp.where(real, losses, 0)

    def copy_weights(self) -> Array:
        """The probability that each position is copied, ``(1 - g) weights``, ``[R, T, S]``."""
        weights = jnp.where(self._by_row()[:, None] == PAD, 0, self.weights)
        return jax.nn.sigmoid(-self.gate)[..., None] * weights

    def _log_shares(self) -> tuple[Array, Array]:
        """The logarithms of the shares of generating and of copying ``[R, T]``."""
        gate = self._wide(self.gate)
        log_generate, log_copy = jax.nn.log_sigmoid(gate), jax.nn.log_sigmoid(-gate)
        no_token = self._by_row() == PAD
        lost = jnp.sum(jnp.where(no_token[:, None], self._wide(self.weights), 0), axis=-1)
        lost = jnp.where(jnp.all(no_token, axis=-1)[:, None], 1, lost)
        is_lost = lost > 0
        more = jnp.logaddexp(log_generate, log_copy + jnp.log(jnp.where(is_lost, lost, 1)))
        return jnp.where(is_lost, more, log_generate), log_copy

    def _by_row(self) -> Array:
        """The ids of each row ``[R, S]``."""
        return jnp.repeat(self.copy_ids, len(self.logits) // len(self.copy_ids), axis=0)

    @staticmethod
    def _wide(array: Array) -> Array:
        return array.astype(at_least_float32(array.dtype))
