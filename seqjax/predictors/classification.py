"""A text classifier with its vocabulary: texts in, probabilities out."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from experiments.run.arguments import at_least, call, choice
from seqjax.data.batching import by_length, padded
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.layers.recurrent import LAYERS
from seqjax.masking import mask_from_lengths
from seqjax.models.classifier import POOLINGS, AveragingClassifier, RecurrentClassifier
from seqjax.typing import Array, PRNGKey

ROWS = 64  # Texts that are classified at once; no result depends on it.


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/classification/imdb.py says what they mean."""

    kind: str
    cell: str
    embed_features: int
    hidden_features: int
    num_layers: int
    bidirectional: bool
    pooling: str
    word_dropout: float
    embed_dropout: float
    input_dropout: float
    recurrent_dropout: float
    weight_dropout: float
    zoneout: float
    dropout: float
    output_dropout: float
    label_smoothing: float

    def __post_init__(self) -> None:
        choice("model.kind", self.kind, ("average", "recurrent"))
        choice("model.cell", self.cell, LAYERS)
        choice("model.pooling", self.pooling, POOLINGS)
        sizes = ("embed_features", "hidden_features", "num_layers")
        at_least(1, "model", **{name: getattr(self, name) for name in sizes})
        if not 0 <= self.label_smoothing < 1:
            raise InputError(f"config key 'model.label_smoothing' is {self.label_smoothing}, but must be in [0, 1)")

    def build(self, vocabulary: int, classes: int, seed: int) -> nnx.Module:
        """The model with fresh parameters."""
        options = asdict(self)
        for name in ("kind", "label_smoothing"):
            del options[name]
        options["rngs"] = nnx.Rngs(params=seed)
        if self.kind == "recurrent":
            return RecurrentClassifier(vocabulary, classes, **options)
        layer = ("cell", "bidirectional", "pooling", "input_dropout", "recurrent_dropout", "weight_dropout", "zoneout")
        for name in (*layer, "dropout"):
            del options[name]
        return AveragingClassifier(vocabulary, classes, **options)


class Batch(NamedTuple):
    """Texts of one width.

    Attributes:
      ids: Numbers of their tokens, ``int32 [B, T]``, PAD behind the end.
      lengths: How many there are, ``int32 [B]``.
      labels: Index of each one's class, ``int32 [B]``.
      weights: 1 for a text, 0 for a row that fills the batch up, ``float32 [B]``.
    """

    ids: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


class TextClassifier:
    """The model of a config with its vocabulary, as functions of its parameters.

    Attributes:
      widths: Widths of batches in tokens; the last is where texts are cut.
      cut: What remains of longer texts: "head", "tail" or "both" ends.
      classes: Names of the C classes.
      vocabulary: What texts are cut into.
      initial_params: The parameters before the first step.
    """

    def __init__(
        self,
        widths: Sequence[int],
        cut: str,
        model: ModelConfig,
        seed: int,
        vocabulary: Vocabulary,
        classes: Sequence[str],
    ) -> None:
        self.widths, self.cut = tuple(widths), cut
        self.vocabulary, self.classes = vocabulary, tuple(classes)
        self.smoothing = model.label_smoothing
        module = call(model.build, "model", {}, vocabulary=len(vocabulary), classes=len(classes), seed=seed)
        self._graph, params = nnx.split(module, nnx.Param)
        self.initial_params = nnx.to_pure_dict(params)

        def probabilities(params: Any, ids: Array, lengths: Array) -> Array:
            return jax.nn.softmax(self.logits(params, ids, lengths, None))

        self._classify = jax.jit(probabilities)
        self._explain = jax.jit(self._contributions)

    def logits(self, params: Any, ids: Array, lengths: Array, key: PRNGKey | None) -> Array:
        """``[B, C]``, from ids ``[B, T]`` of which the first ``lengths [B]`` are real."""
        logits: Array = nnx.merge(self._graph, params)(ids, mask_from_lengths(lengths, ids.shape[1]), key=key)
        return logits

    def pieces(self, text: str) -> list[str]:
        """The pieces of a text that the model sees."""
        return [piece for part in self._cut(self.vocabulary.split(text)) for piece in part]

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The numbers of the pieces that the model sees of each text, ``int32 [T]``."""
        return [np.concatenate(list(self._cut(self.vocabulary.encode(text)))) for text in texts]

    def probabilities(self, params: Any, ids: Sequence[np.ndarray]) -> np.ndarray:
        """Of every class for encoded texts, ``[N, C]``."""
        probabilities = np.zeros((len(ids), len(self.classes)))
        for batch, rows in self.batches(ids):
            probabilities[rows] = np.asarray(self._classify(params, batch.ids, batch.lengths))[: len(rows)]
        return probabilities

    def batches(
        self, ids: Sequence[np.ndarray], labels: np.ndarray | None = None
    ) -> Iterator[tuple[Batch, np.ndarray]]:
        """Encoded texts in whole batches, with the places in ``ids`` of those that are real."""
        lengths = np.array([len(each) for each in ids], int)
        for width, rows in by_length(lengths, self.widths, ROWS):
            yield gather(ids, labels, rows, width, ROWS), rows

    def explain(self, params: Any, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What each token of an encoded text contributes to the verdict, and the attention it gets, ``[T]`` each.

        A contribution is the token's embedding times the gradient of the predicted class's logit less the mean of the
        others' (gradient times input, Shrikumar et al. 2016, section 3).
        """
        batch = gather([ids], None, np.array([0]), self.widths[-1], batch_size=1)
        shares, weights = self._explain(params, batch.ids, batch.lengths)
        return np.asarray(shares)[0, : len(ids)], np.asarray(weights)[0, : len(ids)]

    def _contributions(self, params: Any, ids: Array, lengths: Array) -> tuple[Array, Array]:
        model: Any = nnx.merge(self._graph, params)
        mask = mask_from_lengths(lengths, ids.shape[1])

        def margin(x: Array) -> tuple[Array, Array]:
            logits, weights = model.classify(x, mask)
            best = jax.nn.one_hot(jnp.argmax(logits, axis=-1), logits.shape[-1], dtype=logits.dtype)
            return jnp.sum(logits * (best - (1 - best) / (logits.shape[-1] - 1))), weights

        x = model.embed(ids)
        gradient, weights = jax.grad(margin, has_aux=True)(x)
        return jnp.sum(x * gradient, axis=-1), weights

    def _cut(self, tokens: Any) -> Iterator[Any]:
        """The one or two stretches of a sequence that remain of it."""
        most = self.widths[-1]
        if len(tokens) <= most or self.cut == "head":
            yield tokens[:most]
        elif self.cut == "tail":
            yield tokens[-most:]
        else:
            yield tokens[: most - most // 2]
            yield tokens[len(tokens) - most // 2 :]


def gather(
    ids: Sequence[np.ndarray], labels: np.ndarray | None, rows: np.ndarray, width: int, batch_size: int
) -> Batch:
    """The encoded texts ``rows`` as a batch of one shape; rows that fill it up are empty and weigh nothing."""
    filled = [ids[row] for row in rows] + [np.zeros(0, np.int32)] * (batch_size - len(rows))
    batch = Batch(
        ids=padded(filled, width),
        lengths=np.array([len(each) for each in filled], np.int32),
        labels=np.zeros(batch_size, np.int32),
        weights=np.zeros(batch_size, np.float32),
    )
    if labels is not None:
        batch.labels[: len(rows)] = labels[rows]
    batch.weights[: len(rows)] = 1
    return batch
