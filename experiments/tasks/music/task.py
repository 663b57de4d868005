"""The music task: a model of piano rolls that predicts which keys sound in the next frame."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.run.results import TestResult
from experiments.tasks.music.data import DataConfig
from experiments.tasks.music.report import piece_writers
from seqjax.baselines.frames import key_frequency, markov_per_key, persistence
from seqjax.data.batching import ShuffledByLength
from seqjax.data.music.batches import PieceBatch, bucket_sizes, piece_batch, piece_batches
from seqjax.data.music.piano_rolls import transpose
from seqjax.data.music.pitches import KEYS
from seqjax.layers.recurrent import LAYERS
from seqjax.metrics.music import frame_measures, nll_by_distance
from seqjax.models.frame_model import FrameModel
from seqjax.plots.music import plot_piano_rolls
from seqjax.plots.text import plot_loss_by_distance
from seqjax.predictors.music import EVALUATED, Composer, frame_mask
from seqjax.typing import Array, PRNGKey

TEMPERATURE = 0.7  # of the piece that a test composes
DROPOUT_RATES = (
    "frame_dropout",
    "input_dropout",
    "recurrent_dropout",
    "weight_dropout",
    "dropout",
    "output_dropout",
)
BASELINES = {"key frequency": key_frequency, "persistence": persistence, "Markov per key": markov_per_key}


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/music/bach.py explains them."""

    cell: str
    hidden_features: int
    num_layers: int
    frame_dropout: float
    input_dropout: float
    recurrent_dropout: float
    weight_dropout: float
    dropout: float
    output_dropout: float

    def __post_init__(self) -> None:
        choice("model.cell", self.cell, LAYERS)
        at_least(1, "model", hidden_features=self.hidden_features, num_layers=self.num_layers)
        for name in DROPOUT_RATES:
            probability(f"model.{name}", getattr(self, name), below_one=True)

    def build(self, seed: int) -> FrameModel:
        """The model with its initial parameters."""
        return FrameModel(KEYS, **asdict(self), rngs=nnx.Rngs(params=seed))


class Music:
    """A frame model with the pieces that it is trained and tested on.

    The first frame of a piece is given; every later frame is predicted from those before it.
    """

    initial_carry = None

    def __init__(
        self,
        data: Mapping[str, Any],
        model: Mapping[str, Any],
        seed: int,
        learned: Mapping[str, Any] | None = None,
    ) -> None:
        self.data: DataConfig = parse(DataConfig, "data", data)
        model_config: ModelConfig = parse(ModelConfig, "model", model)
        self._seed = seed
        self.composer = Composer(parse(model_config.build, "model", {}, seed=seed))
        self.initial_params = self.composer.initial_params
        self.parts, self.data_summary = self.data.read_and_describe(None if learned is None else learned["split"])
        self.learned = {"split": self.data.split_record(self.parts)} if learned is None else learned
        lengths = self.parts[0].lengths - 1
        sizes = bucket_sizes(lengths, self.data.num_buckets)
        self._order = ShuffledByLength(lengths, sizes, self.data.batch_size, seed)
        self._frame_losses = jax.jit(self.composer.frame_losses)

    def train_batch(self, step: int) -> PieceBatch:
        """The pieces of a training step, each transposed by a random interval."""
        size, rows = self._order[step]
        low, high = self.data.transpose
        shifts = np.random.default_rng((self._seed, step)).integers(low, high + 1, len(rows))
        pieces = [transpose(self.parts[0].pieces[row], int(shift)) for row, shift in zip(rows, shifts, strict=True)]
        return piece_batch(pieces, size, self.data.batch_size)

    def loss_sums(self, params: Any, carry: None, batch: PieceBatch, key: PRNGKey | None) -> tuple[Array, Array, None]:
        """The negative log-probability of all frames in nats, and the number of frames."""
        losses = self.composer.frame_losses(params, batch, key)
        return jnp.sum(losses), jnp.sum(frame_mask(batch), dtype=losses.dtype), None

    def validate(self, params: Any) -> dict[str, float]:
        """The mean loss over all frames of the validation part."""
        part = self.parts[1]
        losses = [self._frame_losses(params, batch) for batch, _ in piece_batches(part.pieces, EVALUATED)]
        total = sum(float(np.asarray(each, np.float64).sum()) for each in losses)
        return {"loss": total / float((part.lengths - 1).sum())}

    def test(self, params: Any) -> TestResult:
        """Measures of the test part, and a composed piece.

        :func:`~seqjax.metrics.music.frame_measures` over all frames but the first of each piece, of the model and of
        the baselines; ``nll_to_N``, the model's :func:`~seqjax.metrics.music.nll_by_distance`.
        """
        pieces = self.parts[2].pieces
        log_odds = {"model": self.composer.log_odds(params, pieces)}
        for name, fit in BASELINES.items():
            baseline = fit(self.parts[0].pieces)
            log_odds[name] = [baseline(piece) for piece in pieces]
        targets = [piece[1:] for piece in pieces]
        frames = np.concatenate(targets)
        curves = {name: nll_by_distance(odds, targets) for name, odds in log_odds.items()}
        composed = self._composed(params, pieces[0])
        rolls = {"real": pieces[0], "composed": composed}
        per_quarter = self.data.frames_per_quarter
        return TestResult(
            table={name: frame_measures(np.concatenate(odds), frames) for name, odds in log_odds.items()},
            extra={f"nll_to_{end}": value for end, value in curves["model"].items()},
            plots={
                "piano_rolls.png": lambda path: plot_piano_rolls(path, rolls, per_quarter, 1),
                "nll_by_distance.png": lambda path: plot_loss_by_distance(path, curves, "frames into the piece"),
                **{f"composed{ending}": write for ending, write in piece_writers(composed, per_quarter, 1).items()},
            },
            title=f"Test, {len(pieces)} pieces, {len(frames)} frames",
        )

    def _composed(self, params: Any, piece: np.ndarray) -> np.ndarray:
        """A piece as long as the given one, composed from its first frame."""
        keys = jax.random.split(jax.random.key(self._seed), 1)
        return self.composer.compose(params, [piece[:1]], len(piece) - 1, TEMPERATURE, keys)[0]
