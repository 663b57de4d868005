"""Metrics of predicted class probabilities."""

from collections.abc import Sequence

import numpy as np


def confusion(predicted: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Confusion matrix ``[C, C]``: counts by label (row) and predicted class (column), from indices ``[N]``."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def calibration(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> np.ndarray:
    """Calibration by confidence: count, mean confidence and accuracy of each bin, ``[bins, 3]``.

    The confidence is the probability of the predicted class. The bins divide [0, 1] equally (Guo et al. 2017, section
    2); an empty bin holds zeros.

    Args:
      probabilities: ``[N, C]``.
      labels: Index of the label of each example, ``[N]``.
      bins: Number of bins.
    """
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    values = (np.ones_like(confidence), confidence, correct)
    counts, confidence_sums, correct_counts = (np.bincount(place, each, bins) for each in values)
    filled = np.maximum(counts, 1)
    return np.stack([counts, confidence_sums / filled, correct_counts / filled], axis=1)


def classification_measures(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Metrics of probabilities ``[N, C]`` against the indices of the labels ``[N]``, by name.

    - ``accuracy``;
    - ``f1``: the mean of the F1 scores of the classes that have a label among these;
    - ``log_loss``: the mean negative log-probability of the label, in nats; probabilities below 1e-12 count as 1e-12;
    - ``calibration_error``: the expected calibration error over 15 bins (Guo et al. 2017, equation 3).
    """
    counts = confusion(probabilities.argmax(axis=1), labels, probabilities.shape[1])
    present = counts.sum(axis=1) > 0
    scores = 2 * np.diag(counts) / np.maximum(counts.sum(axis=0) + counts.sum(axis=1), 1)
    weights, confidence, accuracy = calibration(probabilities, labels).T
    likelihood = probabilities[np.arange(len(labels)), labels]
    measures = {
        "accuracy": np.trace(counts) / len(labels),
        "f1": scores[present].mean(),
        "log_loss": -np.log(np.maximum(likelihood, 1e-12)).mean(),
        "calibration_error": (weights * np.abs(confidence - accuracy)).sum() / len(labels),
    }
    return {name: float(value) for name, value in measures.items()}


def measures_by_class(
    counts: np.ndarray, classes: Sequence[str], examples: str = "texts"
) -> dict[str, dict[str, float | int]]:
    """Number of examples, recall, precision and F1 score of each class with a label, from confusion ``[C, C]``.

    A class that is never predicted has no precision. ``examples`` is the name of their number.
    """
    measures: dict[str, dict[str, float | int]] = {}
    for index, name in enumerate(classes):
        labels, predictions, correct = (
            int(each) for each in (counts[index].sum(), counts[:, index].sum(), counts[index, index])
        )
        if labels:
            measures[name] = {examples: labels, "recall": correct / labels}
            measures[name] |= {"precision": correct / predictions} if predictions else {}
            measures[name]["f1"] = 2 * correct / (labels + predictions)
    return measures
