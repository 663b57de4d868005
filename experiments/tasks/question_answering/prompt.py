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
        self._told = 0  # sentences since the story began

    def take(self, line: str) -> tuple[Question | None, str]:
        """Reads a line.

        Returns:
          The last question of the line, about all that was told before it, None for a line that only tells; and a
          remark, "" for none.
        """
        if line.strip().lower() == RESET:
            self._story.clear()
            self._told = 0
            return None, ""
        if line.lstrip().startswith("/"):
            return None, f"is no command; {RESET} starts a new story"
        if line.lstrip().startswith("{"):
            try:
                return question_of(parsed(line), has_answer=False), ""
            except ValueError as error:
                return None, str(error)
        found = sentences(line)
        if not found:
            return None, "has no words" if line.strip() else ""
        question, remarks = None, []
        for each in found:
            if not _is_question(each):
                self._story.append(each)
                self._told += 1
            elif self._story:
                question = Question(tuple(self._story), each, (), (), "")
        asked = sum(map(_is_question, found))
        if asked and question is None:
            remarks.append("asks about an empty story; tell it a sentence first")
        if asked > 1:
            remarks.append("has several questions; only the last one is answered")
        if not _is_question(found[-1]) and sentence_words(found[-1])[0] in ASKING:
            remarks.append("is remembered as a sentence; a question ends with a question mark")
        if question is not None and self._told > len(self._story):
            remarks.append(f"has a story of {self._told} sentences; only the last {len(self._story)} are read")
        return question, "; ".join(remarks)


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
