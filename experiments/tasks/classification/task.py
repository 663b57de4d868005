"""The classification task: a text classifier, and its training, validation and test."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.run.results import TestResult
from experiments.tasks.classification.data import PARTS, DataConfig, TextBatch, label_indices, text_batch
from experiments.tasks.classification.report import accuracy_by_length, listed, summary, write_attributions
from seqjax.baselines.bag_of_words import bigram_classifiers, majority
from seqjax.data.batching import ShuffledByLength, by_length
from seqjax.data.vocabulary import Vocabulary
from seqjax.layers.recurrent import LAYERS
from seqjax.metrics.classification import calibration, classification_measures, confusion, measures_by_class
from seqjax.models.classifier import POOLINGS, AveragingClassifier, RecurrentClassifier
from seqjax.plots.classification import plot_calibration, plot_confusion
from seqjax.plots.training import plot_bars
from seqjax.predictors.classification import BATCH_SIZE, TextClassifier
from seqjax.typing import Array, PRNGKey


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/classification/imdb.py explains them."""

    kind: str
    cell: str
    embed_features: int
    hidden_features: int
    num_layers: int
    bidirectional: bool
    pooling: str
    word_dropout: float
    embed_dropout: float
    recurrent_dropout: float
    dropout: float
    output_dropout: float
    label_smoothing: float

    def __post_init__(self) -> None:
        choice("model.kind", self.kind, ("average", "recurrent"))
        choice("model.cell", self.cell, LAYERS)
        choice("model.pooling", self.pooling, POOLINGS)
        sizes = ("embed_features", "hidden_features", "num_layers")
        at_least(1, "model", **{name: getattr(self, name) for name in sizes})
        probability("model.label_smoothing", self.label_smoothing, below_one=True)

    def build(self, vocabulary: int, classes: int, seed: int) -> nnx.Module:
        """Builds the model for a number of tokens and of classes."""
        shared: dict[str, Any] = {
            "embed_features": self.embed_features,
            "hidden_features": self.hidden_features,
            "num_layers": self.num_layers,
            "word_dropout": self.word_dropout,
            "embed_dropout": self.embed_dropout,
            "output_dropout": self.output_dropout,
            "rngs": nnx.Rngs(params=seed),
        }
        if self.kind == "average":
            return AveragingClassifier(vocabulary, classes, **shared)
        return RecurrentClassifier(
            vocabulary,
            classes,
            cell=self.cell,
            bidirectional=self.bidirectional,
            pooling=self.pooling,
            recurrent_dropout=self.recurrent_dropout,
            dropout=self.dropout,
            **shared,
        )


def build_classifier(data: DataConfig, model: ModelConfig, seed: int, learned: Mapping[str, Any]) -> TextClassifier:
    """Builds the classifier of a config with what was learned from its training part."""
    vocabulary, classes = Vocabulary.from_json(learned["vocabulary"]), learned["classes"]
    module = parse(model.build, "model", {}, vocabulary=len(vocabulary), classes=len(classes), seed=seed)
    return TextClassifier(module, vocabulary, classes, data.bucket_sizes, data.truncation)


