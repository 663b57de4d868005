"""Counts of tokens and of pairs of them: what every language model has to beat."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqjax.data.text.documents import Stream, stream
from seqjax.tokens import PAD


@dataclass(frozen=True)
class PairCounts:
    """How often tokens stand in the training part, and which follow which.

    Attributes:
      singles: How often each token is a target, ``[V]``.
      pairs: Numbers of the pairs that occur, input times V plus target, rising, ``[P]``.
      counts: How often each occurs, ``[P]``.
    """

    singles: np.ndarray
    pairs: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, documents: Sequence[np.ndarray], vocabulary: int, *, whole: bool) -> "PairCounts":
        """Counts encoded documents."""
        tokens = stream(documents, whole=whole)
        codes = tokens.inputs[0].astype(np.int64) * vocabulary + tokens.targets[0]
        pairs, counts = np.unique(codes, return_counts=True)
        return cls(np.bincount(tokens.targets[0], minlength=vocabulary), pairs, counts)

    def single_nats(self, tokens: Stream) -> np.ndarray:
        """The cross-entropy of each target from frequencies alone, one added to each count; 0 at padding."""
        nats = -np.log(self._frequencies()[tokens.targets])
        return np.where(tokens.targets == PAD, 0, nats)

    def nats(self, tokens: Stream) -> np.ndarray:
        """The same from the token before, smoothed as Witten & Bell 1991 do (method C): 0 at padding.

        A token that was followed by d different ones in n places gives d / (n + d) of its probability to what
        frequencies alone say.
        """
        vocabulary = len(self.singles)
        before = self.pairs // vocabulary
        places = np.bincount(before, weights=self.counts, minlength=vocabulary)
        different = np.bincount(before, minlength=vocabulary)
        codes = tokens.inputs.astype(np.int64) * vocabulary + tokens.targets
        at = np.minimum(np.searchsorted(self.pairs, codes), len(self.pairs) - 1)
        seen = np.where(self.pairs[at] == codes, self.counts[at], 0)
        n, d = places[tokens.inputs], different[tokens.inputs]
        rest = np.where(n > 0, d / np.maximum(n + d, 1), 1.0)
        followed = np.where(n > 0, seen / np.maximum(n, 1), 0.0)
        nats = -np.log((1 - rest) * followed + rest * self._frequencies()[tokens.targets])
        return np.where(tokens.targets == PAD, 0, nats)

    def _frequencies(self) -> np.ndarray:
        frequencies: np.ndarray = (self.singles + 1) / (self.singles.sum() + len(self.singles))
        return frequencies
