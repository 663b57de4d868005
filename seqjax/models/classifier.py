"""Classifiers of sequences, of tokens or of frames: one logit for each class out.

All have ``classify(x, mask, key) -> (logits, weights)`` with the logits ``[B, C]`` of frames ``x [B, T, D]`` and the
weight ``[B, T]`` of each frame in the pooled vector. Those of tokens also have ``embed(ids, key) -> x``, the embeddings
``[B, T, E]`` of tokens ``ids [B, T]``. Called as ``model(ids_or_frames, mask, key=None)`` they return the logits. A
``key`` turns dropout on. Empty rows get logits too, all the same.
"""

from dataclasses import fields
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import FeedForward, Noise, dropout
from seqjax.layers.arguments import check_rate
from seqjax.layers.attention import masked_softmax
from seqjax.layers.dropout import Noisy
from seqjax.layers.recurrent import LAYERS
from seqjax.models.encoder import last_hidden
from seqjax.tokens import UNK
from seqjax.typing import Array, Ids, Inputs, Mask, PRNGKey

POOLINGS = ("last", "mean", "max", "attention")


class Embedder(Noisy):
    """Embeddings of tokens, initially from N(0, 1/E), with word dropout.

    Args:
      vocabulary: Vocabulary size V.
      features: Width E.
      word_dropout: Probability that a token is replaced by UNK, so that the embedding of UNK is trained and no single
        word decides. (Iyyer et al. 2015, section 2.3, remove the token.)
      dropout: Probability of dropping an entry of an embedding.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: A rate outside [0, 1).
    """

    def __init__(self, vocabulary: int, features: int, *, word_dropout: float, dropout: float, rngs: nnx.Rngs) -> None:
        self.word_dropout = check_rate("word_dropout", word_dropout)
        self.dropout = check_rate("embed_dropout", dropout)
        self.table = nnx.Embed(vocabulary, features, rngs=rngs)

    def __call__(self, ids: Ids, key: PRNGKey | None = None) -> Inputs:
        """Embeddings ``[B, T, E]`` of ``ids [B, T]``; a key turns dropout on."""
        key = self.noise_key(key, word_dropout=self.word_dropout, embed_dropout=self.dropout)
        if key is None:
            return self.table(ids)
        word_key, key = jax.random.split(key)
        if self.word_dropout:
            ids = jnp.where(jax.random.bernoulli(word_key, self.word_dropout, ids.shape), UNK, ids)
        return dropout(self.table(ids), self.dropout, key)


class RecurrentFrameClassifier(Noisy):
    """A recurrent layer, pooling of its outputs to one vector, and a linear layer.

    With ``pooling="attention"`` the vector is a weighted mean of the outputs y_t (Yang et al. 2016, equations 5 to 7):

    .. code-block:: text

        weights = softmax over t of (v . tanh(W y_t + b))

    Args:
      in_features: Width D of a frame.
      classes: Number C of classes.
      cell: "elman", "gru" or "lstm".
      hidden_features: Width H of the carry, of each direction.
      pooling: "last", the top layer's last h, of each direction at its own end; "mean"; "max", entry by entry
        (Collobert & Weston 2008); or "attention".
      input_dropout: Probability of dropping an entry of a frame.
      output_dropout: Probability of dropping an entry of the pooled vector.
      rngs: Source of the initial parameters.
      options: Options of the layer: ``num_layers``, ``bidirectional`` and every kind of dropout.

    Raises:
      ValueError: An unknown pooling, a rate outside [0, 1), or an option that the layer rejects.
    """

    def __init__(
        self,
        in_features: int,
        classes: int,
        *,
        cell: str,
        hidden_features: int,
        pooling: str,
        input_dropout: float = 0.0,
        output_dropout: float,
        rngs: nnx.Rngs,
        **options: Any,
    ) -> None:
        if pooling not in POOLINGS:
            raise ValueError(f"pooling must be one of {', '.join(map(repr, POOLINGS))}, not {pooling!r}")
        self.pooling, self.output_dropout = pooling, check_rate("output_dropout", output_dropout)
        self.input_dropout = check_rate("input_dropout", input_dropout)
        noise = Noise(**{field.name: options.pop(field.name) for field in fields(Noise) if field.name in options})
        self.encoder = LAYERS[cell](in_features, hidden_features, noise=noise, rngs=rngs, **options)
        width = hidden_features * len(self.encoder.reverses)
        if pooling == "attention":
            self.attention_hidden = nnx.Linear(width, width, rngs=rngs)
            self.attention_score = nnx.Linear(width, 1, use_bias=False, rngs=rngs)
        self.output = nnx.Linear(width, classes, rngs=rngs)

    def __call__(self, x: Inputs, mask: Mask, *, key: PRNGKey | None = None) -> Array:
        """Logits ``[B, C]`` of frames ``x [B, T, D]``, of which those where ``mask [B, T]`` is True are read."""
        input_key, key = (None, None) if key is None else jax.random.split(key)
        input_key = self.noise_key(input_key, input_dropout=self.input_dropout)
        return self.classify(dropout(x, self.input_dropout, input_key), mask, key)[0]

    def classify(self, x: Inputs, mask: Mask, key: PRNGKey | None = None) -> tuple[Array, Array]:
        """Logits ``[B, C]`` and weights ``[B, T]`` of frames ``x [B, T, D]``, such as embedded tokens.

        Without attention all frames of a row have the same weight.
        """
        key = self.noise_key(key, output_dropout=self.output_dropout)
        layer_key, key = (None, None) if key is None else jax.random.split(key)
        y, carry = self.encoder(x, mask=mask, key=layer_key)
        weights = uniform_weights(mask, y.dtype)
        if self.pooling == "last":
            pooled = last_hidden(self.encoder, carry)
        elif self.pooling == "max":
            pooled = jnp.max(jnp.where(mask[..., None], y, -1), axis=1)  # no output is below -1
        else:
            if self.pooling == "attention":
                scores = self.attention_score(jnp.tanh(self.attention_hidden(y)))[..., 0]  # [B, T]
                weights = masked_softmax(scores, mask)
            pooled = jnp.einsum("bt,bth->bh", weights, y)
        return self.output(dropout(pooled, self.output_dropout, key)), weights


