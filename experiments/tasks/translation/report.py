"""Report on translations: a file of them, examples, and attention weights."""

from collections.abc import Sequence
from pathlib import Path

from seqjax.decoding.search import Hypothesis
from seqjax.plots.attention import AttentionPanel
from seqjax.predictors.translation import Translator
from seqjax.training.writer import write_text


def write_translations(
    path: Path, sources: Sequence[str], translations: Sequence[str], references: Sequence[Sequence[str]]
) -> None:
    """Writes a table of sources, translations and first references, separated by tabs."""
    first = [those[0] for those in references]
    rows = [("source", "translation", "target"), *zip(sources, translations, first, strict=True)]
    cells = (" ".join(cell.split()) + end for row in rows for cell, end in zip(row, "\t\t\n", strict=True))
    write_text(path, "".join(cells))


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
    read = translator.source.split(source)[: hypothesis.attention.shape[1]]
    return AttentionPanel(read, [translator.target.tokens[index] for index in hypothesis.ids], hypothesis.attention)
