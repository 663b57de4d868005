"""Baselines of text classification against counts by hand and texts that only bigrams tell apart."""

import numpy as np
import pytest

from seqjax.baselines.bag_of_words import bigram_classifiers, majority


def test_majority_predicts_the_class_frequencies():
    np.testing.assert_allclose(majority(np.array([0, 0, 1, 2]), 2, 3), [[0.5, 0.25, 0.25]] * 2)
    np.testing.assert_allclose(majority(np.array([1, 1]), 1, 3), [[0, 1, 0]])


def test_bigram_classifiers_use_pairs_of_words():
    pytest.importorskip("sklearn")
    texts = ["good", "not good", "bad", "not bad"] * 10
    labels = np.array([1, 0, 0, 1] * 10)
    predictions = bigram_classifiers(str.split, texts, labels, texts[:4])
    np.testing.assert_array_equal(predictions["logistic regression"].argmax(axis=1), labels[:4])
    np.testing.assert_array_equal(predictions["naive Bayes"][[1, 3]].argmax(axis=1), labels[[1, 3]])
    np.testing.assert_allclose(predictions["naive Bayes"].sum(axis=1), 1)
