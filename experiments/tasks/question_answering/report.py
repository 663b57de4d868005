"""Report on question answering: the data, a file of answers, examples, and the sentences that were looked at."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.tasks.question_answering.data import EncodedPart
from seqjax.data.text.questions import Question
from seqjax.data.text.story_encoding import StoryVocabulary
from seqjax.data.text.words import one_line
from seqjax.plots.stories import StoryPanel
from seqjax.predictors.question_answering import Answer
from seqjax.training.writer import write_text

LOOKED_AT = 0.3  # weight of a sentence in some hop that counts as looked at


def data_summary(
    parts: Sequence[Sequence[Question]],
    encoded: Sequence[EncodedPart],
    vocabulary: StoryVocabulary,
    names: Sequence[str],
    path: str,
) -> list[str]:
    """Lines on the data: the parts, the vocabulary, and the questions with words that the training part lacks."""
    counts = ", ".join(f"{len(part):,} {name}" for part, name in zip(parts, names, strict=True))
    skills = Counter(each.skill for each in parts[0])
    unseen = int(np.sum(encoded[-1].unseen))
    return [
        f"{path}: {counts} questions; {len(skills)} skills, {np.mean(encoded[0].lengths):.1f} sentences a story",
        f"{len(vocabulary)} words; {len(vocabulary.names)} names",
        f"{unseen:,} test stories have words that are not in the training part",
    ]


def measures(
    answers: Sequence[tuple[str, ...]], part: Sequence[Question], unseen: np.ndarray, vocabulary: StoryVocabulary
) -> dict[str, float]:
    """The share of questions whose answer is exactly right: of all, and of those with and without unseen words.

    Args:
      answers: The answer to each question of ``part``.
      part: The questions.
      unseen: Whether the story of a question has words that the training part does not have.
      vocabulary: Compares words as it folds them.
    """
    return _shares(is_right(answers, part, vocabulary), unseen)


def _shares(right: np.ndarray, unseen: np.ndarray) -> dict[str, float]:
    """The share of right answers, and of those to stories with and without unseen words if there are both."""
    found = {"exact_match": float(np.mean(right))}
    if unseen.any() and not unseen.all():
        found |= {"known_words": float(np.mean(right[~unseen])), "unseen_words": float(np.mean(right[unseen]))}
    return found


def is_right(answers: Sequence[tuple[str, ...]], part: Sequence[Question], vocabulary: StoryVocabulary) -> np.ndarray:
    """True for each answer that has all words of the reference, in their order."""
    return np.array(
        [
            [*map(vocabulary.fold, answer)] == [*map(vocabulary.fold, each.answer)]
            for answer, each in zip(answers, part, strict=True)
        ],
        bool,
    )


def by_skill(right: np.ndarray, part: Sequence[Question], unseen: np.ndarray) -> dict[str, dict[str, float]]:
    """The share of right answers by skill, in the order of the skills, and of those with unseen words if there are."""
    table: dict[str, dict[str, float]] = {}
    skills = np.array([each.skill for each in part])
    for skill in dict.fromkeys(skills.tolist()):
        rows = skills == skill
        table[skill or "all"] = _shares(right[rows], unseen[rows]) | {"questions": int(rows.sum())}
    return table


def skill_lines(table: dict[str, dict[str, float]]) -> list[str]:
    """A line for each skill of :func:`by_skill`."""
    width = max(map(len, table), default=0)
    lines = []
    for skill, each in table.items():
        names = f"  (known words {each['known_words']:.1%}, unseen {each['unseen_words']:.1%})" if len(each) > 2 else ""
        lines.append(f"{skill:{width}}  {each['exact_match']:6.1%} of {each['questions']:,}{names}")
    return lines


def write_answers(path: Path, part: Sequence[Question], answers: Sequence[tuple[str, ...]]) -> None:
    """Writes a table of skills, stories, questions, answers and what they should be, separated by tabs."""
    rows = [("skill", "story", "question", "answer", "reference")]
    rows += [
        (each.skill, " ".join(each.story), each.question, " ".join(answer), " ".join(each.answer))
        for each, answer in zip(part, answers, strict=True)
    ]
    write_text(path, "".join("\t".join(map(one_line, row)) + "\n" for row in rows))


def examples(part: Sequence[Question], answers: Sequence[tuple[str, ...]], right: np.ndarray, count: int) -> list[str]:
    """The first ``count`` questions with their answers, one a line, and the right answer to those that are wrong."""
    lines = []
    for each, answer, is_same in list(zip(part, answers, right, strict=True))[:count]:
        wrong = "" if is_same else f" (reference: {' '.join(each.answer)})"
        lines.append(f"{' '.join(each.story)} {each.question} -> {' '.join(answer)}{wrong}")
    return lines


def facts(answer: Answer) -> list[tuple[str, list[float]]]:
    """The sentences that an answer looked at, in their order, with the weight of each hop.

    In some hop each has a weight of at least .3, or the largest one.
    """
    looked = {*np.flatnonzero((answer.weights >= LOOKED_AT).any(axis=0)), *np.argmax(answer.weights, axis=1)}
    found = []
    for place in sorted(looked):
        weights = [round(float(each), 3) for each in answer.weights[:, place]]
        found.append((answer.question.story[answer.rows[place]], weights))
    return found


def story_panel(answer: Answer) -> StoryPanel:
    """The picture of the sentences that an answer looked at."""
    asked = answer.question
    support = [place for place, row in enumerate(answer.rows) if row in asked.support]
    title = f"{asked.question} {' '.join(answer.words)}"
    return StoryPanel([asked.story[row] for row in answer.rows], title, answer.weights, support)
