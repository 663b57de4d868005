"""Baselines of speech recognition."""

from collections import Counter
from collections.abc import Sequence


def most_frequent(texts: Sequence[str]) -> str:
    """The most frequent of some texts; of equally frequent ones the first in alphabetical order."""
    counts = Counter(texts)
    return min(counts, key=lambda text: (-counts[text], text))
