"""Vocabularies: what texts are cut into, and that nothing is lost on the way to numbers and back."""

import json

import numpy as np
import pytest

from seqjax.data.vocabulary import BOS, EOS, KINDS, PAD, SPECIAL, UNK, Vocabulary

TEXTS = ["The film isn't bad.", "The film is good, the cast is not.", "Der Film ist schön!"]


def learn(kind: str, **options) -> Vocabulary:
    return Vocabulary.learn(TEXTS, **{"kind": kind, "lowercase": True, "size": 60, "min_count": 1} | options)


def test_words_of_any_script_and_signs():
    words = learn("word").split("It\u2019s a “naïve” film<br /><br />№1, 你好 мир… ﬁne!")
    assert words == ["it's", "a", "“", "naïve", "”", "film", "no1", ",", "你好", "мир", ".", ".", ".", "fine", "!"]


def test_frequent_words_come_first_and_ties_by_the_alphabet():
    vocabulary = learn("word", size=8)
    assert vocabulary.pieces == (*SPECIAL, "film", "the", ".", "is")
    assert len(learn("word", min_count=2)) == 8
    assert (PAD, BOS, EOS, UNK) == (0, 1, 2, 3)
    np.testing.assert_array_equal(vocabulary.encode("The film was"), [5, 4, UNK])


@pytest.mark.parametrize("kind", KINDS)
def test_it_travels_as_json(kind):
    vocabulary = learn(kind)
    again = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert again.pieces == vocabulary.pieces
    for text in (*TEXTS, "unheard of: \x00 \U0001f600", "", "  "):
        np.testing.assert_array_equal(again.encode(text), vocabulary.encode(text))
        assert len(again.split(text)) == len(again.encode(text))


@pytest.mark.parametrize("kind", KINDS)
def test_learning_twice_gives_the_same(kind):
    assert learn(kind).to_json() == learn(kind).to_json()


@pytest.mark.parametrize("kind", ["subword", "character"])
def test_texts_come_back_from_numbers(kind):
    vocabulary = learn(kind, lowercase=False)
    assert vocabulary.decode([BOS, *vocabulary.encode(TEXTS[1]).tolist(), EOS, UNK, PAD]) == TEXTS[1]


def test_words_come_back_with_blanks_between():
    assert learn("word").decode(learn("word").encode(TEXTS[1])) == "the film is good , the cast is not ."


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_too_odd(kind):
    vocabulary = learn(kind)
    for text in ("", "\x00", "\ufffd\ufffd", "a" * 100_000, "\u202e", "é" * 100):
        assert vocabulary.encode(text).dtype == np.int32


def test_a_kind_that_there_is_not():
    with pytest.raises(ValueError, match="kind must be one of 'word', 'subword', 'character', not 'words'"):
        Vocabulary("words", True, SPECIAL)
