"""The music task: piano rolls, a model that says frame by frame which keys sound next, and its test beside rules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.run.arguments import at_least, bind, call
from experiments.run.results import print_table
from seqjax.baselines.frames import key_frequencies, repeat, repeat_by_key
from seqjax.data.batching import ShuffledByLength, by_length
from seqjax.data.music.piano_rolls import (
    MIDI_ENDINGS,
    Rolls,
    padded_rolls,
    read_bach,
    read_mat,
    read_midi_folder,
    split_rolls,
    transposed,
)
from seqjax.data.synthetic import progressions
from seqjax.errors import InputError
from seqjax.losses import weighted_mean
from seqjax.metrics.music import frame_measures
from seqjax.plots.music import plot_piano_rolls
from seqjax.plots.text import plot_loss_by_distance
from seqjax.plots.training import plot_losses
from seqjax.predictors.music import Batch, Composer, ModelConfig, write_piece
from seqjax.training.writer import read_metrics, write_text
from seqjax.typing import Array, PRNGKey

PARTS = ("training", "validation", "test")
STEPS_APART = 8  # Widths of batches are multiples of it.
ROWS = 32  # Pieces that are tested at once; no result depends on it.
DISTANCES = (4, 8, 16, 32, 64, 128, 256, 512)  # Frames into the piece that the loss is told up to.
TEMPERATURE = 0.7  # of the piece that is composed for the picture


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/music/bach.py says what they mean."""

    path: str
    frames_per_quarter: int
    split: tuple[float, ...]
    split_seed: int
    transpose: tuple[int, int]
    widths: int
    batch_size: int

    def __post_init__(self) -> None:
        at_least(1, "data", frames_per_quarter=self.frames_per_quarter, widths=self.widths, batch_size=self.batch_size)
        if self.frames_per_quarter > 48:
            raise InputError(
                f"config key 'data.frames_per_quarter' is {self.frames_per_quarter}, but must be at most 48"
            )
        if len(self.split) != 3 or min(self.split) <= 0:
            raise InputError(
                f"config key 'data.split' is {self.split}, but must be three shares, such as (0.8,0.1,0.1)"
            )
        if len(self.transpose) != 2 or not -87 <= self.transpose[0] <= 0 <= self.transpose[1] <= 87:
            raise InputError(
                f"config key 'data.transpose' is {self.transpose}, but must be two numbers of semitones, such as (-5,6)"
            )

    def read(self) -> tuple[Rolls, ...]:
        """The training, validation and test parts, each with a piece at least."""
        path = Path(self.path)
        if self.path == "":
            raise InputError("config key 'data.path' is empty; name a .mat file or a folder: --config.data.path=FILE")
        if path.suffix == ".mat":
            return read_mat(path)
        if self.path == "generated":
            rolls = progressions(60)
        elif self.path == "bach":
            rolls = read_bach(self.frames_per_quarter)
        elif path.is_dir():
            rolls = read_midi_folder(path, self.frames_per_quarter)
        else:
            what = (
                "is no .mat file and no folder of" if path.exists() else "is not there; give a .mat file or a folder of"
            )
            raise InputError(f"data.path {self.path} {what} MIDI files ({', '.join(MIDI_ENDINGS)})")
        parts = split_rolls(rolls, self.split, self.split_seed)
        for name, part in zip(PARTS, parts, strict=True):
            if not len(part):
                raise InputError(
                    f"{rolls.name} has {len(rolls)} pieces, none of them in the {name} part; "
                    "give more pieces, or change data.split or data.split_seed"
                )
        return parts


