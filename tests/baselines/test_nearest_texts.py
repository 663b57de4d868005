"""Nearest texts against TF-IDF by hand."""

import math

import pytest

from seqjax.baselines.nearest_texts import nearest_texts

pytest.importorskip("sklearn")

TEXTS = ["what is your name", "What is the time ?", "who are you", "name your price"]


def vector(text):
    """Smoothed TF-IDF of known words: count * (1 + log((1 + N) / (1 + texts with the word)))."""
    words, found = text.lower().split(), {}
    for word in set(words):
        holding = sum(word in each.lower().split() for each in TEXTS)
        if holding:
            found[word] = words.count(word) * (1 + math.log((1 + len(TEXTS)) / (1 + holding)))
    return found


def cosine(one, other):
    def norm(v):
        return math.sqrt(sum(x * x for x in v.values()))

    dot = sum(value * other.get(word, 0) for word, value in one.items())
    return dot / (norm(one) * norm(other)) if dot else 0.0


def test_nearest_text_has_the_largest_cosine():
    queries = ["the name is", "who is who", "your price ?", "nothing known", "time time name"]
    expected = []
    for query in queries:
        scores = [cosine(vector(query), vector(text)) for text in TEXTS]
        expected.append(scores.index(max(scores)))
    assert nearest_texts(queries, TEXTS) == expected
    assert len(set(expected)) > 2
    assert nearest_texts(queries, ["", " "]) == [0] * 5
    assert nearest_texts([], TEXTS) == []
