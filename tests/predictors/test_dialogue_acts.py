"""Replies to dialogue acts: their scores, their ranking, and their independence of other acts."""

import jax
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.data.text.dialogue_acts import DialogueAct
from seqjax.data.vocabulary import SPECIAL, Vocabulary
from seqjax.decoding.search import Hypothesis, Search
from seqjax.losses import token_cross_entropy
from seqjax.models.act_writer import ActWriter
from seqjax.predictors.dialogue_acts import ActReplier
from seqjax.tokens import BOS, EOS, PAD

FEATURES = ("bye", "food._1", "inform", "kidsallowed.no", "name._1")
WORDS = Vocabulary(
    "word",
    False,
    [*SPECIAL, "SLOT_FOOD", "SLOT_NAME", "bye", "kids", "no", "serves"],
    normalization="none",
    pattern=r"\S+|\s+",
)
ACTS = [DialogueAct.parse(text) for text in ("inform(name='old mill';food=thai)", "bye()", "inform(name=a;tv=yes)")]
SEARCH = Search(beam=4, n_best=4, max_length=4)


@pytest.fixture(scope="module")
def replier():
    options = {"embed_features": 4, "hidden_features": 4, "dropout": 0.0}
    return ActReplier(
        random_module(
            lambda: ActWriter(len(FEATURES) + 1, len(WORDS), conditioning="sclstm", **options, rngs=nnx.Rngs(0))
        ),
        FEATURES,
        WORDS,
    )


def test_features_are_encoded_and_unknown_ones_named(replier):
    ids = replier.encode(ACTS)
    assert ids.shape == (3, 8)
    assert [[FEATURES[index - 1] for index in row if index != PAD] for row in ids] == [
        ["inform", "food._1", "name._1"],
        ["bye"],
        ["inform", "name._1"],
    ]
    assert [replier.unknown(act) for act in ACTS] == [[], [], ["tv.yes"]]


def test_reply_has_the_score_of_training_alone_or_among_others(replier):
    params = replier.initial_params
    among = replier.reply(params, ACTS, SEARCH, slot_penalty=0.5)
    (alone,) = replier.reply(params, ACTS[:1], SEARCH, slot_penalty=0.5)
    for one, other in zip(among[0], alone, strict=True):
        assert (one.text, one.score) == (other.text, other.score)

    @jax.jit
    def score(ids, tokens):
        logits, _ = replier.model(params).logits_and_cost(ids, tokens[:, :-1], tokens[:, 1:])
        return -token_cross_entropy(logits, tokens[:, 1:]).sum()

    for reply in alone:
        ids = [*WORDS.encode(reply.pattern), EOS][:4]
        tokens = np.array([[BOS, *ids, *[PAD] * (4 - len(ids))]], np.int32)
        assert reply.score == pytest.approx(float(score(replier.encode(ACTS[:1]), tokens)), rel=1e-4)


def test_replies_are_ranked_by_score_per_token_and_slot_errors(replier, monkeypatch):
    patterns = {"SLOT_NAME serves SLOT_FOOD": -8.0, "SLOT_NAME serves": -3.0, "bye": -1.9, "SLOT_FOOD": -1.9}

    def found(params, acts, search, keys):
        each = [Hypothesis(WORDS.encode(pattern), score, None) for pattern, score in patterns.items()]
        return [[*each, each[0]] for _ in acts]

    monkeypatch.setattr(replier, "_search", found)
    (plain,) = replier.reply(None, ACTS[:1], SEARCH, slot_penalty=0.0)
    assert [reply.pattern for reply in plain] == ["bye", "SLOT_FOOD", "SLOT_NAME serves", "SLOT_NAME serves SLOT_FOOD"]
    assert [reply.errors for reply in plain] == [2, 1, 1, 0]
    (strict,) = replier.reply(None, ACTS[:1], SEARCH, slot_penalty=2.0)
    # -8/4, -1.9/2 - 2, -3/3 - 2, -1.9/2 - 4: the end counts as a token
    assert [reply.text for reply in strict] == ["old mill serves thai", "thai", "old mill serves", "bye"]
    assert replier.reply(None, [], SEARCH, slot_penalty=0.0) == []
