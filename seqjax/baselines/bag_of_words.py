"""What a text classifier has to beat: rules that know which words a text has, and not their order.

Naive Bayes and logistic regression are scikit-learn's, which comes with the extra ``baselines``.
"""

from collections.abc import Callable, Sequence

import numpy as np


def majority(train_labels: np.ndarray, count: int, classes: int) -> np.ndarray:
    """The training part's shares of the classes as probabilities of each of ``count`` texts, ``[N, C]``."""
    shares = np.bincount(train_labels, minlength=classes) / len(train_labels)
    return np.tile(shares, (count, 1))


def word_pairs(
    split: Callable[[str], list[str]],
    train_texts: Sequence[str],
    train_labels: np.ndarray,
    texts: Sequence[str],
) -> dict[str, np.ndarray]:
    """Probabilities ``[N, C]`` of texts from their words and pairs of words, by the name of the rule.

    Pairs count if they are in two training texts or more. Naive Bayes is multinomial, on which words there are, with
    one added to each count; logistic regression is on TF-IDF with 1 + log of the frequency, C = 10. Nothing was tuned.

    Args:
      split: From a text to its words.
      train_texts: What they are fitted to.
      train_labels: Index of the class of each.
      texts: The N texts.
    """
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB

    vectorizer = CountVectorizer(
        tokenizer=split, token_pattern=None, lowercase=False, ngram_range=(1, 2), min_df=min(2, len(train_texts))
    )
    train_counts, counts = vectorizer.fit_transform(train_texts), vectorizer.transform(texts)
    bayes = MultinomialNB().fit(train_counts > 0, train_labels)
    scale = TfidfTransformer(sublinear_tf=True)
    regression = LogisticRegression(C=10, max_iter=1000).fit(scale.fit_transform(train_counts), train_labels)
    return {
        "naive Bayes": bayes.predict_proba(counts > 0),
        "logistic regression": regression.predict_proba(scale.transform(counts)),
    }
