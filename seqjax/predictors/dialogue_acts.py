"""A model of replies with its features and words: dialogue acts in, replies out."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from seqjax.data.text.dialogue_acts import DialogueAct, lexicalise
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.constraints import Step
from seqjax.decoding.search import BatchedSearch, Hypothesis, Search
from seqjax.metrics.dialogue import slot_errors
from seqjax.models.act_writer import ActWriter
from seqjax.models.pure import pure
from seqjax.typing import Array, Keys

BATCH_SIZE = 32  # acts that are answered at once; no result depends on it
WIDTH = 8  # acts are padded to a multiple of so many features


class Reply(NamedTuple):
    """A reply to a dialogue act.

    Attributes:
      text: The reply with the act's values, on one line.
      pattern: It with placeholders.
      score: Sum of the log-probabilities of its tokens in nats, that of the end included.
      errors: Missing and redundant slots; see :func:`~seqjax.metrics.dialogue.slot_errors`.
      attention: For each token the weights of the features, or, of an SC-LSTM, what is still to be said; or None.
    """

    text: str
    pattern: str
    score: float
    errors: int
    attention: np.ndarray | None


class ActReplier:
    """A model and a search that generates many replies and ranks them, as pure functions of the model's parameters.

    Args:
      module: The model.
      features: The features of acts in the order of their ids, from 1.
      vocabulary: The words of replies with placeholders.

    Attributes:
      model: ``model(params)``, the module with these parameters.
      initial_params: The parameters of ``module``.
    """

    def __init__(self, module: ActWriter, features: Sequence[str], vocabulary: Vocabulary) -> None:
        self.features, self.vocabulary = tuple(features), vocabulary
        self._ids = {feature: index for index, feature in enumerate(self.features, 1)}
        self.model, self.initial_params = pure(module)
        self._search = BatchedSearch(self._start, BATCH_SIZE)

    def encode(self, acts: Sequence[DialogueAct]) -> np.ndarray:
        """Ids of the features of acts, ``int32 [N, S]``, padded with PAD; unknown features are left out."""
        ids = [[self._ids[each] for each in act.features if each in self._ids] for act in acts]
        width = -(-max(map(len, ids), default=1) // WIDTH) * WIDTH
        array = np.zeros((len(ids), max(width, WIDTH)), np.int32)
        for row, each in enumerate(ids):
            array[row, : len(each)] = each
        return array

    def unknown(self, act: DialogueAct) -> list[str]:
        """The features of an act that the model does not know."""
        return [each for each in act.features if each not in self._ids]

    def reply(
        self, params: Any, acts: Sequence[DialogueAct], search: Search, *, slot_penalty: float, keys: Keys | None = None
    ) -> list[list[Reply]]:
        """Replies to N acts, best first: over-generation and reranking (Wen et al. 2015, section 3.5).

        .. code-block:: text

            log p(reply) / tokens - slot_penalty * errors

        Args:
          params: The parameters.
          acts: The acts.
          search: Search options; ``n_best`` replies are ranked.
          slot_penalty: Penalty of a slot error in nats per token.
          keys: For sampling, one key for each act ``[N]``.
        """
        if not len(acts):
            return []
        found = self._search(params, self.encode(acts), search, keys)
        return [self._ranked(act, those, slot_penalty) for act, those in zip(acts, found, strict=True)]

    def _ranked(self, act: DialogueAct, hypotheses: Sequence[Hypothesis], slot_penalty: float) -> list[Reply]:
        replies: dict[str, tuple[float, Reply]] = {}
        for each in hypotheses:
            pattern = self.vocabulary.decode(each.ids)
            errors = slot_errors(act, pattern).errors
            rank = each.score / (len(each.ids) + 1) - slot_penalty * errors
            reply = Reply(lexicalise(pattern, act), pattern, each.score, errors, each.attention)
            if pattern not in replies:  # Sampling may give one several times.
                replies[pattern] = rank, reply
        return [reply for _, reply in sorted(replies.values(), key=lambda ranked: -ranked[0])]

    def _start(self, params: Any, acts: Array) -> tuple[Step, Any]:
        model = self.model(params)
        context, carry = model.encode(acts)
        return partial(model.step, context), carry
