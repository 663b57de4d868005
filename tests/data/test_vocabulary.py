"""Vocabularies: the tokens of a text, and nothing lost on the way to ids and back."""

# ruff: noqa: RUF001

import json
import unicodedata

import numpy as np
import pytest

from seqjax.data.vocabulary import BOS, EOS, KINDS, PAD, SPECIAL, UNK, Vocabulary, normalise

TEXTS = ["The film isn't bad.", "The film is good, the cast is not.", "Der Film ist schön!"]


def learn(kind: str, **options) -> Vocabulary:
    return Vocabulary.learn(TEXTS, **{"kind": kind, "lowercase": True, "size": 60, "min_count": 1} | options)


def test_split_gives_plain_words_of_any_script_and_single_signs():
    words = learn("word").split("It\u2019s a “naïve” film<br /><br />№1, 你好 мир… ﬁne!")
    expected = ["it's", "a", "“", "naïve", "”", "film", "no1", ",", "你", "好", "мир", ".", ".", ".", "fine", "!"]
    assert words == expected


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


def test_vocabulary_refuses_another_normalization():
    with pytest.raises(ValueError, match="normalization must be one of 'NFC', 'NFKC', 'none', 'plain', not 'NFD'"):
        Vocabulary("word", True, SPECIAL, normalization="NFD")


WRITTEN = (
    "in the park. (a) t-shirt, 10:30; 3.14",
    "one\ntwo\n\n\tindented  code   x = [1]\n",
    "x² ½ ① ﬁ ，！？ １２３ l\u2019homme « où\u202f? » <br />",
    "हिन्दी में ، أَهْلًا 👩\u200d👩\u200d👧🇩🇪 中文，です สวัสดี",
    "a <eos> b <pad> <unk>c<bos>",
    " ",
    "\n",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("normalization", ["NFC", "none"])
def test_decode_restores_what_is_written(kind, normalization):
    """Line breaks, indents, spacing, characters that NFKC changes, and the names of special tokens."""
    options = {"lowercase": False, "size": 2000, "min_count": 1, "spacing": True}
    vocabulary = Vocabulary.learn(WRITTEN, kind=kind, normalization=normalization, **options)
    again = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    for each in (vocabulary, again):
        assert each.is_lossless
        for text in WRITTEN:
            ids = each.encode(text)
            assert ids.min() > UNK
            assert each.decode(ids) == text
            assert len(each.split(text)) == len(ids)


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_special_tokens_in_a_text_are_text(kind):
    """Also with the tokenizer of a vocabulary that was saved before."""
    texts = ["a <eos> b <pad> c <unk> d <bos> e"] * 3
    vocabulary = Vocabulary.learn(texts, kind=kind, lowercase=False, size=100, min_count=1)
    for each in (vocabulary, Vocabulary.from_json(vocabulary.to_json())):
        assert not {PAD, BOS, EOS, UNK} & set(each.encode(texts[0]).tolist())
        assert each.decode(each.encode("a <eos> b")).replace(" ", "") == "a<eos>b"


@pytest.mark.parametrize("lowercase", [False, True])
def test_composed_and_decomposed_texts_have_the_same_tokens(lowercase):
    texts = ["Été ǰ J\u030c Å"]
    for kind in KINDS:
        vocabulary = Vocabulary.learn(
            texts, kind=kind, lowercase=lowercase, size=99, min_count=1, normalization="NFC", spacing=True
        )
        assert vocabulary.split(unicodedata.normalize("NFD", texts[0])) == vocabulary.split(texts[0])
    assert normalise("J\u030c", "NFC", True) == "ǰ"


def test_normalise_changes_what_its_name_says():
    text = "e\u0301 ² ，\u2019<br/>A"
    assert normalise(text, "none", False) == text
    assert normalise(text, "NFC", False) == "é ² ，\u2019<br/>A"
    assert normalise(text, "NFKC", False) == "é 2 ,\u2019<br/>A"
    assert normalise(text, "plain", True) == "é 2 ,' a"


def test_a_rare_sign_is_known_without_its_spacing():
    texts = ["a- b", "c -d", "b - a"]
    vocabulary = Vocabulary.learn(texts, kind="word", lowercase=False, size=99, min_count=2, spacing=True)
    assert set(vocabulary.tokens) == {*SPECIAL, "a", "b", "-", "\uffed"}
    assert vocabulary.split("b-a") == ["b", "\uffed", "-", "\uffed", "a"]
    assert vocabulary.decode(vocabulary.encode("b-a")) == "b-a"


def test_subwords_are_no_more_than_size():
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 100)))
    vocabulary = Vocabulary.learn([text], kind="subword", lowercase=False, size=40, min_count=1)
    assert len(vocabulary) == 40


def test_a_vocabulary_that_was_saved_without_normalization_means_what_it_meant():
    tokens = [*SPECIAL, "ह", "it's", "2", "你好"]
    vocabulary = Vocabulary.from_json({"kind": "word", "lowercase": True, "tokens": tokens})
    assert vocabulary.split("It\u2019s ² 你好<br />हि") == ["it's", "2", "你好", "ह", "ि"]
    assert vocabulary.decode([5, 6]) == "it's 2"
    assert not vocabulary.is_lossless
