"""Baselines of summarisation: the first sentence, the leading words, and the summary of the nearest training text.

TF-IDF is scikit-learn's, which comes with the extra ``summarization``.
"""

import re
from collections.abc import Sequence

import numpy as np

from seqjax.data.text.words import one_line

_END = re.compile(r"(?<=[.!?。！？])\s+|\n\s*\n")  # noqa: RUF001
ROWS = 512  # texts that are compared at once


def first_sentence(text: str) -> str:
    """The first sentence of a text, on one line; it ends at a sign before a blank, or at an empty line."""
    return one_line(_END.split(text.strip(), maxsplit=1)[0])


def lead_words(text: str, count: int) -> str:
    """The first ``count`` words of a text, divided by blanks."""
    return " ".join(text.split()[:count])


def nearest_texts(texts: Sequence[str], training: Sequence[str]) -> np.ndarray:
    """Index of the most similar training text of each text, ``int [N]``; of equally similar ones the first.

    Similarity is the cosine of TF-IDF vectors of lower-cased words, with term frequency 1 + log(count).

    Args:
      texts: N texts.
      training: Those that are searched, at least one.

    Raises:
      ImportError: scikit-learn is not installed.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not texts:
        return np.zeros(0, int)
    vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    try:
        known = vectorizer.fit_transform(training)
    except ValueError:  # No text has a word.
        return np.zeros(len(texts), int)
    own = vectorizer.transform(texts)
    nearest = [
        np.asarray((own[begin : begin + ROWS] @ known.T).todense()).argmax(axis=1)
        for begin in range(0, len(texts), ROWS)
    ]
    return np.concatenate(nearest)
