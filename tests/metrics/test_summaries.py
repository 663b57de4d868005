"""ROUGE by hand and by a direct reading of its definition, its intervals, and shares of words."""

import numpy as np
import pytest

from seqjax.metrics.summaries import bootstrap_interval, copied_words, repeated_words, rouge_scores


def f1(hits: int, own: int, other: int) -> float:
    return 200 * hits / (own + other) if hits else 0.0


def longest_common(a: list[str], b: list[str]) -> int:
    if not a or not b:
        return 0
    if a[0] == b[0]:
        return 1 + longest_common(a[1:], b[1:])
    return max(longest_common(a[1:], b), longest_common(a, b[1:]))


def by_definition(own: list[str], other: list[str]) -> tuple[float, float, float]:
    """F1 of clipped unigrams and bigrams, and of the longest common subsequence (Lin 2004, sections 2 and 3)."""
    scores = []
    for n in (1, 2):
        first, second = ([tuple(each[i : i + n]) for i in range(len(each) - n + 1)] for each in (own, other))
        hits = sum(min(first.count(gram), second.count(gram)) for gram in set(first))
        scores.append(f1(hits, len(first), len(second)))
    return scores[0], scores[1], f1(longest_common(own, other), len(own), len(other))


def test_rouge_is_its_definition_and_the_best_reference_counts():
    rng = np.random.default_rng(0)
    draw = lambda: list(rng.choice(list("abcde"), int(rng.integers(1, 7))))  # noqa: E731
    summaries, references = (
        [draw() for _ in range(12)],
        [[draw() for _ in range(rng.integers(1, 4))] for _ in range(12)],
    )
    found = rouge_scores([" ".join(each) for each in summaries], [[" ".join(r) for r in those] for those in references])
    for row, (own, those) in enumerate(zip(summaries, references, strict=True)):
        expected = np.max([by_definition(own, each) for each in those], axis=0)
        np.testing.assert_allclose([found[name][row] for name in ("rouge1", "rouge2", "rouge_l")], expected)


def test_rouge_knows_stems_and_no_capitals():
    assert rouge_scores(["Meeting reports!"], [["the report meetings"]])["rouge1"] == pytest.approx(f1(2, 2, 3))
    assert rouge_scores([""], [["a"]])["rouge_l"] == 0
    with pytest.raises(ValueError, match="must have a reference"):
        rouge_scores(["a"], [[]])


def test_interval_is_that_of_the_normal_distribution_for_many_values():
    values = np.random.default_rng(1).normal(5, 2, 4000)
    low, high = bootstrap_interval(values)
    error = 1.96 * values.std() / np.sqrt(len(values))
    assert (low, high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.01)
    assert bootstrap_interval(values) == (low, high)


def test_copied_and_repeated_words_are_shares_of_all_words():
    assert copied_words(["The Cat sat, sat", "dog"], ["a cat sat.", "x"]) == 3 / 5
    assert repeated_words(["The Cat the cat.", "dog"]) == 2 / 5
    assert copied_words(["!"], ["a"]) == repeated_words([""]) == 0
