"""Metrics of captions, by hand-computed cases and a direct reading of CIDEr's equations."""

import itertools
import math

import numpy as np
import pytest

from seqjax.baselines.captions import most_frequent_caption, nearest_pictures
from seqjax.metrics import captions
from seqjax.metrics.captions import caption_measures, caption_words, cider


def test_words_are_small_and_without_punctuation():
    assert caption_words("A dog's well-known trick, (twice) .") == ["a", "dog's", "well-known", "trick", "twice"]
    assert caption_words("猫 ÉTÉ 3!") == ["猫", "été", "3"]
    assert caption_words(" . ") == []


def test_cider_of_one_word_captions_by_hand():
    """Of three pictures each word is in one: weights log 3. A match has cosine 1 for n = 1, 0 for the others."""
    assert cider(["cat", "dog", "cow"], [["cat"], ["dog"], ["pig"]]) == pytest.approx(10 / 4 * 2 / 3)


def test_cider_of_two_words_by_hand():
    """In both pictures is "red": weight log 2 - log 2 = 0; "cat" and both pairs log 2.

    The first caption equals its reference: 1 for n = 1 and 2. The second one's "red cat" has weight 0 with "dog".
    """
    assert cider(["red cat", "red cat"], [["red cat"], ["red dog"]]) == pytest.approx(10 * (2 / 4) / 2)


def test_cider_clips_repeated_words_and_penalises_length():
    """For "cat cat cat" against "cat": g = 3w and w, clipped w: w w / (3w w) = 1/3, times exp(-(3 - 1)^2 / 72)."""
    other = (["dog"], [["dog"]])
    repeated = cider(["cat cat cat", *other[0]], [["cat"], *other[1]])
    assert repeated == pytest.approx(10 / 4 * (math.exp(-4 / 72) / 3 + 1) / 2)


def by_equations(candidates, references) -> float:
    """CIDEr-D as the paper writes it: vectors over all n-grams, n by n."""
    total = []
    for candidate, those in zip(candidates, references, strict=True):
        for n in range(1, 5):
            grams = sorted(
                {
                    tuple(text.split()[i : i + n])
                    for text in [candidate, *itertools.chain(*references)]
                    for i in range(len(text.split()) - n + 1)
                }
            )

            def vector(text, grams=grams, n=n):
                words = text.split()
                found = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
                values = []
                for gram in grams:
                    frequency = sum(
                        any(
                            gram == tuple(each.split()[i : i + n])
                            for each in each_those
                            for i in range(len(each.split()))
                        )
                        for each_those in references
                    )
                    values.append(found.count(gram) * math.log(len(candidates) / max(frequency, 1)))
                return np.array(values)

            c = vector(candidate)
            parts = []
            for reference in those:
                s = vector(reference)
                norm = np.linalg.norm(c) * np.linalg.norm(s)
                penalty = math.exp(-((len(candidate.split()) - len(reference.split())) ** 2) / 72)
                parts.append(penalty * np.minimum(c, s) @ s / norm if norm else 0.0)
            total.append(10 * np.mean(parts))
    return float(np.mean(total))


def test_cider_is_that_of_the_equations_for_random_texts():
    rng = np.random.default_rng(0)

    def text():
        return " ".join(rng.choice(list("abcdef"), int(rng.integers(1, 8))))

    candidates = [text() for _ in range(6)]
    references = [[text() for _ in range(rng.integers(1, 4))] for _ in range(6)]
    assert cider(candidates, references) == pytest.approx(by_equations(candidates, references), rel=1e-9)


def test_measures_by_hand():
    found, remarks = caption_measures(["A red cat.", "blue dog"], [["a red cat", "the cat"], ["a blue car"]])
    assert remarks == []
    assert found["exact_match"] == 0.5
    assert found["bleu1"] == pytest.approx(100 * math.exp(1 - 6 / 5) * 4 / 5)  # "dog" is wrong; 5 words for 6
    assert found["bleu2"] == pytest.approx(100 * math.exp(1 - 6 / 5) * math.sqrt(4 / 5 * 2 / 3))
    assert found["bleu4"] == 0
    assert found["rouge_l"] == pytest.approx(100 * (1 + 2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3)) / 2)


def test_measures_without_their_packages_are_left_out_with_a_sentence(monkeypatch):
    monkeypatch.setattr(captions.importlib.util, "find_spec", lambda name: None)
    found, remarks = caption_measures(["a"], [["a"]])
    assert set(found) == {"exact_match", "cider"}
    assert [each.split(":")[0] for each in remarks] == ["No BLEU", "No ROUGE-L"]


def test_captions_without_references_are_refused():
    for texts, references in (([], []), (["a"], [[]]), (["a"], [])):
        with pytest.raises(ValueError, match="must have"):
            caption_measures(texts, references)


def test_nearest_picture_is_the_one_of_a_loop():
    rng = np.random.default_rng(0)
    training = [rng.integers(0, 256, (frames, 3, 3, 3), dtype=np.uint8) for frames in (1, 2, 3, 3, 2)]
    pictures = [rng.integers(0, 256, (frames, 3, 3, 3), dtype=np.uint8) for frames in (1, 3, 2, 3)] + [training[4]]

    def distance(a, b):
        return sum(
            (float(a[min(t, len(a) - 1)].flat[k]) - float(b[min(t, len(b) - 1)].flat[k])) ** 2
            for t in range(3)
            for k in range(27)
        )

    expected = [min(range(5), key=lambda index: distance(each, training[index])) for each in pictures]
    assert nearest_pictures(pictures, training).tolist() == expected
    assert expected[-1] == 4


def test_most_frequent_caption_counts_a_picture_once():
    assert most_frequent_caption([["b", "b", "b"], ["a", "c"], ["a", "b", "c"], ["c"]]) == "c"
    assert most_frequent_caption([["b"], ["a"]]) == "a"
