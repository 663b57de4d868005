"""Labelled sequences and a classifier of them: training, validation and test, whether of texts or of frames."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.run.parts import PARTS
from experiments.run.results import TestResult
from seqjax.baselines.bag_of_words import majority
from seqjax.data.batching import ShuffledByLength, by_length
from seqjax.data.labelled_frames import LabelledFrames
from seqjax.data.text.labelled import Texts
from seqjax.errors import InputError
from seqjax.metrics.classification import calibration, classification_measures, confusion, measures_by_class
from seqjax.plots.classification import plot_calibration, plot_confusion
from seqjax.plots.training import plot_bars
from seqjax.predictors.classification import BATCH_SIZE, Classifier, padded_rows
from seqjax.training.evaluation import summed
from seqjax.typing import Array, PRNGKey

NAMED, FEW = 10, 6  # classes that a message names, and a line of the summary

Labelled = Texts | LabelledFrames


class Batch(NamedTuple):
    """Encoded sequences padded to one length T.

    Attributes:
      sequences: Token ids ``int32 [B, T]`` or frames ``float32 [B, T, D]``, padded with 0.
      lengths: Number of tokens or frames of each sequence, ``int32 [B]``.
      labels: Index of the label of each sequence, ``int32 [B]``.
      weights: 1 for a sequence, 0 for a row that only fills the batch, ``float32 [B]``.
    """

    sequences: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


def make_batch(
    sequences: Sequence[np.ndarray], labels: np.ndarray, rows: np.ndarray, size: int, batch_size: int
) -> Batch:
    """The sequences at the indices ``rows`` as a batch ``[batch_size, size, ...]``, filled up with empty rows."""
    padded, lengths = padded_rows([sequences[row] for row in rows], size, batch_size)
    filled_labels, weights = np.zeros(batch_size, np.int32), np.zeros(batch_size, np.float32)
    filled_labels[: len(rows)], weights[: len(rows)] = labels[rows], 1
    return Batch(padded, lengths, filled_labels, weights)


class SequenceClassification:
    """A classifier with encoded sequences in three parts; the methods of ``Task`` that do not depend on their kind.

    Args:
      classifier: The classifier.
      parts: The training, validation and test examples.
      sequences: The encoded sequences of each part.
      batch_size: Sequences in a training step.
      smoothing: Share of the probability of a label that is spread over all classes in training.
      seed: Source of the order of sequences.
    """

    initial_carry = None

    def __init__(
        self,
        classifier: Classifier,
        parts: Sequence[Labelled],
        sequences: Sequence[Sequence[np.ndarray]],
        *,
        batch_size: int,
        smoothing: float,
        seed: int,
    ) -> None:
        self.initial_params = classifier.initial_params
        self.sequences, self._sequence_classifier, self._examples = sequences, classifier, parts[0].examples
        self.labels = [label_indices(part, name, classifier.classes) for part, name in zip(parts, PARTS, strict=True)]
        self._smoothing, self._batch_size = smoothing, batch_size
        lengths = np.array([len(each) for each in sequences[0]])
        self._order = ShuffledByLength(lengths, classifier.bucket_sizes, batch_size, seed)
        self.steps_per_epoch = self._order.steps_per_epoch

        def validation_sums(params: Any, batch: Batch) -> tuple[Array, Array, Array]:
            return self._sums(params, batch, None)

        self._validation_sums = jax.jit(validation_sums)

    def train_batch(self, step: int) -> Batch:
        """The sequences of a training step."""
        size, rows = self._order[step]
        return make_batch(self.sequences[0], self.labels[0], rows, size, self._batch_size)

    def loss_sums(self, params: Any, carry: None, batch: Batch, key: PRNGKey | None) -> tuple[Array, Array, None]:
        """Cross-entropy of the labels in nats, and the number of sequences.

        With a key the labels are smoothed (Szegedy et al. 2016, section 7).
        """
        loss, _, count = self._sums(params, batch, key)
        return loss, count, None

    def _sums(self, params: Any, batch: Batch, key: PRNGKey | None) -> tuple[Array, Array, Array]:
        """Cross-entropy, number of correct predictions and number of sequences of a batch."""
        sequences, lengths, labels, weights = map(jnp.asarray, batch)
        logits = self._sequence_classifier.logits(params, sequences, lengths, key)
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
        lengths = np.array([len(each) for each in self.sequences[1]], int)
        batches = (
            make_batch(self.sequences[1], self.labels[1], rows, size, BATCH_SIZE)
            for size, rows in by_length(lengths, self._sequence_classifier.bucket_sizes, BATCH_SIZE)
        )
        loss, correct, count = summed(self._validation_sums, params, batches)
        return {"error": float(1 - correct / count), "loss": float(loss / count)}

    def result(
        self,
        probabilities: np.ndarray,
        baselines: Mapping[str, np.ndarray],
        lengths: np.ndarray,
        unit: str,
        plots: Mapping[str, Callable[[Path], object]] = {},
    ) -> TestResult:
        """The result of a test.

        The measures are those of :func:`~seqjax.metrics.classification.classification_measures`. ``accuracy_to_N`` is
        the accuracy on sequences of at most N tokens or frames that the bucket below does not hold;
        ``accuracy_beyond_N`` that on sequences that are truncated. ``by_class`` has the measures of each class with a
        test example.

        Args:
          probabilities: Probabilities of the test sequences by the model, ``[N, C]``.
          baselines: Those by each baseline besides the frequencies of classes.
          lengths: Length of each test sequence before truncation, ``[N]``.
          unit: A word for what is counted by the lengths, such as "tokens".
          plots: Further files, see ``TestResult``.
        """
        labels, classes, examples = self.labels[2], self._sequence_classifier.classes, self._examples
        predicted = probabilities.argmax(axis=1)
        accuracies = accuracy_by_length(lengths, self._sequence_classifier.bucket_sizes, predicted == labels)
        counts, bins = confusion(predicted, labels, len(classes)), calibration(probabilities, labels)
        frequencies = majority(self.labels[0], len(labels), len(classes))
        predictions = {"model": probabilities, "majority": frequencies, **baselines}
        by_class = measures_by_class(counts, classes, examples)
        absent = [name for name in classes if name not in by_class]
        remark = f"f1 is the mean over {len(by_class)} of {len(classes)} classes: "
        remark += f"no test {examples.removesuffix('s')} is {listed(absent)}"
        return TestResult(
            table={name: classification_measures(each, labels) for name, each in predictions.items()},
            extra={f"accuracy_{name.replace(' ', '_')}": accuracy for name, accuracy in accuracies.items()}
            | {"by_class": by_class},
            plots={
                "confusion.png": partial(plot_confusion, counts=counts, classes=classes),
                "calibration.png": partial(plot_calibration, bins=bins),
                "accuracy_by_length.png": partial(
                    plot_bars, values=accuracies, measure=f"accuracy by number of {unit}", models=()
                ),
                **plots,
            },
            title=f"Test, {len(labels)} {examples}",
            lines=[remark] if absent else [],
        )


def label_indices(part: Labelled, name: str, classes: Sequence[str]) -> np.ndarray:
    """Index of each label of the part ``name`` among the classes, ``int32 [N]``. A class may have no example.

    Raises:
      InputError: For a label that is not among the classes.
    """
    index = {label: row for row, label in enumerate(classes)}
    unknown = [label for label in part.labels if label not in index]
    if unknown:
        known = ", ".join(map(repr, classes[:NAMED])) + (", ..." if len(classes) > NAMED else "")
        raise InputError(
            f"{part.name} has the label {unknown[0]!r}, but the training part has only {known}; remove the "
            f"{len(unknown):,} {part.examples} of the {name} part with unknown labels, or train on some of them"
        )
    return np.array([index[label] for label in part.labels], np.int32)


def listed(names: Sequence[str]) -> str:
    """Names in one phrase; of many, the first ones and the number of the rest."""
    shown = ", ".join(map(repr, names[:FEW]))
    return f"{shown} and {len(names) - FEW} other classes" if len(names) > FEW else shown


def accuracy_by_length(lengths: np.ndarray, sizes: Sequence[int], correct: np.ndarray) -> dict[str, float]:
    """Accuracy of the sequences of each bucket, and of those beyond the last one.

    Args:
      lengths: Length of each sequence, ``[N]``.
      sizes: Sizes of the buckets.
      correct: Whether the prediction of each sequence is correct, ``bool [N]``.
    """
    place = np.searchsorted(sizes, lengths)
    names = [*(f"to {size}" for size in sizes), f"beyond {sizes[-1]}"]
    return {name: float(correct[place == n].mean()) for n, name in enumerate(names) if np.any(place == n)}


def answer_of(row: np.ndarray, classes: Sequence[str]) -> tuple[str, float, dict[str, float]]:
    """The most probable class, its log-probability in nats, and the probabilities of all by name, from ``[C]``."""
    best = int(np.argmax(row))
    probabilities = {name: round(float(probability), 6) for name, probability in zip(classes, row, strict=True)}
    return classes[best], float(np.log(row[best])), probabilities
