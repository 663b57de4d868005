"""Baselines of summaries: sentences and words by hand, nearest texts by a loop over TF-IDF vectors."""

from collections import Counter
from math import log, sqrt

import numpy as np

from seqjax.baselines.summaries import first_sentence, lead_words, nearest_texts


def test_first_sentence_ends_at_its_sign_or_at_an_empty_line():
    assert first_sentence("  Dr. Who came. He left.") == "Dr."  # it knows no abbreviations
    assert first_sentence("We met at 3.5 km!  Then\nnot.") == "We met at 3.5 km!"
    assert first_sentence("Title\n\nText. More.") == "Title"
    assert first_sentence("no end\nat all") == "no end at all"


def test_lead_words_are_divided_by_blanks():
    assert lead_words(" one\ntwo,  three four", 3) == "one two, three"
    assert lead_words("", 2) == ""


def test_nearest_text_has_the_largest_cosine():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), 8)) for _ in range(14)]
    training, own = texts[:8], [*texts[8:], texts[3], "zzz"]
    seen = Counter(word for text in training for word in set(text.split()))

    def vector(text):
        counts = Counter(word for word in text.lower().split() if word in seen)
        values = {w: (1 + log(n)) * (1 + log((1 + len(training)) / (1 + seen[w]))) for w, n in counts.items()}
        norm = sqrt(sum(value**2 for value in values.values())) or 1
        return {word: value / norm for word, value in values.items()}

    def cosine(a, b):
        return sum(value * vector(b).get(word, 0) for word, value in vector(a).items())

    expected = [max(range(8), key=lambda row, text=text: cosine(text, training[row])) for text in own]
    assert nearest_texts(own, training).tolist() == expected
    assert expected[6] == 3
    assert nearest_texts(["a"], ["...", "!"]).tolist() == [0]
    assert nearest_texts([], ["a"]).tolist() == []
