"""Nearest text by TF-IDF, the baseline of models that answer texts."""

from collections.abc import Sequence

import numpy as np


def nearest_texts(queries: Sequence[str], texts: Sequence[str]) -> list[int]:
    """The index of the text most like each query: the largest cosine of TF-IDF vectors of words, the first of several.

    Words are what blanks separate, lower-cased. A query without a known word gets the first text.

    Args:
      queries: N texts.
      texts: One or more texts.

    Raises:
      ImportError: scikit-learn is not installed.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(token_pattern=r"\S+")
    known = vectorizer.fit_transform(texts)
    return [int(row) for row in np.argmax((vectorizer.transform(queries) @ known.T).toarray(), axis=1)]
