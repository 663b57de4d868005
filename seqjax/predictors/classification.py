"""A classifier with what it needs, such as a vocabulary and classes: texts in, class probabilities out."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.data.batching import by_length, padded
from seqjax.data.vocabulary import Vocabulary
from seqjax.masking import mask_from_lengths
from seqjax.models.pure import pure
from seqjax.typing import Array, PRNGKey

BATCH_SIZE = 64  # sequences that are classified at once; no result depends on it
TRUNCATIONS = ("head", "tail", "both")


class Classifier:
    """A model of sequences and the names of its classes, as pure functions of the model's parameters.

    Sequences are padded to one of a few bucket sizes, so that there are few shapes. A sequence above the last one is
    truncated to it: to its head, to its tail, or to both ends.

    Args:
      module: One of the modules in :mod:`seqjax.models.classifier`.
      classes: Names of the C classes.
      bucket_sizes: Sizes of buckets in tokens or frames, rising.
      truncation: "head", "tail" or "both".

    Attributes:
      initial_params: The parameters of ``module``.
    """

    def __init__(self, module: Any, classes: Sequence[str], bucket_sizes: Sequence[int], truncation: str) -> None:
        if truncation not in TRUNCATIONS:
            raise ValueError(f"truncation must be one of {', '.join(map(repr, TRUNCATIONS))}, not {truncation!r}")
        self.classes, self.bucket_sizes, self.truncation = tuple(classes), tuple(bucket_sizes), truncation
        self._model, self.initial_params = pure(module)

        def probabilities(params: Any, x: Array, lengths: Array) -> Array:
            return jax.nn.softmax(self.logits(params, x, lengths, None))

        self._probabilities = jax.jit(probabilities)

    def logits(self, params: Any, x: Array, lengths: Array, key: PRNGKey | None) -> Array:
        """Class logits ``[B, C]`` of ids or frames ``[B, T, ...]``, of which the first ``lengths [B]`` are real.

        A key turns dropout on.
        """
        logits: Array = self._model(params)(x, mask_from_lengths(lengths, x.shape[1]), key=key)
        return logits

    def probabilities(self, params: Any, sequences: Sequence[np.ndarray]) -> np.ndarray:
        """Class probabilities of encoded sequences, ``[N, C]``."""
        probabilities = np.zeros((len(sequences), len(self.classes)))
        lengths = np.array([len(each) for each in sequences], int)
        for size, rows in by_length(lengths, self.bucket_sizes, BATCH_SIZE):
            batch = padded_rows([sequences[row] for row in rows], size, BATCH_SIZE)
            probabilities[rows] = np.asarray(self._probabilities(params, *batch))[: len(rows)]
        return probabilities

    def truncated(self, sequence: Any) -> list[Any]:
        """The one or two parts of a sequence that are left of it."""
        size = self.bucket_sizes[-1]
        if len(sequence) <= size or self.truncation == "head":
            return [sequence[:size]]
        if self.truncation == "tail":
            return [sequence[-size:]]
        return [sequence[: size - size // 2], sequence[len(sequence) - size // 2 :]]


class TextClassifier(Classifier):
    """A classifier of texts with its vocabulary.

    Args:
      module: One of the modules in :mod:`seqjax.models.classifier` for tokens.
      vocabulary: The vocabulary, whose V tokens the module embeds.
      classes: Names of the C classes.
      bucket_sizes: Sizes of buckets in tokens, rising.
      truncation: "head", "tail" or "both".
    """

    def __init__(
        self,
        module: Any,
        vocabulary: Vocabulary,
        classes: Sequence[str],
        bucket_sizes: Sequence[int],
        truncation: str = "head",
    ) -> None:
        super().__init__(module, classes, bucket_sizes, truncation)
        self.vocabulary = vocabulary
        self._explain = jax.jit(self._contributions)

    def tokens(self, text: str) -> list[str]:
        """The tokens of a text that the model reads."""
        return [token for part in self.truncated(self.vocabulary.split(text)) for token in part]

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Token ids of the texts that the model reads, ``int32 [T]`` each."""
        return [np.concatenate(self.truncated(self.vocabulary.encode(text))) for text in texts]

    def classify(self, params: Any, texts: Sequence[str]) -> np.ndarray:
        """Class probabilities of texts, ``[N, C]``."""
        return self.probabilities(params, self.encode(texts))

    def explain(self, params: Any, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Contributions of the tokens of an encoded text to its class, and their attention weights, ``[T]`` each.

        A contribution is the token's embedding times the gradient of the predicted class's logit minus the mean logit
        of the others (gradient x input, Shrikumar et al. 2016, section 3).
        """
        contributions, attention = self._explain(params, *padded_rows([ids], self.bucket_sizes[-1], 1))
        return np.asarray(contributions)[0, : len(ids)], np.asarray(attention)[0, : len(ids)]

    def _contributions(self, params: Any, ids: Array, lengths: Array) -> tuple[Array, Array]:
        model = self._model(params)
        mask = mask_from_lengths(lengths, ids.shape[1])

        def margin(x: Array) -> tuple[Array, Array]:
            logits, attention = model.classify(x, mask)
            best = jax.nn.one_hot(jnp.argmax(logits, axis=-1), logits.shape[-1], dtype=logits.dtype)
            return jnp.sum(logits * (best - (1 - best) / (logits.shape[-1] - 1))), attention

        x = model.embed(ids)
        gradient, attention = jax.grad(margin, has_aux=True)(x)
        return jnp.sum(x * gradient, axis=-1), attention


def padded_rows(sequences: Sequence[np.ndarray], size: int, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Pads one or more encoded sequences to ``[batch_size, size, ...]``, with empty rows at the end; and their lengths.

    Args:
      sequences: Ids ``int32 [T]`` or frames ``float32 [T, D]`` each.
      size: Length of a row.
      batch_size: Number of rows.
    """
    filled = [*sequences, *[sequences[0][:0]] * (batch_size - len(sequences))]
    return padded(filled, size), np.array([len(each) for each in filled], np.int32)
