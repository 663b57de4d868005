"""A model that answers questions, with its vocabulary: stories and questions in, answers out."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from seqjax.data.text.questions import Question
from seqjax.data.text.story_encoding import (
    BatchSize,
    EncodedQuestion,
    StoryBatch,
    StoryVocabulary,
    pointed_at,
    story_batch,
)
from seqjax.decoding.constraints import Step
from seqjax.decoding.search import BatchedSearch, Hypothesis, Search
from seqjax.models.pure import pure
from seqjax.models.story_answerer import Asked, StoryAnswerer
from seqjax.models.story_reader import Story
from seqjax.typing import Array, Keys

BATCH_SIZE = 32  # questions that are answered at once; no result depends on it


class Answer(NamedTuple):
    """An answer to a question.

    Attributes:
      words: Its words, in order.
      score: Their log-probability in nats, that of the end included.
      question: The question.
      rows: Indices of the sentences of the story that were read, S of them.
      weights: The weight of each of them in each hop, ``[K, S]``.
    """

    words: tuple[str, ...]
    score: float
    question: Question
    rows: tuple[int, ...]
    weights: np.ndarray


class Answerer:
    """A model and a search, as pure functions of the model's parameters.

    Args:
      module: The model.
      vocabulary: The words and placeholders.
      bucket_sizes: Numbers of sentences that stories are padded to; of a longer story the end is read.
      widths: Words that sentences and questions are padded to, if that is enough: the longest of the training part.
      longest_sentence: Words that are read of a sentence or question.
      search: The options of the search.

    Attributes:
      model: ``model(params)``, the module with these parameters.
      initial_params: The parameters of ``module``.
    """

    def __init__(
        self,
        module: StoryAnswerer,
        vocabulary: StoryVocabulary,
        bucket_sizes: Sequence[int],
        widths: tuple[int, int],
        longest_sentence: int,
        search: Search,
    ) -> None:
        self.vocabulary, self.search = vocabulary, search
        self._bucket_sizes, self._widths, self._longest = tuple(bucket_sizes), widths, longest_sentence
        self.model, self.initial_params = pure(module)
        self._search = BatchedSearch(self._start, BATCH_SIZE)
        self._weights = jax.jit(lambda params, source: self.model(params).encoder.read(source)[1])

    def logits_and_weights(self, params: Any, batch: StoryBatch, key: Any) -> tuple[Array, Array]:
        """Logits ``[B, T + 1, V + K]`` of ``batch.tgt`` after BOS, and the weights of the hops ``[B, K, S]``."""
        found: tuple[Array, Array] = self.model(params).answer(_asked(batch), batch.tgt[:, :-1], key=key)
        return found

    def answer(
        self, params: Any, questions: Sequence[Question], search: Search, keys: Keys | None = None
    ) -> list[list[Answer]]:
        """Answers N questions.

        Args:
          params: The parameters.
          questions: The questions; what they state as their answer is not read.
          search: Search options.
          keys: For sampling, one key for each question ``[N]``.

        Returns:
          Up to ``search.n_best`` answers to each, best first; none to one without a word, or about a story without.
        """
        found: list[list[Answer]] = [[] for _ in questions]
        asked = [each._replace(answer=()) for each in questions]
        encoded = [self.vocabulary.encode(each, self._bucket_sizes[-1], self._longest) for each in asked]
        for size, rows in self._grouped(encoded).items():
            those = [encoded[row] for row in rows]
            batch = story_batch(those, size._replace(rows=len(rows)), self.vocabulary)
            each_keys = None if keys is None else keys[np.array(rows)]
            hypotheses = self._search(params, _asked(batch), search, each_keys)
            weights = self._looked_at(params, Story(batch.story, batch.question))
            for place, row in enumerate(rows):
                one, looked = those[place], weights[place, :, : len(those[place].story)]
                found[row] = [self._answer(questions[row], one, each, looked) for each in hypotheses[place]]
        return found

    def _grouped(self, encoded: Sequence[EncodedQuestion]) -> dict[BatchSize, list[int]]:
        """The questions that have words, by the size that they are padded to."""
        groups: dict[BatchSize, list[int]] = {}
        for row, each in enumerate(encoded):
            sentences, words = each.story.shape
            if not sentences or not len(each.question):
                continue
            bucket = next(size for size in self._bucket_sizes if size >= sentences)
            fits = words <= self._widths[0] and len(each.question) <= self._widths[1]
            size = BatchSize(0, bucket, *(self._widths if fits else (self._longest, self._longest)), 0)
            groups.setdefault(size, []).append(row)
        return groups

    def _looked_at(self, params: Any, source: Story) -> np.ndarray:
        """The weights of the hops ``[N, K, S]``."""
        count, found = len(source.story), []
        for begin in range(0, count, BATCH_SIZE):
            rows = np.resize(np.arange(begin, min(begin + BATCH_SIZE, count)), BATCH_SIZE)
            found.append(np.asarray(self._weights(params, Story(source.story[rows], source.question[rows]))))
        return np.concatenate(found)[:count]

    def _answer(
        self, question: Question, encoded: EncodedQuestion, hypothesis: Hypothesis, weights: np.ndarray
    ) -> Answer:
        words = self.vocabulary.decode(hypothesis.ids, pointed_at(encoded, self.vocabulary.placeholders))
        return Answer(words, hypothesis.score, question, encoded.rows, weights)

    def _start(self, params: Any, source: Asked) -> tuple[Step, Any]:
        model = self.model(params)
        context, carry = model.encode(source)
        return partial(model.step, context), carry


def _asked(batch: StoryBatch) -> Asked:
    return Asked(batch.story, batch.question, batch.present)
