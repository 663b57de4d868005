"""Report on captions: the data, a file of captions, examples, and panels of pictures."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np

from seqjax.data.pictures.captioned import Captioned
from seqjax.data.text.words import one_line
from seqjax.decoding.search import Hypothesis
from seqjax.plots.captions import CaptionPanel
from seqjax.predictors.captioning import CaptionWriter
from seqjax.tokens import UNK
from seqjax.training.writer import write_text


def data_summary(parts: Sequence[Captioned], writer: CaptionWriter, names: Sequence[str]) -> list[str]:
    """Lines on the data: the parts and their captions, and the words that are not known."""
    lines = []
    for name, part in zip(names, parts, strict=True):
        ids = [writer.vocabulary.encode(caption) for those in part.captions for caption in those]
        unknown = sum(int(np.sum(each == UNK)) for each in ids) / max(sum(map(len, ids)), 1)
        lines.append(
            f"{name}: {len(part):,} pictures, {len(ids):,} captions of up to {max(map(len, ids))} tokens, "
            f"{unknown:.2%} of them unknown"
        )
    return [*lines, f"{len(writer.vocabulary):,} tokens; pictures of {writer.size} x {writer.size} pixels"]


def examples(
    names: Sequence[str], captions: Sequence[str], references: Sequence[Sequence[str]], count: int
) -> list[str]:
    """The first ``count`` captions, one a line, and a reference for those that equal none."""
    rows = list(zip(names, captions, references, strict=True))[:count]
    return [f"{name}: {text}" + ("" if text in those else f"  (reference: {those[0]})") for name, text, those in rows]


def write_captions(
    path: Path, names: Sequence[str], captions: Sequence[str], references: Sequence[Sequence[str]]
) -> None:
    """Writes a table of pictures, captions and all references, separated by tabs."""
    columns = list(zip_longest(*references, fillvalue=""))
    header = ("image", "caption", "reference", *(f"reference {number}" for number in range(2, len(columns) + 1)))
    rows = [header, *zip(names, captions, *columns, strict=True)]
    write_text(path, "".join("\t".join(map(one_line, row)) + "\n" for row in rows))


def caption_panel(
    writer: CaptionWriter, frames: np.ndarray, hypothesis: Hypothesis, reference: str = ""
) -> CaptionPanel:
    """A picture with its caption and the attention of each word, to be plotted."""
    return CaptionPanel(frames, writer.text(hypothesis), reference, writer.words(hypothesis), hypothesis.attention)
