"""Measures of predicted frames of a piano roll."""

import numpy as np


def frame_measures(log_odds: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Measures of the log-odds ``[T, D]`` that each of D keys sounds, given what does, by name.

    - ``nll``: negative log-probability in nats, summed over keys, its mean over frames (Boulanger-Lewandowski et al.
      2012, section 6);
    - ``accuracy``: TP / (TP + FP + FN) over all frames together, of keys that are likelier than not to sound (Bay et
      al. 2009, section 3); 1 where nothing sounds and nothing was said to.
    """
    odds = np.asarray(log_odds, np.float64)
    said, sounds = odds > 0, truth > 0
    either = np.sum(said | sounds)
    return {
        "nll": float((np.logaddexp(0, odds) - odds * sounds).sum(axis=1).mean()),
        "accuracy": float(np.sum(said & sounds) / either) if either else 1.0,
    }