class Classification:
    """A classifier with the texts that it is trained and tested on."""

    initial_carry = None

    def __init__(
        self,
        data: Mapping[str, Any],
        model: Mapping[str, Any],
        seed: int,
        learned: Mapping[str, Any] | None = None,
    ) -> None:
        data_config: DataConfig = parse(DataConfig, "data", data)
        model_config: ModelConfig = parse(ModelConfig, "model", model)
        self.parts = data_config.read(None if learned is None else learned["split"])
        if learned is None:
            learned = {**data_config.learn(self.parts[0]), "split": data_config.split_record(self.parts)}
        self.learned: dict[str, Any] = dict(learned)
        self.classifier = build_classifier(data_config, model_config, seed, self.learned)
        self.initial_params = self.classifier.initial_params
        names = self.classifier.classes
        self.labels = [label_indices(part, name, names) for part, name in zip(self.parts, PARTS, strict=True)]
        self.ids = [self.classifier.encode(part.texts) for part in self.parts]
        self.data_summary: Sequence[str] = summary(self.parts, self.classifier, self.ids)
        self._smoothing, self._batch_size = model_config.label_smoothing, data_config.batch_size
        lengths = np.array([len(each) for each in self.ids[0]])
        self._order = ShuffledByLength(lengths, data_config.bucket_sizes, data_config.batch_size, seed)
        self.steps_per_epoch = self._order.steps_per_epoch

        def validation_sums(params: Any, batch: TextBatch) -> tuple[Array, Array, Array]:
            return self._sums(params, batch, None)

        self._validation_sums = jax.jit(validation_sums)

    def train_batch(self, step: int) -> TextBatch:
        """The texts of a training step."""
        size, rows = self._order[step]
        return text_batch(self.ids[0], self.labels[0], rows, size, self._batch_size)

    def loss_sums(self, params: Any, carry: None, batch: TextBatch, key: PRNGKey | None) -> tuple[Array, Array, None]:
        """Cross-entropy of the labels in nats, and the number of texts.

        With a key the labels are smoothed (Szegedy et al. 2016, section 7).
        """
        loss, _, count = self._sums(params, batch, key)
        return loss, count, None

    def _sums(self, params: Any, batch: TextBatch, key: PRNGKey | None) -> tuple[Array, Array, Array]:
        """Cross-entropy, number of correct predictions and number of texts of a batch."""
        ids, lengths, labels, weights = map(jnp.asarray, batch)
        logits = self.classifier.logits(params, ids, lengths, key)
        if key is None:
            losses = optax.losses.softmax_cross_entropy_with_integer_labels(logits, labels)
        else:
            targets = jax.nn.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
            losses = optax.losses.softmax_cross_entropy(logits, optax.smooth_labels(targets, self._smoothing))
        correct = (jnp.argmax(logits, axis=-1) == labels).astype(losses.dtype)
        return jnp.sum(losses * weights), jnp.sum(correct * weights), jnp.sum(weights)

    def validate(self, params: Any) -> dict[str, float]:
        """Error rate, which decides which checkpoint is best, and log loss of the validation part.

        The log loss rises well before the error rate does, since a network becomes overconfident.
        """
        total, lengths = np.zeros(3), np.array([len(each) for each in self.ids[1]], int)
        for size, rows in by_length(lengths, self.classifier.bucket_sizes, BATCH_SIZE):
            batch = text_batch(self.ids[1], self.labels[1], rows, size, BATCH_SIZE)
            total += np.asarray(self._validation_sums(params, batch), np.float64)
        loss, correct, count = total
        return {"error": float(1 - correct / count), "loss": float(loss / count)}

    def test(self, params: Any) -> TestResult:
        """Tests on the test part, with baselines that ignore word order.

        The measures are those of :func:`~seqjax.metrics.classification.classification_measures`. ``accuracy_to_N`` is
        the accuracy on texts of at most N tokens that the bucket below does not hold; ``accuracy_beyond_N`` that on
        texts that are truncated. ``by_class`` has the measures of each class with a test text.
        """
        labels, texts = self.labels[2], self.parts[2].texts
        probabilities = self.classifier.probabilities(params, self.ids[2])
        predicted, classes = probabilities.argmax(axis=1), self.classifier.classes
        accuracies = accuracy_by_length(self.classifier, texts, predicted == labels)
        counts, bins = confusion(predicted, labels, len(classes)), calibration(probabilities, labels)
        predictions = {"model": probabilities} | self._baselines()
        by_class = measures_by_class(counts, classes)
        absent = [name for name in classes if name not in by_class]
        remark = f"f1 is the mean over {len(by_class)} of {len(classes)} classes: no test text is {listed(absent)}"
        return TestResult(
            table={name: classification_measures(each, labels) for name, each in predictions.items()},
            extra={f"accuracy_{name.replace(' ', '_')}": accuracy for name, accuracy in accuracies.items()}
            | {"by_class": by_class},
            plots={
                "confusion.png": partial(plot_confusion, counts=counts, classes=classes),
                "calibration.png": partial(plot_calibration, bins=bins),
                "accuracy_by_length.png": partial(
                    plot_bars, values=accuracies, measure="accuracy by number of tokens", models=()
                ),
                "attributions.html": partial(
                    write_attributions,
                    classifier=self.classifier,
                    params=params,
                    texts=texts,
                    labels=labels,
                    probabilities=probabilities,
                ),
            },
            title=f"Test, {len(labels)} texts",
            lines=[remark] if absent else [],
        )

    def _baselines(self) -> dict[str, np.ndarray]:
        """Probabilities of the test texts by each baseline, ``[N, C]``."""
        training, test = self.parts[0], self.parts[2]
        baselines = {"majority": majority(self.labels[0], len(test), len(self.classifier.classes))}
        if importlib.util.find_spec("sklearn") is None:
            print("No naive Bayes, no logistic regression: install seqjax with its extra 'baselines'", file=sys.stderr)
            return baselines
        split, classes = self.classifier.vocabulary.split, len(self.classifier.classes)
        bigrams = bigram_classifiers(split, training.texts, self.labels[0], test.texts, classes)
        if not bigrams:
            print("No naive Bayes, no logistic regression: no word is in two training texts", file=sys.stderr)
        return baselines | bigrams
