"""Metrics of generated texts, by hand and against sacreBLEU's extremes."""

import numpy as np
import pytest

from seqjax.metrics.text import edit_measures, measures_by_length, sacrebleu_measures

HYPOTHESES = ["a b c d", "x y", "one two three four"]
REFERENCES = [["q", "a b c d"], ["x z"], ["one two three four"]]


def test_edit_measures_take_the_nearest_reference():
    measures = edit_measures(HYPOTHESES, REFERENCES, str.split)
    assert measures == {"exact_match": pytest.approx(2 / 3), "symbol_error": pytest.approx(1 / 10)}
    assert edit_measures(["abd"], [["abc"]], list)["symbol_error"] == pytest.approx(1 / 3), "tokens are those of split"


def test_sacrebleu_measures_take_any_number_of_references():
    pytest.importorskip("sacrebleu")
    measures, signatures = sacrebleu_measures(HYPOTHESES, REFERENCES)
    assert [signature.partition(":")[0] for signature in signatures] == ["bleu", "chrf"]
    assert 0 < measures["bleu"] < 100
    same, _ = sacrebleu_measures(["a b c d"], [["q", "a b c d"]])
    assert same == {"bleu": pytest.approx(100), "chrf": pytest.approx(100)}
    # By hand: precisions 9/10, 6/7, 4/4, 2/2 without brevity penalty.
    assert measures["bleu"] == pytest.approx(100 * (9 / 10 * 6 / 7) ** 0.25)


def test_measures_by_length_are_means_of_groups():
    tokens = [[reference.split() for reference in those] for those in REFERENCES]
    hypotheses = [hypothesis.split() for hypothesis in HYPOTHESES]
    curve = measures_by_length(hypotheses, tokens, np.arange(3), 9)
    assert curve == {"source tokens": [0, 1, 2], "exact match": [1, 0, 1], "edits per token": [0, 0.5, 0]}
    curve = measures_by_length(hypotheses, tokens, np.array([4, 8, 9]), 2)
    assert curve == {"source tokens": [6, 9], "exact match": [0.5, 1], "edits per token": [0.25, 0]}


def test_edits_per_token_are_relative_to_the_reference():
    assert measures_by_length([["a"]], [[["a", "b"]]], np.ones(1), 1)["edits per token"] == [0.5]
