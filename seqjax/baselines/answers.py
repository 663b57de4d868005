"""Baselines of question answering: the most frequent answer, and the answer to the nearest question."""

from collections import Counter
from collections.abc import Sequence

from seqjax.baselines.nearest_texts import nearest_texts
from seqjax.data.text.questions import Question, sentence_words

Answer = tuple[str, ...]


def most_frequent_answers(training: Sequence[Question], asked: Sequence[Question]) -> list[Answer]:
    """The most frequent answer to training questions of the same skill, to each question; of equal ones the first.

    A skill that the training part does not have gets the most frequent answer of all.

    Args:
      training: The training questions; at least one.
      asked: The questions.
    """
    counts: dict[str, Counter[Answer]] = {}
    for each in training:
        counts.setdefault(each.skill, Counter())[each.answer] += 1
    best = {skill: of_skill.most_common(1)[0][0] for skill, of_skill in counts.items()}
    overall = Counter(each.answer for each in training).most_common(1)[0][0]
    return [best.get(each.skill, overall) for each in asked]


def nearest_answers(training: Sequence[Question], asked: Sequence[Question]) -> list[Answer]:
    """The answer to the training question that is nearest with its story, by TF-IDF, to each question.

    Raises:
      ImportError: scikit-learn is not installed.
    """
    near = nearest_texts([*map(_text, asked)], [*map(_text, training)])
    return [training[row].answer for row in near]


def _text(question: Question) -> str:
    return " ".join(word for text in (*question.story, question.question) for word in sentence_words(text))
