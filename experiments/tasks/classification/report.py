"""Report on a text classifier: accuracy by length, and attributions to single words."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqjax.plots.text import ColouredText, write_coloured_page
from seqjax.predictors.classification import TextClassifier

CORRECT, MISTAKES = 2, 2  # texts that are explained: of each class, and of all
LEGEND = (
    "Each word is coloured by its contribution to the predicted class (gradient x input): red for it, blue against it."
)


def accuracy_by_length(classifier: TextClassifier, texts: Sequence[str], correct: np.ndarray) -> dict[str, float]:
    """Accuracy of the texts of each bucket, and of those beyond the last one.

    Args:
      classifier: The classifier.
      texts: N texts.
      correct: Whether the prediction of each text is correct, ``bool [N]``.
    """
    sizes = classifier.bucket_sizes
    lengths = np.array([len(classifier.vocabulary.encode(text)) for text in texts])
    place = np.searchsorted(sizes, lengths)
    names = [*(f"to {size}" for size in sizes), f"beyond {sizes[-1]}"]
    return {name: float(correct[place == n].mean()) for n, name in enumerate(names) if np.any(place == n)}


def attributions(
    classifier: TextClassifier, params: Any, texts: Sequence[str], labels: np.ndarray, probabilities: np.ndarray
) -> Iterator[ColouredText]:
    """Contributions of the tokens of some texts: the first correct ones of each class, and the most confident mistakes.

    Args:
      classifier: The classifier.
      params: Its parameters.
      texts: N texts.
      labels: Index of the label of each text, ``[N]``.
      probabilities: Predicted probabilities, ``[N, C]``.
    """
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    correct, classes = predicted == labels, classifier.classes
    chosen = [row for label in range(len(classes)) for row in np.flatnonzero(correct & (labels == label))[:CORRECT]]
    mistakes = np.flatnonzero(~correct)
    chosen += list(mistakes[np.argsort(-confidence[mistakes])][:MISTAKES])
    for row, ids in zip(chosen, classifier.encode([texts[row] for row in chosen]), strict=True):
        title = f"predicted {classes[predicted[row]]} with {confidence[row]:.0%}; the label is {classes[labels[row]]}"
        yield ColouredText(title, classifier.tokens(texts[row]), *classifier.explain(params, ids))


def write_attributions(path: Path, **predictions: Any) -> None:
    """Writes a page of :func:`attributions`, whose arguments are ``predictions``."""
    write_coloured_page(path, attributions(**predictions), "Attributions", LEGEND)
