"""A translation model with its vocabularies: texts in, translations out."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.data.batching import padded
from seqjax.data.text.copying import CopyText, encode_source, encode_target
from seqjax.data.text.words import one_line
from seqjax.data.vocabulary import Vocabulary, normalise
from seqjax.decoding.constraints import Step
from seqjax.decoding.search import BatchedSearch, Hypothesis, Search
from seqjax.losses import coverage_loss, token_cross_entropy
from seqjax.models.encoder import CopySource
from seqjax.models.pure import pure
from seqjax.tokens import BOS
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
      copies: Whether the model copies words of the source; see :mod:`seqjax.models.pointer`.
    """

    def __init__(self, module: Any, source: Vocabulary, target: Vocabulary, bucket_sizes: Sequence[int]) -> None:
        self.source, self.target, self.bucket_sizes = source, target, tuple(bucket_sizes)
        self._model, self.initial_params = pure(module)
        self.copies: bool = getattr(getattr(module, "decoder", None), "gate", None) is not None
        self._search = BatchedSearch(self._start)
        self._copy_weights = jax.jit(self._forced_copy_weights)

    def logits(
        self, params: Any, src: Array, tgt_in: Array, key: PRNGKey | None, sampling_rate: Array | None = None
    ) -> Array:
        """Logits ``[B, T, V]`` of the token after each of ``tgt_in [B, T]``, for sources ``src [B, S]``.

        A key turns dropout on; see :class:`~seqjax.models.seq2seq.Seq2Seq` for the sampling rate, which needs a key.
        """
        logits: Array = self._model(params)(src, tgt_in, key=key, sampling_rate=sampling_rate)
        return logits

    def token_losses(
        self,
        params: Any,
        source: Array | CopySource,
        tgt: Array,
        key: PRNGKey | None,
        *,
        smoothing: float = 0.0,
        coverage: float = 0.0,
    ) -> Array:
        """The loss of each target token ``[B, T]``, its cross-entropy in nats; 0 at padding.

        Args:
          params: The parameters.
          source: Token ids ``[B, S]``, or for a model that copies a :class:`~seqjax.models.encoder.CopySource`.
          tgt: Token ids of targets between BOS and EOS, ``[B, T + 1]``.
          key: Turns dropout on; None for none.
          smoothing: Share of the probability that is spread over the vocabulary.
          coverage: Weight of :func:`~seqjax.losses.coverage_loss`, for a model with attention.
        """
        encode_key, decode_key = (None, None) if key is None else jax.random.split(key)
        model, tgt_in, tgt_out = self._model(params), tgt[:, :-1], tgt[:, 1:]
        context, carry = model.encode(source, key=encode_key)
        if self.copies:
            _, mixture = model.decoder.decode_mixture(context, carry, tgt_in, key=decode_key)
            losses, weights = mixture.token_losses(tgt_out, smoothing), mixture.weights
        else:
            _, logits, weights = model.decoder.decode(context, carry, tgt_in, key=decode_key)
            losses = token_cross_entropy(logits, tgt_out, smoothing)
        if coverage:
            losses += coverage * coverage_loss(weights, tgt_out)
        return jnp.asarray(losses)

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
        texts = self.encode_sources(sources)
        lengths = np.array([len(each.ids) for each in texts], int)
        place = np.searchsorted(self.bucket_sizes, lengths)
        translations: list[list[Hypothesis]] = [[] for _ in texts]
        for index, size in enumerate(self.bucket_sizes):
            rows = np.flatnonzero((place == index) & (lengths > 0))
            if not len(rows):
                continue
            src = self.batch([texts[row] for row in rows], size)
            decoded = self._search(params, src, search, None if keys is None else keys[rows])
            for row, hypotheses in zip(rows, decoded, strict=True):
                cropped = [_cropped(hypothesis, int(lengths[row])) for hypothesis in hypotheses]
                translations[row] = [each._replace(words=texts[row].words) for each in cropped]
        return translations

    def encode_sources(self, sources: Sequence[str]) -> list[CopyText]:
        """Sources, each on one line, truncated to the last bucket; without copying there are no ``copy_ids``."""
        largest = self.bucket_sizes[-1]
        if self.copies:
            return [encode_source(self.source, self.target, one_line(text), largest) for text in sources]
        return [CopyText(ids[:largest], np.zeros(0, np.int32), (), len(ids)) for ids in self.encode(sources)]

    def encode_target(self, target: str, source: CopyText) -> np.ndarray:
        """Ids of a target, ``int32 [T]``; unknown words of its source have ids above the vocabulary."""
        return encode_target(self.target, target, source.words) if self.copies else self.target.encode(target)

    def batch(self, sources: Sequence[CopyText], size: int) -> np.ndarray | CopySource:
        """Sources of at most ``size`` tokens as the model takes them."""
        ids = padded([each.ids for each in sources], size)
        return CopySource(ids, padded([each.copy_ids for each in sources], size)) if self.copies else ids

    def copy_weights(self, params: Any, source: str, hypothesis: Hypothesis) -> np.ndarray:
        """The probability with which each position of the source was copied for each token, ``[T, S]``.

        Args:
          params: The parameters.
          source: The source of the hypothesis.
          hypothesis: A hypothesis of a model that copies.
        """
        (text,) = self.encode_sources([source])
        size = self.bucket_sizes[int(np.searchsorted(self.bucket_sizes, len(text.ids)))]
        tgt_in = np.array([[BOS, *hypothesis.ids[:-1]]], np.int32)
        weights = self._copy_weights(params, self.batch([text], size), tgt_in)
        return np.asarray(weights)[0, :, : len(text.ids)]

    def text(self, hypothesis: Hypothesis) -> str:
        """The text of a hypothesis, on one line."""
        return one_line(self.target.decode(hypothesis.ids, hypothesis.words))

    def written(self, hypothesis: Hypothesis) -> list[str]:
        """The tokens of a hypothesis."""
        tokens = [*self.target.tokens, *hypothesis.words]
        return [tokens[index] for index in hypothesis.ids]

    def reference(self, target: str) -> str:
        """A target as translations are compared with it: with letters composed, lower-cased if the vocabulary is."""
        return one_line(normalise(target, "NFC", self.target.lowercase))

    def _forced_copy_weights(self, params: Any, source: CopySource, tgt_in: Array) -> Array:
        return jnp.asarray(self._model(params).mixture(source, tgt_in).copy_weights())

    def _start(self, params: Any, src: Array | CopySource) -> tuple[Step, Any]:
        model = self._model(params)
        context, carry = model.encode(src)
        return partial(model.step, context), carry


def _cropped(hypothesis: Hypothesis, source_length: int) -> Hypothesis:
    """A hypothesis without the attention to padding."""
    if hypothesis.attention is None:
        return hypothesis
    return hypothesis._replace(attention=hypothesis.attention[:, :source_length])
