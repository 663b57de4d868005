"""Metrics of summaries: ROUGE with bootstrap intervals, and the share of copied words."""

import importlib.util
from collections.abc import Sequence

import numpy as np

from seqjax.data.text.words import split_words

ROUGE = {"rouge1": "rouge1", "rouge2": "rouge2", "rouge_l": "rougeL"}
RESAMPLES = 1000  # of the bootstrap


def rouge_is_installed() -> bool:
    """True if the package rouge-score is there; it comes with the extra ``summarization``."""
    return importlib.util.find_spec("rouge_score") is not None


def rouge_scores(summaries: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """ROUGE-1, ROUGE-2 and ROUGE-L of N summaries (Lin 2004): F1 in percent, ``[N]`` each.

    By rouge-score with its stemmer, as in the published results of its authors; of several references the best one
    counts. Words are runs of a to z and 0 to 9, so that it says nothing about other scripts.

    Args:
      summaries: The summaries.
      references: One or more for each.

    Raises:
      ImportError: rouge-score is not installed.
      ValueError: Another number of references than of summaries, or a summary without one.
    """
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(ROUGE.values()), use_stemmer=True)
    scores = []
    for own, those in zip(summaries, references, strict=True):
        if not those:
            raise ValueError("each summary must have a reference, not none")
        found = scorer.score_multi(those, own)
        scores.append([100 * found[name].fmeasure for name in ROUGE.values()])
    return dict(zip(ROUGE, np.array(scores).reshape(-1, len(ROUGE)).T, strict=True))


def bootstrap_interval(values: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """The central 95 percent of the means of 1,000 resamples of ``values [N]`` with replacement.

    Percentile bootstrap (Efron & Tibshirani 1993, chapter 13).
    """
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def copied_words(summaries: Sequence[str], sources: Sequence[str]) -> float:
    """The share of the words of N summaries that are words of their source, apart from capitals; 0 without words."""
    copied = total = 0
    for summary, source in zip(summaries, sources, strict=True):
        known = set(_words(source))
        words = _words(summary)
        copied += sum(word in known for word in words)
        total += len(words)
    return copied / max(total, 1)


def repeated_words(summaries: Sequence[str]) -> float:
    """The share of the words of N summaries that occur in their summary before, apart from capitals."""
    words = [_words(summary) for summary in summaries]
    return sum(len(each) - len(set(each)) for each in words) / max(sum(map(len, words)), 1)


def _words(text: str) -> list[str]:
    return [word for word in split_words(text.casefold()) if word[:1].isalnum()]
