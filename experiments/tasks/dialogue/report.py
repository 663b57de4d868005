"""Report on small talk: the data, a file of replies, examples, and attention weights."""

from collections.abc import Sequence
from pathlib import Path

from seqjax.data.text.small_talk import Exchange
from seqjax.data.text.words import JOINER, one_line
from seqjax.decoding.search import Hypothesis
from seqjax.plots.attention import AttentionPanel
from seqjax.predictors.dialogue import BETWEEN, Chatter
from seqjax.training.writer import write_text


def data_summary(parts: Sequence[Sequence[Exchange]], chatter: Chatter, names: Sequence[str], path: str) -> list[str]:
    """Lines on the data: the parts, and the vocabularies."""
    counts = ", ".join(f"{len(part):,} {name}" for part, name in zip(parts, names, strict=True))
    return [f"{path}: {counts} replies", f"{len(chatter.source)} tokens of prompts, {len(chatter.target)} of replies"]


def write_replies(
    path: Path, part: Sequence[Exchange], replies: Sequence[str], references: Sequence[Sequence[str]]
) -> None:
    """Writes a table of prompts, replies and the first reference, separated by tabs."""
    rows = [("prompt", "reply", "reference")]
    rows += [(each.turns[-1], text, those[0]) for each, text, those in zip(part, replies, references, strict=True)]
    write_text(path, "".join("\t".join(map(one_line, row)) + "\n" for row in rows))


def examples(
    part: Sequence[Exchange], replies: Sequence[str], references: Sequence[Sequence[str]], count: int
) -> list[str]:
    """The first ``count`` replies, one a line, and a reference for those that equal none."""
    rows = list(zip(part, replies, references, strict=True))[:count]
    return [
        f"{each.turns[-1]} -> {text}" + ("" if text in those else f" (reference: {those[0]})")
        for each, text, those in rows
    ]


def turn_panel(chatter: Chatter, source: str, hypothesis: Hypothesis) -> AttentionPanel:
    """The attention weights of a reply over the conversation. The model must have attention."""
    assert hypothesis.attention is not None
    read = chatter.source.split(source)[-hypothesis.attention.shape[1] :]
    written = [chatter.target.tokens[index] for index in hypothesis.ids]
    labels = ["/" if token == BETWEEN else token.replace(JOINER, "") for token in read]
    return AttentionPanel(labels, [token.replace(JOINER, "") for token in written], hypothesis.attention)
