"""Nearest text by TF-IDF, the baseline of models that answer texts."""

from collections.abc import Sequence

import numpy as np

ROWS = 256  # queries that are compared at once, so that memory stays small


def nearest_texts(queries: Sequence[str], texts: Sequence[str]) -> list[int]:
    """The index of the text most like each query: the largest cosine of TF-IDF vectors of words, the first of several.

    Words are what blanks separate, lower-cased. A query without a known word gets the first text, and so do all queries
    if no text has a word.

    Args:
      queries: N texts.
      texts: One or more texts.

    Raises:
      ImportError: scikit-learn is not installed.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(token_pattern=r"\S+")
    if not queries or not any(map(str.split, texts)):
        return [0] * len(queries)
    known = vectorizer.fit_transform(texts)
    asked = vectorizer.transform(queries)
    found: list[int] = []
    for begin in range(0, len(queries), ROWS):
        found += np.argmax((asked[begin : begin + ROWS] @ known.T).toarray(), axis=1).tolist()
    return found
