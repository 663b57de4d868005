"""Unigram and bigram models: the baselines of a language model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqjax.data.text.streams import Stream, stream
from seqjax.tokens import PAD


@dataclass(frozen=True)
class BigramModel:
    """A bigram model that backs off to a unigram model, by counts of the training part.

    With c(v) the number of times that token v is a target, and N the number of all targets,

        p(v) = (c(v) + 1) / (N + V).

    With c(u, v) the number of times that v follows u, n = sum_v c(u, v), and d the number of distinct v that follow u,

        p(v | u) = n / (n + d) * c(u, v) / n + d / (n + d) * p(v),

    and p(v) if u was never read. Source: Witten & Bell 1991, method C.

    Attributes:
      unigrams: c(v), ``int [V]``.
      bigrams: The P bigrams that occur, as ``u * V + v``, rising, ``int64 [P]``.
      counts: c(u, v) of these bigrams, ``int [P]``.
    """

    unigrams: np.ndarray
    bigrams: np.ndarray
    counts: np.ndarray

    @classmethod
    def fit(cls, documents: Sequence[np.ndarray], vocabulary_size: int, *, whole: bool) -> "BigramModel":
        """Counts the bigrams of documents.

        Args:
          documents: Token ids of each document, ``int32 [T]``; BOS stands before each.
          vocabulary_size: Tokens V.
          whole: True to count EOS after each document.
        """
        tokens = stream(documents, whole=whole)
        codes = tokens.inputs[0].astype(np.int64) * vocabulary_size + tokens.targets[0]
        bigrams, counts = np.unique(codes, return_counts=True)
        return cls(np.bincount(tokens.targets[0], minlength=vocabulary_size), bigrams, counts)

    def unigram_losses(self, tokens: Stream) -> np.ndarray:
        """``-log p(v)`` of each target v in nats, ``[B, T]``; 0 at padding."""
        losses = -np.log(self._unigram_probabilities()[tokens.targets])
        return np.where(tokens.targets == PAD, 0, losses)

    def losses(self, tokens: Stream) -> np.ndarray:
        """``-log p(v | u)`` of each target v, given its input u, in nats, ``[B, T]``; 0 at padding."""
        size = len(self.unigrams)
        histories = self.bigrams // size
        history_counts = np.bincount(histories, weights=self.counts, minlength=size)
        continuations = np.bincount(histories, minlength=size)
        codes = tokens.inputs.astype(np.int64) * size + tokens.targets
        index = np.minimum(np.searchsorted(self.bigrams, codes), len(self.bigrams) - 1)
        count = np.where(self.bigrams[index] == codes, self.counts[index], 0)
        n, d = history_counts[tokens.inputs], continuations[tokens.inputs]
        backoff = np.where(n > 0, d / np.maximum(n + d, 1), 1.0)
        relative = np.where(n > 0, count / np.maximum(n, 1), 0.0)
        losses = -np.log((1 - backoff) * relative + backoff * self._unigram_probabilities()[tokens.targets])
        return np.where(tokens.targets == PAD, 0, losses)

    def _unigram_probabilities(self) -> np.ndarray:
        """``p(v)``, ``[V]``."""
        probabilities: np.ndarray = (self.unigrams + 1) / (self.unigrams.sum() + len(self.unigrams))
        return probabilities