class RecurrentClassifier(RecurrentFrameClassifier):
    """Embeddings of tokens, which :class:`RecurrentFrameClassifier` reads as frames.

    Args:
      vocabulary: Vocabulary size V.
      classes: Number C of classes.
      embed_features: Width E of the embeddings.
      word_dropout: See :class:`Embedder`.
      embed_dropout: Probability of dropping an entry of an embedding.
      rngs: Source of the initial parameters.
      options: Arguments of :class:`RecurrentFrameClassifier`: ``cell``, ``hidden_features``, ``pooling``,
        ``output_dropout`` and the options of the layer.

    Raises:
      ValueError: An unknown pooling, a rate outside [0, 1), or an option that the layer rejects.
    """

    def __init__(
        self,
        vocabulary: int,
        classes: int,
        *,
        embed_features: int,
        word_dropout: float,
        embed_dropout: float,
        rngs: nnx.Rngs,
        **options: Any,
    ) -> None:
        self.embed = Embedder(vocabulary, embed_features, word_dropout=word_dropout, dropout=embed_dropout, rngs=rngs)
        super().__init__(embed_features, classes, rngs=rngs, **options)

    def __call__(self, ids: Ids, mask: Mask, *, key: PRNGKey | None = None) -> Array:
        """Logits ``[B, C]`` of ``ids [B, T]``, of which those where ``mask [B, T]`` is True are read."""
        embed_key, key = (None, None) if key is None else jax.random.split(key)
        return self.classify(self.embed(ids, embed_key), mask, key)[0]


class AveragingClassifier(nnx.Module):
    """A feed-forward network on the mean of the embeddings, which ignores word order (Iyyer et al. 2015).

    Args:
      vocabulary: Vocabulary size V.
      classes: Number C of classes.
      embed_features: Width E of the embeddings.
      hidden_features: Width of the hidden layers.
      num_layers: Number of hidden layers.
      word_dropout: See :class:`Embedder`.
      embed_dropout: Probability of dropping an entry of an embedding.
      output_dropout: Probability of dropping a hidden unit.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: A size below 1, or a rate outside [0, 1).
    """

    def __init__(
        self,
        vocabulary: int,
        classes: int,
        *,
        embed_features: int,
        hidden_features: int,
        num_layers: int,
        word_dropout: float,
        embed_dropout: float,
        output_dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        self.embed = Embedder(vocabulary, embed_features, word_dropout=word_dropout, dropout=embed_dropout, rngs=rngs)
        self.network = FeedForward(
            embed_features, hidden_features, classes, num_layers=num_layers, dropout=output_dropout, rngs=rngs
        )

    def __call__(self, ids: Ids, mask: Mask, *, key: PRNGKey | None = None) -> Array:
        """Logits ``[B, C]`` of ``ids [B, T]``, of which those where ``mask [B, T]`` is True are read."""
        embed_key, key = (None, None) if key is None else jax.random.split(key)
        return self.classify(self.embed(ids, embed_key), mask, key)[0]

    def classify(self, x: Inputs, mask: Mask, key: PRNGKey | None = None) -> tuple[Array, Array]:
        """Logits ``[B, C]`` and weights ``[B, T]`` of embedded tokens ``x [B, T, E]``; the weights are equal."""
        weights = uniform_weights(mask, x.dtype)
        return self.network(jnp.einsum("bt,bte->be", weights, x), key=key), weights


def uniform_weights(mask: Mask, dtype: Any) -> Array:
    """Equal weights ``[B, T]`` of the real positions of each row, with sum 1; 0 in a row without tokens."""
    real = mask.astype(dtype)
    return real / jnp.maximum(jnp.sum(real, axis=1, keepdims=True), 1)