class Music:
    """A model of frames with the pieces that it is trained and tested on.

    The first frame of a piece is given, and every later one predicted from those before it.
    """

    initial_carry = None

    def __init__(self, data: Mapping[str, Any], model: Mapping[str, Any], seed: int) -> None:
        bind(ModelConfig, "model", model)
        self.data: DataConfig = call(DataConfig, "data", data)
        network: ModelConfig = call(ModelConfig, "model", model)
        if seed < 0:
            raise InputError(f"config key 'seed' is {seed}, but must be at least 0")
        self._seed = seed
        self.parts = self.data.read()
        self.model = Composer(network, seed)
        self.initial_params = self.model.initial_params
        lengths = self.parts[0].lengths - 1
        widths = rising_widths(lengths, self.data.widths)
        self._order = ShuffledByLength(lengths, widths, self.data.batch_size, seed)
        self._frame_losses = jax.jit(self._losses)
        self._logits = jax.jit(lambda params, batch: self.model.logits(params, batch, None))

    def save(self, workdir: Path) -> None:
        """Writes nothing: config and parameters say it all."""

    def train_batch(self, step: int) -> Batch:
        """The pieces of a training step, each transposed by chance."""
        width, rows = self._order[step]
        low, high = self.data.transpose
        shifts = np.random.default_rng((self._seed, step)).integers(low, high + 1, len(rows))
        pieces = [transposed(self.parts[0].pieces[row], int(shift)) for row, shift in zip(rows, shifts, strict=True)]
        return gather(pieces, width, self.data.batch_size)

    def loss(self, params: Any, batch: Batch, key: PRNGKey | None) -> Array:
        """The negative log-probability of a frame in nats, summed over its keys: the mean over the batch's frames."""
        return weighted_mean(self._losses(params, batch, key), self.model.mask(batch).astype(jnp.float32))

    def _losses(self, params: Any, batch: Batch, key: PRNGKey | None = None) -> Array:
        """Of every frame, ``[B, T]``; 0 at padding."""
        targets = jnp.asarray(batch.frames)[:, 1:].astype(jnp.float32)
        nats = optax.losses.sigmoid_binary_cross_entropy(self.model.logits(params, batch, key), targets).sum(axis=-1)
        return jnp.where(self.model.mask(batch), nats, 0)

    def validate(self, params: Any) -> dict[str, float]:
        """The loss on the validation part: the mean over all its frames."""
        total = sum(
            float(np.asarray(self._frame_losses(params, batch), np.float64).sum())
            for batch, _ in batches(self.parts[1])
        )
        return {"loss": total / float((self.parts[1].lengths - 1).sum())}

    def test(self, params: Any, workdir: Path) -> dict[str, float]:
        """Tests on the test part, beside rules; composes a piece; writes ``test.json`` and pictures.

        Returns:
          :func:`~seqjax.metrics.music.frame_measures` over all frames but the first of each piece, of the model, and of each
          rule under its name; ``nll_to_N``, of frames that have at most N before them, and more than the N before.
        """
        pieces = self.parts[2].pieces
        found: dict[str, list[np.ndarray]] = {"model": self._log_odds(params)}
        rules = {"key frequencies": key_frequencies, "repeat": repeat, "repeat by key": repeat_by_key}
        for name, rule in rules.items():
            fitted = rule(self.parts[0].pieces)
            found[name] = [fitted(piece) for piece in pieces]
        truth = [piece[1:] for piece in pieces]
        table = {name: frame_measures(np.concatenate(each), np.concatenate(truth)) for name, each in found.items()}
        curves = {name: by_distance(each, truth) for name, each in found.items()}
        flat = table["model"] | {f"nll_to_{end}": value for end, value in curves["model"].items()}
        for name in rules:
            flat |= {f"{name.replace(' ', '_')}_{measure}": value for measure, value in table[name].items()}
        write_text(workdir / "test.json", json.dumps(flat, indent=2) + "\n")
        write_text(workdir / "table.json", json.dumps(table, indent=2) + "\n")

        real = pieces[0]
        composed = self.model.compose(
            params, [real[:1]], len(real) - 1, TEMPERATURE, jax.random.split(jax.random.key(self._seed), 1)
        )[0]
        written = write_piece(workdir, "composed", composed, self.data.frames_per_quarter, 1)
        plot_piano_rolls(
            workdir / "piano_rolls.png", {"real": real, "composed": composed}, self.data.frames_per_quarter, 1
        )
        plot_loss_by_distance(workdir / "nll_by_distance.png", curves, "frames into the piece")
        plot_losses(workdir / "loss.png", read_metrics(workdir))
        print_table(f"Test, {len(pieces)} pieces, {len(np.concatenate(truth))} frames", table, tuple(table["model"]))
        names = ", ".join(path.name for path in written)
        print(f"{workdir}: test.json, piano_rolls.png, nll_by_distance.png, loss.png, {names}")
        return flat

    def _log_odds(self, params: Any) -> list[np.ndarray]:
        """The model's for every frame but the first of each test piece, ``[T - 1, 88]``."""
        found: list[np.ndarray] = [np.zeros(0)] * len(self.parts[2])
        for batch, rows in batches(self.parts[2]):
            logits = np.asarray(self._logits(params, batch))
            for row, length, each in zip(rows, batch.lengths, logits, strict=False):
                found[row] = each[:length]
        return found


def rising_widths(lengths: np.ndarray, count: int) -> tuple[int, ...]:
    """At most ``count`` widths, multiples of 8, the last of which holds every length and each about as many."""
    ends = [np.sort(lengths)[-(-len(lengths) * n // count) - 1] for n in range(1, count + 1)]
    return tuple(sorted({-(-int(end) // STEPS_APART) * STEPS_APART for end in ends}))


def gather(pieces: list[np.ndarray], width: int, batch_size: int) -> Batch:
    """Pieces as a batch of one shape; rows that fill it up are empty."""
    lengths = np.zeros(batch_size, np.int32)
    lengths[: len(pieces)] = [len(piece) - 1 for piece in pieces]
    filled = [*pieces, *[np.zeros((0, pieces[0].shape[1]), np.uint8)] * (batch_size - len(pieces))]
    return Batch(padded_rolls(filled, width + 1), lengths)


def batches(part: Rolls) -> list[tuple[Batch, np.ndarray]]:
    """All pieces of a part in batches of few shapes, with the places of those that are real."""
    lengths = part.lengths - 1
    order = by_length(lengths, rising_widths(lengths, 2), ROWS)
    return [(gather([part.pieces[row] for row in rows], width, ROWS), rows) for width, rows in order]


def by_distance(log_odds: list[np.ndarray], truth: list[np.ndarray]) -> dict[int, float]:
    """The mean loss of frames with at most N frames before them, and more than the N before, by N."""
    before = np.concatenate([1 + np.arange(len(each)) for each in truth])
    nats = np.concatenate(
        [(np.logaddexp(0, odds) - odds * said).sum(axis=1) for odds, said in zip(log_odds, truth, strict=True)]
    )
    place = np.searchsorted(DISTANCES, before)
    ends = (*DISTANCES, int(before.max()))
    return {end: float(nats[place == index].mean()) for index, end in enumerate(ends) if np.any(place == index)}
