"""A translation model with its vocabularies: texts in, translations out."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from seqjax.data.batching import padded
from seqjax.data.text.words import one_line
from seqjax.data.vocabulary import Vocabulary, normalise
from seqjax.decoding.constraints import Step
from seqjax.decoding.search import BatchedSearch, Hypothesis, Search
from seqjax.models.pure import pure
from seqjax.typing import Array, Keys, PRNGKey


class Translator:
    """Preprocessing, a model and a search, as pure functions of the model's parameters.

    Sources are padded to one of a few bucket sizes, to limit the number of shapes. A source longer than the last size
    is truncated to its first tokens. The bucket, and so the translation, depends only on the source.

    Args:
      module: A :class:`~seqjax.models.seq2seq.Seq2Seq`.
      source: Vocabulary of the sources.
      target: Vocabulary of the targets.
      bucket_sizes: Bucket sizes in tokens, ascending.

    Attributes:
      initial_params: The parameters of ``module``.
    """

    def __init__(self, module: Any, source: Vocabulary, target: Vocabulary, bucket_sizes: Sequence[int]) -> None:
        self.source, self.target, self.bucket_sizes = source, target, tuple(bucket_sizes)
        self._model, self.initial_params = pure(module)
        self._search = BatchedSearch(self._start)

    def logits(
        self, params: Any, src: Array, tgt_in: Array, key: PRNGKey | None, sampling_rate: Array | None = None
    ) -> Array:
        """Logits ``[B, T, V]`` of the token after each of ``tgt_in [B, T]``, for sources ``src [B, S]``.

        A key turns dropout on; see :class:`~seqjax.models.seq2seq.Seq2Seq` for the sampling rate, which needs a key.
        """
        logits: Array = self._model(params)(src, tgt_in, key=key, sampling_rate=sampling_rate)
        return logits

    def encode(self, sources: Sequence[str]) -> list[np.ndarray]:
        """Token ids of sources, each on one line, ``int32 [S]`` each."""
        return [self.source.encode(one_line(text)) for text in sources]

    def translate(
        self, params: Any, sources: Sequence[str], search: Search, keys: Keys | None = None
    ) -> list[list[Hypothesis]]:
        """Translates N texts.

        Args:
          params: The parameters.
          sources: The texts.
          search: Search options.
          keys: For sampling, one key for each source ``[N]``.

        Returns:
          Up to ``search.n_best`` hypotheses for each source, best first; none for a source without tokens. Their
          attention is over the tokens of the source after truncation.
        """
        ids = self.encode(sources)
        lengths = np.minimum([len(each) for each in ids], self.bucket_sizes[-1])
        place = np.searchsorted(self.bucket_sizes, lengths)
        translations: list[list[Hypothesis]] = [[] for _ in ids]
        for index, size in enumerate(self.bucket_sizes):
            rows = np.flatnonzero((place == index) & (lengths > 0))
            if not len(rows):
                continue
            src = padded([ids[row][:size] for row in rows], size)
            decoded = self._search(params, src, search, None if keys is None else keys[rows])
            for row, hypotheses in zip(rows, decoded, strict=True):
                translations[row] = [_cropped(hypothesis, int(lengths[row])) for hypothesis in hypotheses]
        return translations

    def text(self, hypothesis: Hypothesis) -> str:
        """The text of a hypothesis, on one line."""
        return one_line(self.target.decode(hypothesis.ids))

    def reference(self, target: str) -> str:
        """A target as translations are compared with it: with letters composed, lower-cased if the vocabulary is."""
        return one_line(normalise(target, "NFC", self.target.lowercase))

    def _start(self, params: Any, src: Array) -> tuple[Step, Any]:
        model = self._model(params)
        context, carry = model.encode(src)
        return partial(model.step, context), carry


def _cropped(hypothesis: Hypothesis, source_length: int) -> Hypothesis:
    """A hypothesis without the attention to padding."""
    if hypothesis.attention is None:
        return hypothesis
    return hypothesis._replace(attention=hypothesis.attention[:, :source_length])
