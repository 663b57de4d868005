"""Metrics of generated texts, by hand and against sacreBLEU's extremes."""

import numpy as np
import pytest

from seqjax.metrics.text import (
    BLEU_TOKENIZERS,
    bleu_tokenizer,
    edit_measures,
    measures_by_length,
    sacrebleu_measures,
)

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


def test_exact_match_is_of_the_text_and_not_of_its_tokens():
    measures = edit_measures(["a b", "a b"], [["a  b"], ["a b", "c"]], str.split)
    assert measures == {"exact_match": 0.5, "symbol_error": 0}


@pytest.mark.parametrize(
    ("texts", "tokenizer"),
    [
        (["The cat sat.", "Größe", "кот"], "13a"),
        (["Il fait très beau aujourd'hui à 北京"] * 3, "13a"),
        (["猫坐在垫子上。", "我用 iPhone 写信"], "zh"),
        (["猫がマットに座った。", "東京都"], "char"),
        (["ｶﾀｶﾅ"], "char"),
        (["고양이가 앉았다."], "char"),
        (["แมวนั่งบนเสื่อ"], "char"),
        (["ແມວ", "ឆ្មា", "ကြောင်"], "char"),
        (["बिल्ली बैठी।"], "13a"),
        (["12 : 30", "!"], "13a"),
        ([], "13a"),
    ],
)
def test_bleu_tokenizer_fits_the_script(texts, tokenizer):
    assert bleu_tokenizer(texts) == tokenizer
    assert tokenizer in BLEU_TOKENIZERS


def test_exact_translations_score_100_in_scripts_without_blanks():
    pytest.importorskip("sacrebleu")
    for texts in (["猫坐在垫子上。", "我们明天去北京"], ["แมวนั่งบนเสื่อ"], ["猫がマットに座った。"]):
        measures, signatures = sacrebleu_measures(texts, [[text] for text in texts], bleu_tokenizer(texts))
        assert measures == {"bleu": pytest.approx(100), "chrf": pytest.approx(100)}
        assert f"|tok:{bleu_tokenizer(texts)}|" in signatures[0]


def test_sacrebleu_measures_leave_out_bleu_of_short_targets():
    """Of exact translations of fewer than four tokens BLEU would be 0."""
    pytest.importorskip("sacrebleu")
    texts = ["deux", "3 mars 2021", "un de plus"]
    measures, lines = sacrebleu_measures(texts, [[text] for text in texts])
    assert measures == {"chrf": pytest.approx(100)}
    assert lines[0] == "bleu: left out, since only 0 of 3 targets have four tokens or more"
    texts += ["le 3 mars 2021"] * 3
    assert sacrebleu_measures(texts, [[text] for text in texts])[0]["bleu"] == pytest.approx(100)


def test_sacrebleu_measures_say_whether_capitals_count():
    pytest.importorskip("sacrebleu")
    for lowercase, case in ((True, "lc"), (False, "mixed")):
        measures, signatures = sacrebleu_measures(["the cat is here"], [["The Cat is here"]], lowercase=lowercase)
        assert (measures["bleu"] == pytest.approx(100)) == lowercase
        assert all(f"case:{case}|" in signature for signature in signatures)
