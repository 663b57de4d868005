"""Reports on a text classifier: its data, and attributions to single words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from experiments.run.parts import PARTS
from experiments.tasks.classification.sequences import FEW, Labelled, listed
from seqjax.data.text.labelled import Texts
from seqjax.plots.text import ColouredText, write_coloured_page
from seqjax.predictors.classification import TextClassifier
from seqjax.tokens import UNK

CORRECT, MISTAKES = 2, 2  # texts that are explained: of each class, and of all
MOSTLY_UNKNOWN = 0.5  # share of unknown tokens above which another kind of tokens is advised
LEGEND = (
    "Each word is coloured by its contribution to the predicted class (gradient x input): red for it, blue against it."
)


def summary(parts: Sequence[Texts], classifier: TextClassifier, ids: Sequence[Sequence[np.ndarray]]) -> list[str]:
    """Describes the data that were read: texts, classes, vocabulary, and the parts of texts that the model cannot see.

    Args:
      parts: The training, validation and test texts.
      classifier: The classifier.
      ids: Token ids of each text of each part, as the model reads them.
    """
    names, vocabulary, size = PARTS, classifier.vocabulary, classifier.bucket_sizes[-1]
    texts = [text for part in parts for text in part.texts]
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in zip(names, parts, strict=True))
    lines = [f"{parts[0].name}: {sizes} texts; {len(texts) - len(set(texts)):,} repeat another"]
    lines += class_lines(parts, classifier.classes)
    read = {name: np.concatenate(each) for name, each in zip(names, ids, strict=True)}
    unknown = {name: float(np.mean(each == UNK)) for name, each in read.items() if len(each) and name != "training"}
    shares = ", ".join(f"{share:.1%} of {name}" for name, share in unknown.items())
    lines.append(f"vocabulary of {len(vocabulary):,} tokens ({vocabulary.kind}); unknown tokens: {shares or 'none'}")
    if vocabulary.kind == "word" and max(unknown.values(), default=0) > MOSTLY_UNKNOWN:
        lines.append("most words are unknown: data.tokens=character or subword may fit these texts")
    longest = [text for text, each in zip(texts, chain(*ids), strict=True) if len(each) == size]
    lines.append(
        f"{sum(len(vocabulary.encode(text)) > size for text in longest):,} texts are truncated to {size} tokens"
    )
    return lines


def class_lines(parts: Sequence[Labelled], classes: Sequence[str]) -> list[str]:
    """Describes the classes of the parts: their number, the rarest ones, and those that a part lacks."""
    examples = parts[0].examples
    counts = Counter(label for part in parts for label in part.labels)
    rarest = sorted(counts.items(), key=lambda item: (item[1], item[0]))[:FEW]
    some = examples if len(rarest) == len(counts) else f"{examples} of the rarest"
    lines = [f"{len(counts)} classes; {some}: " + ", ".join(f"{name} {count:,}" for name, count in rarest)]
    for name, part in zip(PARTS[1:], parts[1:], strict=True):
        found = {*part.labels}
        missing = [label for label in classes if label not in found]
        lines += [f"no {name} {examples.removesuffix('s')} is {listed(missing)}"] if missing else []
    return lines


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
