"""A model of frames with what it needs to compose: piano rolls in, piano rolls out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from experiments.run.arguments import at_least, call, choice
from seqjax.data.batching import in_order
from seqjax.data.music import sound
from seqjax.data.music.midi import write_midi
from seqjax.data.music.piano_rolls import padded_rolls
from seqjax.data.music.pitches import KEYS
from seqjax.decoding import roll_out
from seqjax.layers.recurrent import LAYERS
from seqjax.masking import mask_from_lengths
from seqjax.models.frame_model import FrameModel
from seqjax.plots.music import plot_piano_rolls
from seqjax.typing import Array, PRNGKey

ROWS = 16  # Pieces that are composed at once; no result depends on it.
TEMPO = 80.0  # quarter notes a minute of what is written


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/music/bach.py says what they mean."""

    cell: str
    hidden_features: int
    num_layers: int
    frame_dropout: float
    input_dropout: float
    recurrent_dropout: float
    weight_dropout: float
    zoneout: float
    dropout: float
    output_dropout: float

    def __post_init__(self) -> None:
        choice("model.cell", self.cell, LAYERS)
        at_least(1, "model", hidden_features=self.hidden_features, num_layers=self.num_layers)

    def build(self, seed: int) -> FrameModel:
        """The model with fresh parameters."""
        return FrameModel(KEYS, **asdict(self), rngs=nnx.Rngs(params=seed))


class Batch(NamedTuple):
    """Whole pieces, each padded to T + 1 frames: T to be read, T to be said, one frame later.

    Attributes:
      frames: ``uint8 [B, T + 1, 88]``, silence behind the end.
      lengths: Frames to be said of each piece, one less than it has, ``int32 [B]``; 0 in a row that fills the batch up.
    """

    frames: np.ndarray
    lengths: np.ndarray


class Composer:
    """The model of a config, as functions of its parameters.

    Attributes:
      initial_params: The parameters before the first step.
    """

    def __init__(self, model: ModelConfig, seed: int) -> None:
        module = call(model.build, "model", {}, seed=seed)
        self._graph, params = nnx.split(module, nnx.Param)
        self.initial_params = nnx.to_pure_dict(params)
        self._compose = jax.jit(self._composed, static_argnames="steps")

    def logits(self, params: Any, batch: Batch, key: PRNGKey | None) -> Array:
        """The log-odds ``[B, T, 88]`` of the frames to be said."""
        inputs = jnp.asarray(batch.frames)[:, :-1].astype(jnp.float32)
        logits: Array = nnx.merge(self._graph, params)(inputs, self.mask(batch), key=key)
        return logits

    @staticmethod
    def mask(batch: Batch) -> Array:
        """Which of the frames to be said are real, ``[B, T]``."""
        return mask_from_lengths(jnp.asarray(batch.lengths), batch.frames.shape[1] - 1)

    def compose(
        self, params: Any, starts: Sequence[np.ndarray], steps: int, temperature: float, keys: Array
    ) -> list[np.ndarray]:
        """Goes on from each start for ``steps`` frames.

        Shapes are few and fixed, and depend on a start's own length only: so a piece does not depend on what else is
        composed.

        Args:
          params: The parameters.
          starts: Rolls ``[T, 88]`` with a frame at least.
          steps: Frames to be added.
          temperature: That of :func:`cooled`; near 0 the likeliest keys sound.
          keys: Source of the draws, one key for each start ``[N]``.

        Returns:
          The whole pieces, starts included, ``uint8 [T + steps, 88]``.
        """
        pieces: list[np.ndarray] = [np.zeros((0, KEYS), np.uint8)] * len(starts)
        widths = np.array([1 << (len(start) - 1).bit_length() for start in starts], int)
        for width in sorted({*widths.tolist()}):
            for rows in in_order(np.flatnonzero(widths == width), ROWS):
                filled = np.resize(rows, ROWS)  # with the batch's own rows again
                batch = [starts[row] for row in filled]
                lengths = np.array([len(start) for start in batch], np.int32)
                added = self._compose(
                    params, padded_rolls(batch, width), lengths, temperature, keys[filled], steps=steps
                )
                for row, frames in zip(rows, np.asarray(added), strict=False):
                    pieces[row] = np.concatenate([starts[row], frames.astype(np.uint8)])
        return pieces

    def _composed(
        self, params: Any, starts: Array, lengths: Array, temperature: Array, keys: Array, steps: int
    ) -> Array:
        """The frames ``[B, steps, 88]`` after starts ``[B, T, 88]``, of which the first ``lengths [B]`` are real."""
        model: Any = nnx.merge(self._graph, params)
        frames = starts.astype(jnp.float32)
        # All but the last frame is read; the last one is what the first step reads.
        carry = model.read(frames, mask_from_lengths(lengths - 1, frames.shape[1]))
        last = jnp.take_along_axis(frames, (lengths - 1)[:, None, None], axis=1)[:, 0]

        def step(carry: Any, frame: Array, key: Array) -> tuple[Any, Array]:
            carry, logits = model.step(carry, frame)
            sounds = jax.vmap(jax.random.bernoulli)(key, jax.nn.sigmoid(cooled(logits, temperature)))
            return carry, sounds.astype(frame.dtype)

        return roll_out(step, carry, last, steps, jax.vmap(lambda key: jax.random.split(key, steps))(keys))


def cooled(logits: Array, temperature: Array | float) -> Array:
    """Log-odds of keys ``[B, D]`` divided by the temperature, then moved so that as many keys are expected as before.

    Merely divided, the many keys that are less likely than not would nearly all fall silent.
    """
    wanted = jax.nn.sigmoid(logits).sum(axis=-1, keepdims=True)
    logits = logits / temperature
    reach = jnp.abs(logits).max(axis=-1, keepdims=True) + 20

    def halve(_: Array, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds  # Moved by low there are too few, by high enough.
        middle = (low + high) / 2
        enough = jax.nn.sigmoid(logits + middle).sum(axis=-1, keepdims=True) >= wanted
        return jnp.where(enough, low, middle), jnp.where(enough, middle, high)

    _, move = jax.lax.fori_loop(0, 40, halve, (-reach, reach))
    moved: Array = logits + move
    return moved


def write_piece(folder: Path, name: str, roll: np.ndarray, frames_per_quarter: int, start: int) -> list[Path]:
    """Writes a piece as ``NAME.mid``, ``NAME.wav`` and ``NAME.png``; the picture marks where the start ends."""
    paths = [folder / f"{name}.{ending}" for ending in ("mid", "wav", "png")]
    write_midi(paths[0], roll, frames_per_quarter, TEMPO)
    sound.write_wav(paths[1], roll, 60 / TEMPO / frames_per_quarter)
    plot_piano_rolls(paths[2], {"composed": roll}, frames_per_quarter, start)
    return paths
