"""Questions about stories: what they are, and files of them."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from seqjax.data.text.files import read_text
from seqjax.data.text.words import one_line, split_words
from seqjax.data.vocabulary import normalise
from seqjax.errors import InputError

ASKED = '{"story": ["Ann went to the park."], "question": "Where is Ann?"}'
ANSWERED = '{"story": ["Ann went to the park."], "question": "Where is Ann?", "answer": "park"}'
TITLES = ("Mr", "Mrs", "Ms", "Dr", "Prof", "St")
SENTENCE_END = "".join(rf"(?<!\b{title}\.)" for title in TITLES) + r"(?<=[.!?])\s+|\n"


class Question(NamedTuple):
    """A question about a story.

    Attributes:
      story: The sentences, in order.
      question: The question.
      answer: The words of the answer, in order; () if it is not known.
      support: Indices of the sentences that the answer rests on; () if they are not known.
      skill: What it takes to answer, such as "whereabouts" or "qa1".
    """

    story: tuple[str, ...]
    question: str
    answer: tuple[str, ...]
    support: tuple[int, ...]
    skill: str


def sentence_words(text: str, lowercase: bool = True) -> list[str]:
    """The words of a sentence without its signs; the ``'s`` of a genitive is a word of its own.

    Args:
      text: The sentence.
      lowercase: Whether words are lower-cased.
    """
    return list(_words(text, lowercase))


def sentences(text: str) -> list[str]:
    """Divides a text into sentences, which end with a full stop, an exclamation or question mark, or a line.

    The stop after a title, as in "Dr. Smith", ends none.
    """
    return [each.strip() for each in re.split(SENTENCE_END, text) if sentence_words(each)]


def question_of(record: Any, *, has_answer: bool) -> Question:
    """The question that a JSON object states.

    Args:
      record: An object with ``story``, a text or a list of sentences, and ``question``; perhaps with ``answer``, a text
        or a list of words, ``support``, a list of indices of sentences, the first being 0, and ``skill``.
      has_answer: Whether the answer is needed.

    Raises:
      ValueError: With a sentence that has no subject, for anything else.
    """
    example = ANSWERED if has_answer else ASKED
    if not isinstance(record, Mapping):
        raise ValueError(f"is no JSON object; write it as {example}")
    if missing := [key for key in ("story", "question", *["answer"] * has_answer) if key not in record]:
        raise ValueError(f"has no key {missing[0]!r}; write it as {example}")
    if other := [key for key in record if key not in Question._fields]:
        raise ValueError(f"has a key {other[0]!r}, but may have {', '.join(map(repr, Question._fields))}")
    story, words = record["story"], record.get("answer", ())
    if not _is_text_or_texts(story):
        raise ValueError("has a 'story' that is neither a text nor a list of sentences")
    if not isinstance(record["question"], str) or not sentence_words(record["question"]):
        raise ValueError("has no words under 'question'")
    if not _is_text_or_texts(words):
        raise ValueError("has an 'answer' that is neither a text nor a list of words")
    story = sentences(story) if isinstance(story, str) else [one_line(each) for each in story]
    answer = sentence_words(words if isinstance(words, str) else " ".join(words), lowercase=False)
    if not any(map(sentence_words, story)):
        raise ValueError("has an empty story; give it a sentence")
    if has_answer and not answer:
        raise ValueError("has an empty answer; give it a word")
    support = record.get("support", ())
    if not isinstance(support, list | tuple) or not all(type(row) is int and 0 <= row < len(story) for row in support):
        raise ValueError(f"has a 'support' that is no list of numbers from 0 to {len(story) - 1}")
    return Question(
        tuple(story), one_line(record["question"]), tuple(answer), tuple(support), str(record.get("skill", ""))
    )


def read_questions(path: Path | str) -> tuple[list[Question], list[str]]:
    """Reads a file of JSON objects, one a line, as :func:`question_of` takes them with answers.

    Returns:
      The questions, and a sentence on each line that is none.

    Raises:
      InputError: If the file cannot be read, or holds no question.
    """
    found, faults = [], []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            try:
                found.append(question_of(parsed(line), has_answer=True))
            except ValueError as error:
                faults.append(f"{path}: line {number} {error}")
    if not found:
        raise InputError(f"{path} holds no question" + (f" ({faults[0]})" if faults else "; give it some"))
    return found, faults


def parsed(line: str) -> Any:
    """The JSON value of a line.

    Raises:
      ValueError: With a sentence that has no subject, for a line that is none.
    """
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is no JSON object ({error})") from None


def _is_text_or_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list | tuple) and all(isinstance(each, str) for each in value))


@lru_cache(maxsize=200_000)  # The sentences of a story come back with each of its questions.
def _words(text: str, lowercase: bool) -> tuple[str, ...]:
    words: list[str] = []
    for piece in split_words(normalise(text, "NFC", lowercase)):
        if piece[:1].isalnum() or piece[:1] == "_":
            bare = re.sub("['\u2019][sS]$", "", piece)
            words += [bare, "'s"] if bare != piece else [piece]
    return tuple(words)
