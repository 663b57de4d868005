"""A music model that composes: piano rolls in, piano rolls out."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from seqjax.data.batching import in_order
from seqjax.data.music.batches import PieceBatch, padded_rolls, piece_batches
from seqjax.data.music.pitches import KEYS
from seqjax.decoding import roll_out
from seqjax.masking import mask_from_lengths
from seqjax.models.frame_model import FrameModel
from seqjax.models.pure import pure
from seqjax.typing import Array, PRNGKey

EVALUATED = 32  # pieces evaluated in one batch; no result depends on it
COMPOSED = 16  # pieces composed in one batch; no result depends on it


class Composer:
    """A frame model as pure functions of its parameters.

    Args:
      module: The model.

    Attributes:
      model: ``model(params)``, the module with these parameters.
      initial_params: The parameters of ``module``.
    """

    def __init__(self, module: FrameModel) -> None:
        self.model, self.initial_params = pure(module)
        self._logits = jax.jit(self.logits)
        self._roll_out = jax.jit(self._continue, static_argnames="steps")

    def logits(self, params: Any, batch: PieceBatch, key: PRNGKey | None = None) -> Array:
        """Log-odds that each key sounds in each predicted frame, ``[B, T, 88]``; a key turns dropout on."""
        inputs = jnp.asarray(batch.frames)[:, :-1].astype(jnp.float32)
        logits: Array = self.model(params)(inputs, frame_mask(batch), key=key)
        return logits

    def frame_losses(self, params: Any, batch: PieceBatch, key: PRNGKey | None = None) -> Array:
        """Negative log-probability of each frame in nats, summed over its keys, ``[B, T]``; 0 at padding."""
        targets = jnp.asarray(batch.frames)[:, 1:].astype(jnp.float32)
        losses = optax.losses.sigmoid_binary_cross_entropy(self.logits(params, batch, key), targets).sum(axis=-1)
        return jnp.where(frame_mask(batch), losses, 0)

    def log_odds(self, params: Any, pieces: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Log-odds that each key sounds in each frame of pieces ``[T, 88]`` but the first, ``[T - 1, 88]`` each."""
        odds: list[np.ndarray] = [np.zeros(0)] * len(pieces)
        for batch, indices in piece_batches(pieces, EVALUATED):
            logits = np.asarray(self._logits(params, batch))
            for index, length, each in zip(indices, batch.lengths, logits, strict=False):
                odds[index] = each[:length]
        return odds

    def log_probability(self, params: Any, piece: np.ndarray, start: int) -> float:
        """Log-probability in nats of the frames of a piece ``[T, 88]`` from ``start`` on, given those before."""
        (odds,) = self.log_odds(params, [piece])
        signed = np.where(piece[start:], odds[start - 1 :], -odds[start - 1 :]).astype(np.float64)
        return -float(np.logaddexp(0, -signed).sum())

    def compose(
        self, params: Any, prompts: Sequence[np.ndarray], steps: int, temperature: float, keys: Array
    ) -> list[np.ndarray]:
        """Continues each prompt by ``steps`` random frames.

        A piece depends on its prompt, its key and the options alone, not on the others: prompts are padded to powers of
        two, and batches have a fixed number of rows.

        Args:
          params: The parameters.
          prompts: N rolls ``[T, 88]``, T at least 1.
          steps: Frames to add.
          temperature: See :func:`apply_temperature`.
          keys: A PRNG key for each prompt, ``[N]``.

        Returns:
          For each prompt the whole piece, prompt included, ``uint8 [T + steps, 88]``.
        """
        pieces: list[np.ndarray] = [np.zeros((0, KEYS), np.uint8)] * len(prompts)
        sizes = np.array([1 << (len(prompt) - 1).bit_length() for prompt in prompts], int)
        for size in sorted({*sizes.tolist()}):
            for rows in in_order(np.flatnonzero(sizes == size), COMPOSED):
                filled = np.resize(rows, COMPOSED)  # repeats rows up to the fixed number
                batch = [prompts[row] for row in filled]
                lengths = np.array([len(prompt) for prompt in batch], np.int32)
                padded = padded_rolls(batch, size)
                added = self._roll_out(params, padded, lengths, temperature, keys[filled], steps=steps)
                for row, frames in zip(rows, np.asarray(added), strict=False):
                    pieces[row] = np.concatenate([prompts[row], frames.astype(np.uint8)])
        return pieces

    def _continue(
        self, params: Any, prompts: Array, lengths: Array, temperature: Array, keys: Array, steps: int
    ) -> Array:
        """The frames ``[B, steps, 88]`` after prompts ``[B, T, 88]`` of ``lengths [B]`` frames, padded to T."""
        model = self.model(params)
        frames = prompts.astype(jnp.float32)
        # The last frame of the prompt is the input of the first step, so it is not read here.
        carry = model.read(frames, mask_from_lengths(lengths - 1, frames.shape[1]))
        last = jnp.take_along_axis(frames, (lengths - 1)[:, None, None], axis=1)[:, 0]

        def step(carry: Any, frame: Array, key: Array) -> tuple[Any, Array]:
            carry, logits = model.step(carry, frame)
            sounds = jax.vmap(jax.random.bernoulli)(key, jax.nn.sigmoid(apply_temperature(logits, temperature)))
            return carry, sounds.astype(frame.dtype)

        return roll_out(step, carry, last, steps, jax.vmap(lambda key: jax.random.split(key, steps))(keys))


def frame_mask(batch: PieceBatch) -> Array:
    """True at the predicted frames of a batch, False at padding, ``bool [B, T]``."""
    return mask_from_lengths(jnp.asarray(batch.lengths), batch.frames.shape[1] - 1)


def apply_temperature(logits: Array, temperature: Array | float) -> Array:
    """Divides log-odds by a temperature, then shifts them so that the expected number of sounding keys stays the same.

    Without the shift a low temperature would silence nearly all keys, since most have a probability below one half. The
    shift is found by bisection.

    Args:
      logits: Log-odds of keys, ``[B, D]``.
      temperature: Above 0; towards 0 the most probable keys sound.

    Returns:
      Log-odds ``[B, D]``.
    """
    expected = jax.nn.sigmoid(logits).sum(axis=-1, keepdims=True)
    logits = logits / temperature
    bound = jnp.abs(logits).max(axis=-1, keepdims=True) + 20

    def halve(_: Array, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds  # The shift `low` gives too few keys, `high` enough.
        middle = (low + high) / 2
        enough = jax.nn.sigmoid(logits + middle).sum(axis=-1, keepdims=True) >= expected
        return jnp.where(enough, low, middle), jnp.where(enough, middle, high)

    _, shift = jax.lax.fori_loop(0, 40, halve, (-bound, bound))
    shifted: Array = logits + shift
    return shifted
