"""Baselines of question answering."""

from seqjax.baselines import answers
from seqjax.baselines.answers import most_frequent_answers
from seqjax.data.text.questions import Question


def ask(text, answer="", skill="a", story="Ann went out."):
    return Question((story,), text, tuple(answer.split()), (), skill)


TRAINING = [
    *(ask("Is it?", "no"), ask("Is it?", "yes"), ask("Is it?", "yes"), ask("Where is Ann?", "park", "b")),
    *(ask("Where is the milk?", "hall", "b", "Bob took the milk."), ask("Who ate?", "Ann Bob", "c")),
]


def test_most_frequent_answer_is_that_of_the_skill():
    asked = [ask("Is she?"), ask("Where?", skill="b"), ask("Who?", skill="c"), ask("Why?", skill="d")]
    assert most_frequent_answers(TRAINING, asked) == [("yes",), ("park",), ("Ann", "Bob"), ("yes",)]


def test_nearest_answer_is_that_of_the_question_with_the_same_words_in_story_and_question(monkeypatch):
    compared = []
    monkeypatch.setattr(answers, "nearest_texts", lambda queries, texts: compared.extend([*queries, *texts]) or [4, 5])
    asked = [ask("Where is the milk?"), ask("Who is Ann's?", story="Bob took it.")]
    assert answers.nearest_answers(TRAINING, asked) == [("hall",), ("Ann", "Bob")]
    assert compared[:2] == ["ann went out where is the milk", "bob took it who is ann 's"]
    assert compared[6] == "bob took the milk where is the milk"
