"""A baseline of the classification of frames that ignores their order.

It is scikit-learn's, which comes with the extra ``baselines``.
"""

from collections.abc import Sequence

import numpy as np


def logistic_regression(
    training: Sequence[np.ndarray], train_labels: np.ndarray, sequences: Sequence[np.ndarray], classes: int
) -> np.ndarray:
    """Class probabilities ``[N, C]`` by logistic regression on each column's mean and standard deviation over time.

    The statistics are standardised, and C = 1. Nothing was tuned. With one class in training its probability is 1.

    Args:
      training: The training sequences, ``[T, D]`` each.
      train_labels: Index of the class of each.
      sequences: The N sequences to classify.
      classes: Number of classes C.

    Raises:
      ImportError: scikit-learn is not installed.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known = np.unique(train_labels)
    probabilities = np.zeros((len(sequences), classes))
    if len(known) < 2:
        probabilities[:, known] = 1
        return probabilities
    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    regression.fit(_statistics(training), train_labels)
    probabilities[:, known] = regression.predict_proba(_statistics(sequences))
    return probabilities


def _statistics(sequences: Sequence[np.ndarray]) -> np.ndarray:
    """Mean and standard deviation over time, ``[N, 2 D]``."""
    return np.stack([np.concatenate([each.mean(axis=0), each.std(axis=0)]) for each in sequences])
