"""Ids of the extended vocabulary: unknown words of a source have ids of their own, and come out as they are."""

import numpy as np
import pytest

from seqjax.data.text.copying import encode_source, encode_target
from seqjax.data.vocabulary import Vocabulary
from seqjax.tokens import UNK

TEXTS = ["the cat sat on the mat .", "the dog"]


@pytest.mark.parametrize("kind", ["word", "character"])
def test_a_source_and_its_own_text_come_back_whatever_is_unknown(kind):
    words = Vocabulary.learn(TEXTS, kind=kind, lowercase=False, size=30, min_count=1, normalization="NFC", spacing=True)
    for text in ("the Łódź cat, 猫 <unk> (Łódź)  sat", "", "the\uffed dog"):
        source = encode_source(words, words, text, 1000)
        expected = text.replace("\uffed", "<unk>") if kind == "word" else text
        assert words.decode(source.copy_ids, source.words) == expected
        np.testing.assert_array_equal(encode_target(words, text, source.words), source.copy_ids)
        known = source.copy_ids < len(words)
        np.testing.assert_array_equal(source.ids[known], source.copy_ids[known])
        assert (source.ids[~known] == UNK).all()
        assert len(set(source.words)) == len(source.words)
        assert sorted(set(source.copy_ids[~known] - len(words))) == list(range(len(source.words)))


def test_a_cut_source_lends_only_the_words_that_are_read():
    words = Vocabulary.learn(TEXTS, kind="word", lowercase=True, size=30, min_count=1, spacing=True)
    source = encode_source(words, words, "the Owl and the Hen", 3)
    assert source.words == ("owl", "and")
    assert source.total == 5
    assert encode_target(words, "Hen Owl the", source.words).tolist() == [UNK, len(words), *words.encode("the")]
