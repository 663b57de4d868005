"""Measures of predicted frames of piano rolls."""

from collections.abc import Sequence

import numpy as np

DISTANCES = (4, 8, 16, 32, 64, 128, 256, 512)


def frame_measures(log_odds: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Measures of predicted frames.

    - ``nll``: the negative log-probability of a frame in nats, summed over its keys; the mean over frames
      (Boulanger-Lewandowski et al. 2012, section 6).
    - ``accuracy``: TP / (TP + FP + FN) over all frames together, where a key is predicted to sound if its log-odds are
      above 0 (Bay et al. 2009, section 3). 1 if no key sounds and none is predicted to.

    Args:
      log_odds: Log-odds that each of D keys sounds, ``[T, D]``.
      targets: 1 for the keys that sound, 0 for the others, ``[T, D]``.
    """
    odds = np.asarray(log_odds, np.float64)
    predicted, sounds = odds > 0, targets > 0
    either = np.sum(predicted | sounds)
    return {
        "nll": float(_frame_nll(odds, sounds).mean()),
        "accuracy": float(np.sum(predicted & sounds) / either) if either else 1.0,
    }


def nll_by_distance(log_odds: Sequence[np.ndarray], targets: Sequence[np.ndarray]) -> dict[int, float]:
    """Mean ``nll`` of frames by their distance from the start of the piece, in groups.

    The first group has the frames with at most 4 frames before them, the second those with 5 to 8, and so on to 512;
    the last group has all the others.

    Args:
      log_odds: For each piece the log-odds of all frames but the first, ``[T - 1, D]``.
      targets: These frames, ``[T - 1, D]``.

    Returns:
      The mean of each group that has frames, by the largest distance in the group.
    """
    distance = np.concatenate([1 + np.arange(len(each)) for each in targets])
    nll = np.concatenate([_frame_nll(*each) for each in zip(log_odds, targets, strict=True)])
    group = np.searchsorted(DISTANCES, distance)
    ends = (*DISTANCES, int(distance.max()))
    return {end: float(nll[group == index].mean()) for index, end in enumerate(ends) if np.any(group == index)}


def _frame_nll(log_odds: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The negative log-probability of each frame in nats, ``[T]``, in the precision of ``log_odds``."""
    nll: np.ndarray = (np.logaddexp(0, log_odds) - log_odds * targets).sum(axis=1)
    return nll
