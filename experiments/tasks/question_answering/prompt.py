"""Lines of standard input as sentences of a story and questions about it."""

import re
from collections import deque

from seqjax.data.text.questions import Question, parsed, question_of, sentence_words, sentences

RESET = "/reset"
ASKING = ("who", "whose", "what", "which", "where", "when", "why", "how")


class Prompt:
    """The story so far, and the questions about it.

    Args:
      longest_story: Sentences that are kept, the last ones.
    """

    def __init__(self, longest_story: int) -> None:
        self._story: deque[str] = deque(maxlen=longest_story)

    def take(self, line: str) -> tuple[Question | None, str]:
        """Reads a line.

        Returns:
          The question that the line ends with, None for a line that only tells; and a remark, "" for none.
        """
        if line.strip() == RESET:
            self._story.clear()
            return None, ""
        if line.lstrip().startswith("{"):
            try:
                return question_of(parsed(line), has_answer=False), ""
            except ValueError as error:
                return None, str(error)
        *told, last = sentences(line) or [""]
        told, asked = [each for each in told if not _is_question(each)], [each for each in told if _is_question(each)]
        remark = "has several questions; only the last one is answered" if asked else ""
        self._story.extend(told)
        if not last:
            return None, "has no words" if line.strip() else ""
        if not _is_question(last):
            self._story.append(last)
            is_like = sentence_words(last)[0] in ASKING
            return None, "is remembered as a sentence; a question ends with a question mark" if is_like else remark
        if not self._story:
            return None, "asks about an empty story; tell it a sentence first"
        return Question(tuple(self._story), last, (), (), ""), remark


def _is_question(text: str) -> bool:
    return re.search(r"\?\W*$", text) is not None


def as_written(words: tuple[str, ...], story: tuple[str, ...]) -> str:
    """An answer with its words as the story writes them, with a capital only where it has no small letter."""
    written: dict[str, str] = {}
    for text in story:
        for word in sentence_words(text, lowercase=False):
            known = written.setdefault(word.lower(), word)
            if known != word and word.islower():
                written[word] = word
    return " ".join(written.get(word, word) for word in words)
