"""Questions about stories as token ids, with placeholders for names and for words that are not in the vocabulary."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from seqjax.data.text.questions import Question, sentence_words
from seqjax.data.vocabulary import SPECIAL
from seqjax.tokens import BOS, EOS, PAD, UNK


class EncodedQuestion(NamedTuple):
    """A question as ids. A word that may be replaced by a placeholder is -1 - i, where i is its index in ``words``.

    Attributes:
      story: The sentences that are read, ``int32 [S, W]``, padded with PAD.
      question: The question, ``int32 [Q]``.
      answer: The answer, ``int32 [T]``, without BOS and EOS.
      support: Whether the answer rests on a sentence, ``bool [S]``.
      words: Words of the story that may be replaced, in the order of their first occurrence.
      ids: Their ids, ``int32 [len(words)]``: UNK for words that are not in the vocabulary.
      rows: Indices in the whole story of the sentences that are read, ``[S]``.
      left_out: Sentences that are not read, all at the story's beginning.
      cut: Words that are left out at the ends of sentences and of the question.
    """

    story: np.ndarray
    question: np.ndarray
    answer: np.ndarray
    support: np.ndarray
    words: tuple[str, ...]
    ids: np.ndarray
    rows: tuple[int, ...]
    left_out: int
    cut: int


class StoryBatch(NamedTuple):
    """A batch of questions about stories; rows that only fill it are all PAD.

    Attributes:
      story: Ids of the words of sentences, ``int32 [B, S, W]``, padded with PAD at the ends of both.
      question: Ids of the questions, ``int32 [B, Q]``.
      tgt: Ids of the answers between BOS and EOS, ``int32 [B, T + 2]``.
      present: Whether a placeholder stands in the story, ``bool [B, K]``.
      support: Whether the answer rests on a sentence, ``bool [B, S]``.
    """

    story: np.ndarray
    question: np.ndarray
    tgt: np.ndarray
    present: np.ndarray
    support: np.ndarray


class BatchSize(NamedTuple):
    """The size of a batch: its rows, and the sentences, words of a sentence, of a question and of an answer."""

    rows: int
    sentences: int
    words: int
    question: int
    answer: int


class StoryVocabulary:
    """The words of the training questions, and K placeholders for names and for unknown words.

    Ids 0 to V - 1 are those of ``tokens``, V to V + K - 1 those of placeholders. In one question all occurrences of a
    word have one placeholder, so that an answer can be a word that the model has never seen: it is the placeholder of a
    word of the story (Hermann et al. 2015, section 2.2).

    Args:
      tokens: The V words in the order of their ids, PAD, BOS, EOS and UNK first.
      names: The words of the training questions that may be replaced by placeholders in training.
      placeholders: Number of placeholders K.
      lowercase: Whether words are lower-cased.
    """

    def __init__(self, tokens: Sequence[str], names: Sequence[str], placeholders: int, lowercase: bool) -> None:
        self.tokens, self.names, self.placeholders, self.lowercase = (
            tuple(tokens),
            tuple(names),
            placeholders,
            lowercase,
        )
        self._ids = {token: index for index, token in enumerate(self.tokens)}
        self._names = frozenset(names)

    @classmethod
    def learn(
        cls,
        questions: Sequence[Question],
        *,
        min_count: int,
        placeholders: int,
        lowercase: bool,
        has_names: bool = True,
    ) -> "StoryVocabulary":
        """Learns the vocabulary of training questions.

        A name is a word that stands in the story of each question that it is the answer to, or of its answer; or one
        that is written with a capital everywhere, also inside sentences.

        Args:
          questions: The questions of the training part.
          min_count: Minimum number of occurrences of a word.
          placeholders: Number of placeholders K.
          lowercase: Whether words are lower-cased.
          has_names: False to leave names out of the vocabulary, so that each always has a placeholder.
        """
        vocabulary = cls(SPECIAL, (), placeholders, lowercase)
        counts: Counter[str] = Counter()
        pointed, spoken, inside, small = set[str](), set[str](), set[str](), set[str]()
        told = Counter(text for each in questions for text in (*each.story, each.question))
        words: dict[str, set[str]] = {}
        for text, count in told.items():
            written = sentence_words(text, lowercase=False)
            folded = [vocabulary.fold(word) for word in written]
            counts.update({word: count * number for word, number in Counter(folded).items()})
            inside.update(new for word, new in zip(written[1:], folded[1:], strict=True) if word[0].isupper())
            small.update(new for word, new in zip(written, folded, strict=True) if not word[0].isupper())
            words[text] = set(folded)
        for each in questions:
            answer = {vocabulary.fold(word) for word in each.answer}
            counts.update(answer)
            own = answer & set[str]().union(*(words[text] for text in each.story))
            pointed |= own
            spoken |= answer - own
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        tokens = [word for word, count in ranked if count >= min_count and word not in SPECIAL]
        names = ((pointed - spoken) | (inside - small)) & set(tokens)
        kept = tokens if has_names else [word for word in tokens if word not in names]
        return cls([*SPECIAL, *kept], sorted(names), placeholders, lowercase)

    def __len__(self) -> int:
        """Number of words V, without placeholders."""
        return len(self.tokens)

    def fold(self, word: str) -> str:
        """A word as the vocabulary has it."""
        return word.lower() if self.lowercase else word

    def unknown(self, text: str) -> list[str]:
        """The words of a text that are not in the vocabulary."""
        return [word for word in self._words(text) if word not in self._ids]

    def encode(self, question: Question, longest_story: int, longest_sentence: int) -> EncodedQuestion:
        """Encodes a question.

        Args:
          question: The question.
          longest_story: Number of sentences that are read, the last ones of the story. Sentences without words do not
            count.
          longest_sentence: Number of words of a sentence, and of the question, that are read, the first ones.
        """
        told = [(row, words) for row, text in enumerate(question.story) if (words := self._words(text))]
        read = told[-longest_story:]
        cut = sum(max(len(words) - longest_sentence, 0) for _, words in read)
        rows = [words[:longest_sentence] for _, words in read]
        asked = self._words(question.question)
        candidates: dict[str, int] = {}
        for words in rows:
            for word in words:
                if word in self._names or word not in self._ids:
                    candidates.setdefault(word, -1 - len(candidates))
        story = np.full((len(rows), max(map(len, rows), default=0)), PAD, np.int32)
        for row, words in enumerate(rows):
            story[row, : len(words)] = self._encode(words, candidates)
        support = set(question.support)
        return EncodedQuestion(
            story,
            self._encode(asked[:longest_sentence], candidates),
            self._encode([self.fold(word) for word in question.answer], candidates),
            np.array([row in support for row, _ in read], bool),
            tuple(candidates),
            self._encode(list(candidates), {}),
            tuple(row for row, _ in read),
            len(told) - len(read),
            cut + max(len(asked) - longest_sentence, 0),
        )

    def decode(self, ids: Sequence[int] | np.ndarray, words: Sequence[str]) -> tuple[str, ...]:
        """The words of an answer up to EOS.

        Args:
          ids: Ids below V + K.
          words: The words that the placeholders stand for, see :func:`pointed_at`.
        """
        answer = []
        for index in map(int, ids):
            if index == EOS:
                break
            place = index - len(self)
            if place >= 0:
                answer.append(words[place] if place < len(words) else SPECIAL[UNK])
            elif index not in (PAD, BOS):
                answer.append(self.tokens[index])
        return tuple(answer)

    def to_json(self) -> dict[str, Any]:
        """The vocabulary as JSON values, for :meth:`from_json`."""
        return {
            "tokens": list(self.tokens),
            "names": list(self.names),
            "placeholders": self.placeholders,
            "lowercase": self.lowercase,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "StoryVocabulary":
        """Restores a vocabulary from the result of :meth:`to_json`."""
        return cls(**record)

    def _words(self, text: str) -> list[str]:
        return [self.fold(word) for word in sentence_words(text, lowercase=False)]

    def _encode(self, words: Sequence[str], candidates: dict[str, int]) -> np.ndarray:
        return np.array([candidates.get(word, self._ids.get(word, UNK)) for word in words], np.int32)


def pointed_at(question: EncodedQuestion, placeholders: int) -> tuple[str, ...]:
    """The words that the placeholders stand for where none is drawn: the first unknown words of the story."""
    unknown = (word for word, index in zip(question.words, question.ids, strict=True) if index == UNK)
    return tuple(unknown)[:placeholders]


def story_batch(
    questions: Sequence[EncodedQuestion],
    size: BatchSize,
    vocabulary: StoryVocabulary,
    *,
    anonymised: float = 0.0,
    rng: np.random.Generator | None = None,
) -> StoryBatch:
    """A batch of at most ``size.rows`` questions.

    Without ``rng`` unknown words of the story get the placeholders V, V + 1, ... in the order of their first
    occurrence; words beyond the last placeholder are UNK.

    Args:
      questions: The questions; none may be larger than ``size``.
      size: The size of the batch.
      vocabulary: The vocabulary.
      anonymised: Probability that a name is replaced by a placeholder too.
      rng: Source of the names that are replaced, and of the placeholders.
    """
    known, count = len(vocabulary), vocabulary.placeholders
    batch = StoryBatch(
        np.full((size.rows, size.sentences, size.words), PAD, np.int32),
        np.full((size.rows, size.question), PAD, np.int32),
        np.full((size.rows, size.answer + 2), PAD, np.int32),
        np.zeros((size.rows, count), bool),
        np.zeros((size.rows, size.sentences), bool),
    )
    for row, each in enumerate(questions):
        is_replaced = each.ids == UNK
        if rng is not None:
            is_replaced = is_replaced | (rng.random(len(each.ids)) < anonymised)
        order = np.arange(count) if rng is None else rng.permutation(count)
        replaced = np.flatnonzero(is_replaced)[:count]
        places = order[: len(replaced)]
        table = each.ids.copy()
        table[replaced] = known + places
        batch.present[row, places] = True
        sentences, words = each.story.shape
        batch.story[row, :sentences, :words] = _looked_up(each.story, table)
        batch.question[row, : len(each.question)] = _looked_up(each.question, table)
        batch.tgt[row, : len(each.answer) + 2] = (BOS, *_looked_up(each.answer, table), EOS)
        batch.support[row, :sentences] = each.support
    return batch


def _looked_up(ids: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Ids with those below 0 replaced: -1 - i by ``table[i]``."""
    if not len(table):
        return ids
    return np.where(ids < 0, table[np.maximum(-1 - ids, 0)], ids)
