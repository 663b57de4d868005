"""Error rates of speech: counted by hand, and against the edit distance."""

import itertools

import pytest

from seqjax.baselines.speech import most_frequent
from seqjax.metrics.sequences import edit_distance
from seqjax.metrics.speech import Edits, align_tokens, count_edits, speech_measures, word_confusions


def test_measures_are_those_counted_by_hand():
    references = ["turn on the light", "one two three", "stop"]
    hypotheses = ["turn off light", "one two two three", "stop"]
    measures = speech_measures(hypotheses, references)
    # "on" is left out, "the" became "off", and "two" is added: three edits of eight words.
    assert measures["wer"] == pytest.approx(3 / 8)
    assert measures["substitutions"] == pytest.approx(1 / 8)
    assert measures["deletions"] == pytest.approx(1 / 8)
    assert measures["insertions"] == pytest.approx(1 / 8)
    assert measures["sentence_error"] == pytest.approx(2 / 3)
    # "n the" became "ff" at the cost of five letters, and "two " was added: nine edits of 17 + 13 + 4 letters.
    assert measures["cer"] == pytest.approx(9 / 34)
    assert word_confusions(hypotheses, references) == {("the", "off"): 1, ("on", ""): 1, ("", "two"): 1}


def test_edits_are_as_few_as_the_edit_distance():
    texts = ["", "a", "ab", "ba", "abc", "cab", "aabb", "abab"]
    for hypothesis, reference in itertools.product(texts, texts):
        edits = count_edits([hypothesis], [reference])
        assert edits.total == edit_distance(hypothesis, reference)
        assert edits.insertions - edits.deletions == len(hypothesis) - len(reference)
        pairs = align_tokens(hypothesis, reference)
        assert "".join(token for token, _ in pairs if token) == hypothesis
        assert "".join(target for _, target in pairs if target) == reference


def test_edits_name_their_kinds():
    assert count_edits(["abc"], [""]) == Edits(3, 0, 0)
    assert count_edits([""], ["abc"]) == Edits(0, 3, 0)
    assert count_edits(["abc", "x"], ["axc", "x"]) == Edits(0, 0, 1)


def test_spaces_do_not_count():
    measures = speech_measures(["  one   two "], ["one two"])
    assert measures["wer"] == measures["cer"] == measures["sentence_error"] == 0


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="must have the same length"):
        speech_measures(["a"], [])
    with pytest.raises(ValueError, match="at least 1"):
        speech_measures([], [])


def test_most_frequent_text_is_the_first_of_equals():
    assert most_frequent(["b", "a", "c", "b", "a"]) == "a"
