"""Answers to questions about stories: alone or among others, with names that the model has never seen."""

import jax
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.data.text.questions import Question
from seqjax.data.text.story_encoding import BatchSize, StoryVocabulary, story_batch
from seqjax.data.vocabulary import SPECIAL
from seqjax.decoding.search import Search
from seqjax.models.story_answerer import StoryAnswerer
from seqjax.predictors.question_answering import Answerer
from seqjax.tokens import BOS, EOS

WORDS = StoryVocabulary([*SPECIAL, "ann", "is", "in", "the", "park", "where"], ["ann", "park"], 2, True)
SEARCH = Search(max_length=3)
STORIES = [
    Question(("Ann is in the park.", "!", "Zoe is in the attic."), "Where is Zoe?", (), (), ""),
    Question(("Ann is in the park.",) * 4, "Where is Ann?", (), (), ""),
    Question(("Ann is in the park.",), "?", (), (), ""),
    Question(("!",), "Where is Ann?", (), (), ""),
]


@pytest.fixture(scope="module")
def answerer():
    options = {"words": "positions", "features": 4, "hops": 2, "vector_gates": False, "recurrent": False}
    module = random_module(
        lambda: StoryAnswerer(
            len(WORDS) + WORDS.placeholders,
            reader="hops",
            longest_story=3,
            conditioning="vector",
            dropout=0.0,
            **options,
            rngs=nnx.Rngs(0),
        )
    )
    return Answerer(module, WORDS, (3,), (5, 3), 8, SEARCH)


def test_answer_has_the_score_of_training_alone_or_among_others(answerer):
    params = answerer.initial_params
    among = answerer.answer(params, STORIES, SEARCH)
    assert [len(each) for each in among] == [1, 1, 0, 0]
    for row in (0, 1):
        (alone,) = answerer.answer(params, STORIES[row : row + 1], SEARCH)
        for one, other in zip(among[row], alone, strict=True):
            assert one.words == other.words
            assert one.score == pytest.approx(other.score, abs=1e-5)
            np.testing.assert_allclose(one.weights, other.weights, atol=1e-6)
    (encoded,) = (WORDS.encode(each, 3, 8) for each in STORIES[:1])
    for each in among[0]:
        ids = [*(WORDS.tokens.index(word) if word in WORDS.tokens else ["zoe", "attic"].index(word) + len(WORDS)
                 for word in each.words), EOS][:3]  # fmt: skip
        batch = story_batch([encoded], BatchSize(1, 3, 5, 3, 1), WORDS)
        tgt = np.array([[BOS, *ids, *[0] * (3 - len(ids))]])
        logits, weights = jax.jit(answerer.logits_and_weights)(params, batch._replace(tgt=tgt), None)
        probabilities = jax.nn.log_softmax(logits[0])
        assert each.score == pytest.approx(sum(float(probabilities[t, token]) for t, token in enumerate(ids)), rel=1e-4)
        np.testing.assert_allclose(each.weights, weights[0, :, :2], atol=1e-6)


def test_sentences_without_words_and_those_before_the_last_ones_are_not_read(answerer):
    (first,), (second,), *_ = answerer.answer(answerer.initial_params, STORIES, SEARCH)
    assert [STORIES[0].story[row] for row in first.rows] == ["Ann is in the park.", "Zoe is in the attic."]
    assert first.weights.shape == (2, 2)
    assert list(second.rows) == [1, 2, 3]
    assert second.weights.shape == (2, 3)
    np.testing.assert_allclose(second.weights.sum(axis=1), 1, rtol=1e-5)


def test_placeholders_that_stand_for_no_word_of_the_story_are_never_written(answerer):
    known = {*WORDS.tokens, "zoe", "attic"}
    told, without, *_ = answerer.answer(answerer.initial_params, STORIES, SEARCH)
    assert all(set(each.words) <= known for each in told)
    assert all(set(each.words) <= set(WORDS.tokens) for each in without)


def test_a_sentence_longer_than_those_of_the_training_part_widens_its_batch_alone(answerer):
    answerer = Answerer(answerer.model(answerer.initial_params), WORDS, (2, 3), (5, 3), 8, SEARCH)
    old = Question(("Ann is in the very old park.",), "Where is Ann?", (), (), "")
    encoded = [WORDS.encode(each, 3, 8) for each in (*STORIES[:2], old)]
    assert answerer._grouped(encoded) == {
        BatchSize(0, 2, 5, 3, 0): [0],
        BatchSize(0, 3, 5, 3, 0): [1],
        BatchSize(0, 2, 8, 8, 0): [2],
    }
