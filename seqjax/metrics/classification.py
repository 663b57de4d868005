"""Measures of predicted probabilities."""

import numpy as np


def confusion(predicted: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """How often each class (rows) was taken for each (columns): ``[C, C]`` from indices ``[N]``."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (truth, predicted), 1)
    return counts


def calibration(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> np.ndarray:
    """By how sure a classifier was: rows of count, mean confidence and accuracy, ``[bins, 3]``.

    A row is a bin of the probability that the predicted class was given, of equal width between 0 and 1 (Guo et al.
    2017, section 2); an empty one holds zeros.

    Args:
      probabilities: ``[N, C]``.
      truth: Index of the true class, ``[N]``.
      bins: Number of bins.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    counts, sure, hits = (np.bincount(place, each, bins) for each in (np.ones_like(confidence), confidence, right))
    filled = np.maximum(counts, 1)
    return np.stack([counts, sure / filled, hits / filled], axis=1)


def classification_measures(probabilities: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Measures of predicted probabilities ``[N, C]`` given the true classes ``[N]``, by name.

    - ``accuracy``; ``f1``: its mean over classes (a class that is neither there nor predicted has 0);
    - ``log_loss``: mean negative logarithm of the true class's probability, in nats; a probability counts as 1e-12 at
      least;
    - ``calibration_error``: mean distance of confidence and accuracy over 15 bins, weighted by their counts (Guo et
      al. 2017, equation 3).
    """
    counts = confusion(probabilities.argmax(axis=1), truth, probabilities.shape[1])
    hits, either = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)
    weights, confidence, right = calibration(probabilities, truth).T
    given = probabilities[np.arange(len(truth)), truth]
    measures = {
        "accuracy": hits.sum() / len(truth),
        "f1": (2 * hits / np.maximum(either, 1)).mean(),
        "log_loss": -np.log(np.maximum(given, 1e-12)).mean(),
        "calibration_error": (weights * np.abs(confidence - right)).sum() / len(truth),
    }
    return {name: float(value) for name, value in measures.items()}
