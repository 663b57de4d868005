"""Questions about stories: words, sentences, and files of JSON lines."""

import json

import pytest

from seqjax.data.text.questions import Question, question_of, read_questions, sentence_words, sentences
from seqjax.errors import InputError

ANN = {"story": ["Ann took the milk.", "She left."], "question": "What did Ann take?", "answer": "milk"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ann went to the park.", ["ann", "went", "to", "the", "park"]),
        ("Where is Zoë's  ball?", ["where", "is", "zoë", "'s", "ball"]),
        ("She isn\u2019t in room_2, is she?!", ["she", "isn\u2019t", "in", "room_2", "is", "she"]),
        ("\u2026 \u2014 !", []),
    ],
)
def test_words_have_no_signs(text, words):
    assert sentence_words(text) == words


def test_capitals_are_kept_if_wanted():
    assert sentence_words("Ann's cat.", lowercase=False) == ["Ann", "'s", "cat"]


def test_text_is_divided_into_sentences():
    text = "Ann went out.  She took 3.5 l of milk!\nWhere is it? ..."
    assert sentences(text) == ["Ann went out.", "She took 3.5 l of milk!", "Where is it?"]
    assert sentences(" \n") == []


def test_object_is_a_question_with_text_or_lists():
    expected = Question(tuple(ANN["story"]), "What did Ann take?", ("milk",), (), "")
    assert question_of(ANN, has_answer=True) == expected
    assert question_of(ANN | {"story": "Ann took the milk. She left."}, has_answer=True) == expected
    listed = question_of(ANN | {"answer": ["milk", "Bread"], "support": [0], "skill": "list"}, has_answer=True)
    assert (listed.answer, listed.support, listed.skill) == (("milk", "Bread"), (0,), "list")
    assert question_of(ANN | {"answer": "milk, Bread"}, has_answer=True).answer == ("milk", "Bread")
    asked = {key: ANN[key] for key in ("story", "question")}
    assert question_of(asked, has_answer=False).answer == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"story": None}, "'story' that is neither a text nor a list"),
        ({"story": [1]}, "'story' that is neither a text nor a list"),
        ({"story": []}, "an empty story"),
        ({"story": " ... "}, "an empty story"),
        ({"question": "?"}, "no words under 'question'"),
        ({"question": 3}, "no words under 'question'"),
        ({"answer": []}, "an empty answer"),
        ({"answer": 3}, "'answer' that is neither a text nor a list"),
        ({"support": [2]}, "'support' that is no list of numbers from 0 to 1"),
        ({"support": [True]}, "'support' that is no list"),
        ({"facts": []}, "a key 'facts', but may have 'story'"),
    ],
)
def test_object_that_is_no_question_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        question_of(ANN | change, has_answer=True)


def test_file_is_read_and_lines_that_are_none_are_named(tmp_path):
    path = tmp_path / "my.jsonl"
    lines = [json.dumps(ANN), "", "{", "[1]", json.dumps({"story": "Ann left."}), json.dumps(ANN | {"answer": "Bread"})]
    path.write_text("\n".join(lines))
    found, faults = read_questions(path)
    assert [each.answer for each in found] == [("milk",), ("Bread",)]
    assert [fault.split(" ")[2] for fault in faults] == ["3", "4", "5"]
    assert "line 3 is no JSON object (" in faults[0]
    assert "line 4 is no JSON object; write it as" in faults[1]
    assert "line 5 has no key 'question'" in faults[2]
    path.write_text("{\n")
    with pytest.raises(InputError, match=r"my.jsonl holds no question \(.*line 1 is no JSON object"):
        read_questions(path)
    path.write_text("\n")
    with pytest.raises(InputError, match="holds no question; give it some"):
        read_questions(path)
