"""The text classifier: truncation, probabilities and contributions."""

import copy

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.data.vocabulary import Vocabulary
from seqjax.models.classifier import RecurrentClassifier
from seqjax.predictors.classification import TextClassifier

TEXTS = ["a good film", "a bad film", "good", "not a good film at all", "", "bad bad bad bad", "what a film it is"]


@pytest.fixture(scope="module")
def classifier() -> TextClassifier:
    vocabulary = Vocabulary.learn(TEXTS, kind="word", lowercase=True, size=100, min_count=1)
    rates = dict.fromkeys(("word_dropout", "embed_dropout", "output_dropout"), 0.0)
    sizes = {"cell": "gru", "embed_features": 8, "hidden_features": 8, "pooling": "attention"}
    module = random_module(lambda: RecurrentClassifier(len(vocabulary), 2, **sizes, **rates, rngs=nnx.Rngs(0)))
    return TextClassifier(module, vocabulary, ("neg", "pos"), (4, 6))


@pytest.mark.parametrize(
    ("truncation", "kept"), [("head", "a b c d e f"), ("tail", "d e f g h i"), ("both", "a b c g h i")]
)
def test_text_classifier_truncates_long_texts(classifier, truncation, kept):
    other = copy.copy(classifier)
    other.truncation = truncation
    assert other.tokens("a b c d e f g h i") == kept.split()
    assert other.tokens("a b c") == ["a", "b", "c"]
    ids = classifier.vocabulary.encode("good good good film film film film bad bad")
    expected = {"head": ids[:6], "tail": ids[3:], "both": ids[[0, 1, 2, 6, 7, 8]]}[truncation]
    np.testing.assert_array_equal(other.encode(["good good good film film film film bad bad"])[0], expected)


def test_text_classifier_checks_the_truncation(classifier):
    with pytest.raises(ValueError, match="truncation must be one of 'head', 'tail', 'both', not 'middle'"):
        TextClassifier(nnx.Module(), classifier.vocabulary, ("a", "b"), (4,), truncation="middle")


def test_text_classifier_probabilities_do_not_depend_on_other_texts_or_their_order(classifier):
    params = classifier.initial_params
    together = classifier.classify(params, TEXTS)
    assert together.shape == (7, 2)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-6)
    reversed_order = classifier.classify(params, TEXTS[::-1])[::-1]
    np.testing.assert_allclose(together, reversed_order, atol=1e-6)
    programs = classifier._probabilities._cache_size()
    np.testing.assert_allclose(classifier.classify(params, TEXTS[3:4])[0], together[3], atol=1e-6)
    assert classifier._probabilities._cache_size() == programs, "another number of texts compiles nothing"
    assert classifier.classify(params, []).shape == (0, 2)


def test_text_classifier_contributions_are_slopes_of_the_margin(classifier):
    """A token's contribution is the derivative of the margin with respect to a factor of its embedding."""
    ids = classifier.encode(["not a good film at"])[0]
    contributions, attention = classifier.explain(classifier.initial_params, ids)
    assert attention.sum() == pytest.approx(1, abs=1e-6)
    length, factors = len(ids), np.ones((2, len(ids), len(ids)), np.float32)
    for token in range(length):
        factors[:, token, token] = 0.95, 1.05

    @jax.jit
    def stretched_logits(params, ids, factors):
        """Logits with the embedding of each token times a factor, ``[2, T, C]``, and without, ``[C]``."""
        model = classifier._model(params)
        x = model.embed(ids[None])
        rows = jnp.concatenate([x * factors.reshape(-1, length, 1), x])
        logits, _ = model.classify(rows, jnp.ones(rows.shape[:2], bool))
        return logits[:-1].reshape(2, length, -1), logits[-1]

    (low, high), plain = map(np.asarray, stretched_logits(classifier.initial_params, ids, factors))
    best = plain.argmax()
    slopes = ((high - low)[:, best] - (high - low)[:, 1 - best]) / 0.1
    np.testing.assert_allclose(contributions, slopes, atol=1e-4, rtol=0.02)
