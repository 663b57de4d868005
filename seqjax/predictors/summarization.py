"""A model of summaries with its vocabulary: texts in, summaries out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqjax.data.text.words import JOINER, one_line
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.search import Hypothesis
from seqjax.plots.attention import AttentionPanel
from seqjax.predictors.translation import Translator

COLUMNS = 24  # positions of a long text that a panel shows


class Summarizer(Translator):
    """A translator from texts to summaries: both have one vocabulary. See :class:`Translator` for its methods.

    Args:
      module: A :class:`~seqjax.models.seq2seq.Seq2Seq`.
      vocabulary: The vocabulary of texts and summaries.
      bucket_sizes: Lengths in tokens that texts are padded to, ascending; a longer text is cut.
    """

    def __init__(self, module: Any, vocabulary: Vocabulary, bucket_sizes: Sequence[int]) -> None:
        super().__init__(module, vocabulary, vocabulary, bucket_sizes)

    def attention_panel(self, source: str, hypothesis: Hypothesis) -> AttentionPanel:
        """The attention weights of a summary, over the positions that it looks at most, in the order of the text."""
        assert hypothesis.attention is not None
        return self._panel(source, hypothesis, hypothesis.attention)

    def copy_panel(self, params: Any, source: str, hypothesis: Hypothesis) -> AttentionPanel:
        """The probabilities with which positions were copied, like :meth:`attention_panel`."""
        return self._panel(source, hypothesis, self.copy_weights(params, source, hypothesis))

    def _panel(self, source: str, hypothesis: Hypothesis, weights: np.ndarray) -> AttentionPanel:
        read = self.source.split(one_line(source))[: weights.shape[1]]
        shown = np.sort(np.argsort(-weights.max(axis=0, initial=0), kind="stable")[:COLUMNS])
        labels = [read[place].replace(JOINER, "") for place in shown]
        return AttentionPanel(
            labels, [token.replace(JOINER, "") for token in self.written(hypothesis)], weights[:, shown]
        )
