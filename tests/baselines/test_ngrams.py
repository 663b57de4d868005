"""Bigram and unigram models against hand computation, and as distributions."""

from math import log

import numpy as np
import pytest

from seqjax.baselines.ngrams import BigramModel
from seqjax.data.text.streams import Stream, stream
from seqjax.tokens import BOS, EOS, PAD

VOCABULARY = 7
DOCUMENTS = [np.array([4, 5, 4, 5, 5]), np.array([4])]  # 6 is a token that training never has


@pytest.fixture
def model() -> BigramModel:
    return BigramModel.fit(DOCUMENTS, VOCABULARY, whole=True)


def test_bigram_model_equals_witten_bell_by_hand(model):
    tokens = stream([np.array([4, 5]), np.array([6, 5])], whole=True)
    targets = [4, 5, 4, 5, 5, EOS, 4, EOS]
    p = {token: (targets.count(token) + 1) / (8 + VOCABULARY) for token in range(VOCABULARY)}
    unigram = [p[4], p[5], p[EOS], p[6], p[5], p[EOS]]
    np.testing.assert_allclose(model.unigram_losses(tokens), [[-log(each) for each in unigram]])
    # BOS is followed by 4, 4; 4 by 5, 5, EOS; 5 by 4, 5, EOS; 6 by nothing.
    bigram = [
        (2 + 1 * p[4]) / (2 + 1),
        (2 + 2 * p[5]) / (3 + 2),
        (1 + 3 * p[EOS]) / (3 + 3),
        (0 + 1 * p[6]) / (2 + 1),
        p[5],
        (1 + 3 * p[EOS]) / (3 + 3),
    ]
    np.testing.assert_allclose(model.losses(tokens), [[-log(each) for each in bigram]])


@pytest.mark.parametrize(("history", "backoff"), [(BOS, 1 / 3), (4, 2 / 5), (5, 3 / 6), (6, 1)])
def test_bigram_model_probabilities_sum_to_one(model, history, backoff):
    """PAD as a target is padding, so the mass that smoothing gives it, 1 / (N + V), is added by hand."""
    targets = np.arange(VOCABULARY)[None]
    tokens = Stream(np.full_like(targets, history), targets, np.zeros_like(targets, bool))
    pad = 1 / (8 + VOCABULARY)
    assert np.exp(-model.losses(tokens))[0, 1:].sum() + backoff * pad == pytest.approx(1)
    assert np.exp(-model.unigram_losses(tokens))[0, 1:].sum() + pad == pytest.approx(1)


def test_bigram_model_padding_costs_nothing(model):
    padded = Stream(np.array([[4, PAD]]), np.array([[5, PAD]]), np.zeros((1, 2), bool))
    assert model.losses(padded)[0, 1] == 0
    assert model.unigram_losses(padded)[0, 1] == 0
    assert model.losses(padded)[0, 0] > 0
