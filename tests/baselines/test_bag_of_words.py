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
    predictions = bigram_classifiers(str.split, texts, labels, texts[:4], 2)
    np.testing.assert_array_equal(predictions["logistic regression"].argmax(axis=1), labels[:4])
    np.testing.assert_array_equal(predictions["naive Bayes"][[1, 3]].argmax(axis=1), labels[[1, 3]])
    np.testing.assert_allclose(predictions["naive Bayes"].sum(axis=1), 1)


def test_bigram_classifiers_give_a_class_without_training_text_no_probability():
    pytest.importorskip("sklearn")
    texts, labels = ["good", "bad", "good film", "bad film"] * 3, np.array([1, 3, 1, 3] * 3)
    for each in bigram_classifiers(str.split, texts, labels, texts[:4], 5).values():
        assert each.shape == (4, 5)
        np.testing.assert_allclose(each.sum(axis=1), 1)
        np.testing.assert_array_equal(each.argmax(axis=1), labels[:4])
        assert not each[:, [0, 2, 4]].any()


def test_bigram_classifiers_are_left_out_where_there_is_nothing_to_fit():
    """No word is in two texts; no text has a word; all texts have the same label."""
    pytest.importorskip("sklearn")
    labels = np.array([0, 1] * 10)
    for texts, own in ([f"w{n}" for n in range(20)], labels), ([""] * 20, labels), (["good film"] * 20, labels * 0):
        assert bigram_classifiers(str.split, texts, own, texts[:4], 2) == {}
