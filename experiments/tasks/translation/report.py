"""Report on translation: the data, a file of translations, examples, and attention weights."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np

from experiments.run.parts import PARTS
from experiments.tasks.translation.data import EncodedPairs
from seqjax.data.text.pairs import Pairs
from seqjax.data.text.words import JOINER, one_line
from seqjax.decoding.search import Hypothesis
from seqjax.plots.attention import AttentionPanel
from seqjax.predictors.translation import Translator
from seqjax.tokens import UNK
from seqjax.training.writer import write_text


def data_summary(parts: Sequence[Pairs], encoded: Sequence[EncodedPairs], translator: Translator) -> list[str]:
    """Lines on the data: the parts, their tokens, and what of them is not known or not used."""
    lines = [f"{parts[0].name}: {_counts([len(part) for part in parts])} pairs"]
    for side, vocabulary in (("sources", translator.source), ("targets", translator.target)):
        unknown = [_unknown(getattr(part, side)) for part in encoded[1:]]
        case = ", lower-cased" if vocabulary.lowercase else ""
        lines.append(
            f"{side}: {len(vocabulary)} {vocabulary.kind} tokens, normalization {vocabulary.normalization}{case}; "
            f"unknown are {unknown[0]:.2%} in validation and {unknown[1]:.2%} in the test"
        )
    longest, largest = max(part.longest for part in encoded), translator.bucket_sizes[-1]
    dropped = _counts([part.dropped for part in encoded])
    lines.append(f"the longest text has {longest} tokens; not in the loss, longer than {largest}: {dropped} pairs")
    return lines


def _unknown(documents: Sequence[np.ndarray]) -> float:
    """The share of unknown tokens."""
    return sum(int(np.sum(ids == UNK)) for ids in documents) / max(sum(map(len, documents)), 1)


def _counts(counts: Sequence[int]) -> str:
    return ", ".join(f"{count} {name}" for count, name in zip(counts, PARTS, strict=True))


def write_translations(
    path: Path, sources: Sequence[str], translations: Sequence[str], references: Sequence[Sequence[str]]
) -> None:
    """Writes a table of sources, translations and all references, separated by tabs, as they were scored."""
    targets = list(zip_longest(*references, fillvalue=""))
    header = ("source", "translation", "target", *(f"target {number}" for number in range(2, len(targets) + 1)))
    rows = [header, *zip(sources, translations, *targets, strict=True)]
    write_text(path, "".join("\t".join(map(one_line, row)) + "\n" for row in rows))


def examples(
    sources: Sequence[str], translations: Sequence[str], references: Sequence[Sequence[str]], count: int
) -> list[str]:
    """The first ``count`` translations, one a line, and a reference for those that equal none."""
    rows = list(zip(sources, translations, references, strict=True))[:count]
    return [
        f"{source} -> {translation}" + ("" if translation in those else f" (target: {those[0]})")
        for source, translation, those in rows
    ]


def attention_panel(translator: Translator, source: str, hypothesis: Hypothesis) -> AttentionPanel:
    """The attention weights of a translation, labelled with tokens. The model must have attention."""
    assert hypothesis.attention is not None
    read = translator.source.split(one_line(source))[: hypothesis.attention.shape[1]]
    written = translator.written(hypothesis)
    source_labels, target_labels = ([token.replace(JOINER, "") for token in tokens] for tokens in (read, written))
    return AttentionPanel(source_labels, target_labels, hypothesis.attention)
