"""Baselines of summarisation: the first sentence and the leading words of a text."""

import re

from seqjax.data.text.words import one_line

_END = re.compile(r"(?<=[.!?。！？])\s+|\n\s*\n")  # noqa: RUF001


def first_sentence(text: str) -> str:
    """The first sentence of a text, on one line; it ends at a sign before a blank, or at an empty line."""
    return one_line(_END.split(text.strip(), maxsplit=1)[0])


def lead_words(text: str, count: int) -> str:
    """The first ``count`` words of a text, divided by blanks."""
    return " ".join(text.split()[:count])
