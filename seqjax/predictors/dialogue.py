"""A model of small talk with its vocabularies: a conversation in, the next turn out."""

from collections.abc import Sequence

import numpy as np

from seqjax.data.text.words import one_line
from seqjax.predictors.translation import Translator

BETWEEN = "\n"  # the token between turns


class Chatter(Translator):
    """An encoder-decoder that reads the last turns of a conversation and writes the next one.

    It is a translator from :func:`conversation` to a reply. Of a conversation that is longer than the last bucket the
    end is read.
    """

    def encode(self, sources: Sequence[str]) -> list[np.ndarray]:
        """Token ids of the ends of conversations, ``int32 [S]`` each."""
        return [self.source.encode(text)[-self.bucket_sizes[-1] :] for text in sources]


def conversation(turns: Sequence[str], history: int) -> str:
    """The text of the last turn, the prompt, and of up to ``history`` turns before it, with line feeds between."""
    return BETWEEN.join(one_line(turn) for turn in turns[-1 - history :])
