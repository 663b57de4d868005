"""Metrics of replies against plain loops, and BLEU against sacreBLEU."""

import itertools
import math

import pytest

from seqjax.data.text.dialogue_acts import DialogueAct
from seqjax.metrics.dialogue import bleu4, copied_share, distinct, slot_errors, word_f1

REPLIES = [
    "the cafe is a nice place in the north",
    "there are no cheap places that serve thai food",
    "it is cheap",
]
REFERENCES = [
    ["the cafe is a nice cheap place in the north of town", "the place is nice"],
    ["there are no places that serve thai food", "no cheap place serves thai food , sorry to say that"],
    ["it is a cheap place"],
]


def grams(text, n):
    words = text.split()
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def test_bleu_of_one_reply_each_is_that_of_sacrebleu():
    sacrebleu = pytest.importorskip("sacrebleu")
    streams = [list(each) for each in itertools.zip_longest(*REFERENCES)]
    expected = sacrebleu.corpus_bleu(REPLIES, streams, tokenize="none", smooth_method="none").score / 100
    assert expected > 0.3
    assert bleu4([[each] for each in REPLIES], REFERENCES) == pytest.approx(expected, rel=1e-5)


def test_bleu_of_several_replies_is_that_of_a_loop():
    replies = [[REPLIES[0], "the nice place is the cafe in the north"], [REPLIES[1]], [REPLIES[2], "cheap it is"]]
    hits, total, length, reference = [0] * 4, [0] * 4, 0, 0
    for own, those in zip(replies, REFERENCES, strict=True):
        for text in own:
            for n in range(4):
                found = grams(text, n + 1)
                total[n] += len(found)
                for gram in set(found):
                    hits[n] += min(found.count(gram), max(grams(each, n + 1).count(gram) for each in those))
            length += len(text.split())
            reference += sorted((abs(len(each.split()) - len(text.split())), len(each.split())) for each in those)[0][1]
    product = math.prod(h / t for h, t in zip(hits, total, strict=True)) ** 0.25
    expected = product * (1 if length > reference else math.exp(1 - reference / length))
    assert bleu4(replies, REFERENCES) == pytest.approx(expected, rel=1e-5)
    assert bleu4([[""]], [["a b"]]) == 0
    assert bleu4([["a b c d e"]], [["a b c d e"]]) == pytest.approx(1)
    assert bleu4([["x y"]], [["a b c d e"]]) < 1e-6


@pytest.mark.parametrize(
    ("act", "reply", "expected"),
    [
        ("inform(name=a;food=thai)", "SLOT_NAME serves SLOT_FOOD", (2, 0, 0)),
        ("inform(name=a;food=thai)", "SLOT_NAME SLOT_NAME", (2, 2, 0)),
        ("inform(name=a)", "SLOT_NAME in SLOT_AREA near SLOT_NEAR", (1, 2, 0)),
        ("inform(type=restaurant;name=a)", "SLOT_NAME is a SLOT_TYPE SLOT_TYPE", (1, 0, 0)),
        ("inform(name=a;kidsallowed=no)", "SLOT_NAME allows no kids", (2, 0, 0)),
        ("inform(name=a;kidsallowed=yes)", "SLOT_NAME is nice", (2, 0, 1)),
        ("inform(name=a)", "SLOT_NAME has wifi and no dogs , no dog at all", (1, 0, 3)),
        ("inform(kidsallowed=dont_care)", "with or without children", (1, 0, 0)),
        ("?request(food)", "what food", (0, 0, 0)),
        ("?select(food=a;food=b)", "kids", (0, 0, 0)),
        ("inform(food=a;food=b)", "SLOT_FOOD", (2, 1, 0)),
    ],
)
def test_slot_errors_are_counted(act, reply, expected):
    found = slot_errors(DialogueAct.parse(act), reply)
    assert found == expected
    assert found.errors == expected[1] + expected[2]


def test_distinct_f1_and_copied_share():
    texts = ["I am here", "i am there", ""]
    assert distinct(texts, 1) == 4 / 6
    assert distinct(texts, 2) == 3 / 6
    assert distinct([""], 1) == 0
    # 2 of 3 words shared with the first reference: precision and recall 2/3; 3 of 3 and 3 of 4 with the second.
    assert word_f1(["I am here."], [["I am there", "here am I now"]]) == pytest.approx(2 * 3 / 7)
    assert word_f1(["yes", "a"], [["no"], ["a"]]) == 0.5
    assert copied_share(["Hello  there", "new"], ["hello there"]) == 0.5
