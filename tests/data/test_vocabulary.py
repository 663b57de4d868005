"""Vocabularies: the tokens of a text, and nothing lost on the way to ids and back."""

import json

import numpy as np
import pytest

from seqjax.data.vocabulary import BOS, EOS, KINDS, PAD, SPECIAL, UNK, Vocabulary

TEXTS = ["The film isn't bad.", "The film is good, the cast is not.", "Der Film ist schön!"]


def learn(kind: str, **options) -> Vocabulary:
    return Vocabulary.learn(TEXTS, **{"kind": kind, "lowercase": True, "size": 60, "min_count": 1} | options)


def test_split_gives_words_of_any_script_and_single_signs():
    words = learn("word").split("It\u2019s a “naïve” film<br /><br />№1, 你好 мир… ﬁne!")
    assert words == ["it's", "a", "“", "naïve", "”", "film", "no1", ",", "你好", "мир", ".", ".", ".", "fine", "!"]


def test_learn_ranks_tokens_by_frequency_then_alphabetically():
    vocabulary = learn("word", size=8)
    assert vocabulary.tokens == (*SPECIAL, "film", "the", ".", "is")
    assert len(learn("word", min_count=2)) == 8
    assert (PAD, BOS, EOS, UNK) == (0, 1, 2, 3)
    np.testing.assert_array_equal(vocabulary.encode("The film was"), [5, 4, UNK])


@pytest.mark.parametrize("kind", KINDS)
def test_from_json_restores_to_json(kind):
    vocabulary = learn(kind)
    again = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert again.tokens == vocabulary.tokens
    for text in (*TEXTS, "unheard of: \x00 \U0001f600", "", "  "):
        np.testing.assert_array_equal(again.encode(text), vocabulary.encode(text))
        assert len(again.split(text)) == len(again.encode(text))


@pytest.mark.parametrize("kind", KINDS)
def test_learn_is_deterministic(kind):
    assert learn(kind).to_json() == learn(kind).to_json()


@pytest.mark.parametrize("kind", ["subword", "character"])
def test_decode_inverts_encode(kind):
    vocabulary = learn(kind, lowercase=False)
    assert vocabulary.decode([BOS, *vocabulary.encode(TEXTS[1]).tolist(), EOS, UNK, PAD]) == TEXTS[1]


def test_decode_separates_words_by_spaces():
    assert learn("word").decode(learn("word").encode(TEXTS[1])) == "the film is good , the cast is not ."


ODD = ("", "  ", "\x00", "\ufffd\ufffd", "\u202e", "z" * 10_000, "é" * 100, "film \U0001f600 good")
IDS = ["empty", "blank", "null", "replacement", "override", "long", "accents", "emoji"]


@pytest.mark.parametrize("kind", ["word", "character"])
@pytest.mark.parametrize("text", ODD, ids=IDS)
def test_encode_gives_each_token_its_id_or_unk(kind, text):
    vocabulary = learn(kind, size=1000)
    ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    assert vocabulary.encode(text).tolist() == [ids.get(token, UNK) for token in vocabulary.split(text)]


@pytest.mark.parametrize("text", ODD, ids=IDS)
def test_encode_gives_unk_for_each_unknown_character_of_subwords(text):
    vocabulary = learn("subword", size=1000)
    letters = set("".join(TEXTS).lower()) | {" "}
    ids = vocabulary.encode(text).tolist()
    assert ids.count(UNK) == sum(letter not in letters for letter in text)
    assert set(ids) <= set(range(UNK, len(vocabulary)))
    assert (ids == []) == (text.strip() == "")


def test_vocabulary_refuses_another_kind():
    with pytest.raises(ValueError, match="kind must be one of 'word', 'subword', 'character', not 'words'"):
        Vocabulary("words", True, SPECIAL)
