"""Report on replies to dialogue acts: the data, a file of replies, examples, and what is said when."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from seqjax.data.text.dialogue_acts import ActReply, DialogueAct
from seqjax.data.text.words import one_line
from seqjax.plots.attention import AttentionPanel
from seqjax.predictors.dialogue_acts import ActReplier, Reply
from seqjax.tokens import UNK
from seqjax.training.writer import write_text


def data_summary(parts: Mapping[str, Sequence[ActReply]], replier: ActReplier, name: str) -> list[str]:
    """Lines on the data: the parts, their acts, and what of them is not known."""
    counts = ", ".join(f"{len(part):,} {each}" for each, part in parts.items())
    lines = [f"{name}: {counts} acts with replies"]
    lines.append(f"{len(replier.features)} features of acts, {len(replier.vocabulary)} words with placeholders")
    known = {entry.act.features for entry in parts["training"]}
    for each in ("validation", "test"):
        new = sum(entry.act.features not in known for entry in parts[each])
        unknown = {feature for entry in parts[each] for feature in replier.unknown(entry.act)}
        lines.append(f"{each}: {new:,} acts whose slots together are not in training" + _named(unknown))
    return lines


def _named(unknown: set[str]) -> str:
    return f"; unknown features: {', '.join(sorted(unknown))}" if unknown else ""


def act_text(act: DialogueAct) -> str:
    """An act as it is written in files."""
    return f"{act.type}({';'.join(name if value == '?' else f'{name}={value!r}' for name, value in act.slots)})"


def write_replies(path: Path, part: Sequence[ActReply], replies: Sequence[str]) -> None:
    """Writes a table of acts, replies and the replies of people, separated by tabs."""
    rows = [("act", "reply", "person's reply")]
    rows += [(act_text(entry.act), reply, entry.reply) for entry, reply in zip(part, replies, strict=True)]
    write_text(path, "".join("\t".join(map(one_line, row)) + "\n" for row in rows))


def examples(part: Sequence[ActReply], replies: Sequence[Reply], count: int) -> list[str]:
    """The first ``count`` replies to different acts, one a line."""
    first = {entry.act: (entry, reply) for entry, reply in reversed(list(zip(part, replies, strict=True)))}
    return [f"{act_text(entry.act)} -> {reply.text}" for entry, reply in list(reversed(first.values()))[:count]]


def act_panel(replier: ActReplier, act: DialogueAct, reply: Reply) -> AttentionPanel | None:
    """For each word of a reply the weights of the act's features, or what is still to be said; None without either."""
    if reply.attention is None or not len(reply.attention):
        return None
    known = [each for each in act.features if each in replier.features]
    weights = reply.attention
    if weights.shape[1] == len(replier.features) + 1:  # an act vector
        weights = weights[:, [replier.features.index(each) + 1 for each in known]]
    words = [
        replier.vocabulary.tokens[index] if index != UNK else "?" for index in replier.vocabulary.encode(reply.pattern)
    ]
    return AttentionPanel(known, words, weights[:, : len(known)])
