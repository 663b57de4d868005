"""Baselines of text classification that ignore word order.

Naive Bayes and logistic regression are scikit-learn's, which comes with the extra ``baselines``.
"""

from collections.abc import Callable, Sequence

import numpy as np


def majority(train_labels: np.ndarray, count: int, classes: int) -> np.ndarray:
    """Class frequencies of the training labels, as the probabilities ``[N, C]`` of each of ``count`` texts."""
    frequencies = np.bincount(train_labels, minlength=classes) / len(train_labels)
    return np.tile(frequencies, (count, 1))


def bigram_classifiers(
    split: Callable[[str], list[str]],
    train_texts: Sequence[str],
    train_labels: np.ndarray,
    texts: Sequence[str],
    classes: int,
) -> dict[str, np.ndarray]:
    """Class probabilities ``[N, C]`` by naive Bayes and logistic regression on unigrams and bigrams.

    Only unigrams and bigrams that are in two or more training texts count. Naive Bayes is multinomial on their
    presence, with add-one smoothing (Wang & Manning 2012); logistic regression is on TF-IDF with term
    frequency 1 + log(count) and C = 10. Nothing was tuned.

    Args:
      split: Divides a text into words.
      train_texts: The training texts.
      train_labels: Index of the class of each training text.
      texts: The N texts to classify.
      classes: Number of classes C.

    Returns:
      Probabilities by the name of the classifier; nothing if no word is in two training texts, or all these texts have
      the same label.

    Raises:
      ImportError: scikit-learn is not installed.
    """
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB

    vectorizer = CountVectorizer(
        tokenizer=split, token_pattern=None, lowercase=False, ngram_range=(1, 2), min_df=min(2, len(train_texts))
    )
    try:
        train_counts = vectorizer.fit_transform(train_texts)
    except ValueError:  # No word counts.
        return {}
    known = np.unique(train_labels)
    if len(known) < 2:
        return {}
    counts = vectorizer.transform(texts)
    bayes = MultinomialNB().fit(train_counts > 0, train_labels)
    tfidf = TfidfTransformer(sublinear_tf=True)
    regression = LogisticRegression(C=10, max_iter=1000).fit(tfidf.fit_transform(train_counts), train_labels)
    predictions = {
        "naive Bayes": bayes.predict_proba(counts > 0),
        "logistic regression": regression.predict_proba(tfidf.transform(counts)),
    }
    probabilities = {name: np.zeros((len(texts), classes)) for name in predictions}
    for name, columns in predictions.items():
        probabilities[name][:, known] = columns
    return probabilities
