"""A model that answers questions about stories, word by word."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from flax import nnx

from seqjax.models.bridge import Bridge
from seqjax.models.decoder import Conditioning, Context, DecoderCarry, RecurrentDecoder
from seqjax.models.encoder import Encoded
from seqjax.models.seq2seq import EncoderDecoder
from seqjax.models.story_reader import READERS, HopReader, ReductionReader, SentenceEncoder, Story, StoryReader
from seqjax.models.text_decoder import TextDecoder
from seqjax.typing import Array, Ids, Logits, NextTokens, PRNGKey

ABSENT = -1e9  # logit of a placeholder that does not stand in the story
INITIAL = 0.2  # standard deviation of the first embeddings


class Asked(NamedTuple):
    """Questions about stories.

    Attributes:
      story: Ids of the words of sentences, ``[B, S, W]``, padded with PAD at the ends of both.
      question: Ids of the questions, ``[B, Q]``, padded with PAD.
      present: Whether each placeholder stands in the story, ``[B, K]``.
    """

    story: Any
    question: Any
    present: Any


class StoryContext(NamedTuple):
    """The decoder's context of B stories, and the tokens that may be written, ``[B, V + K]``."""

    inner: Context
    allowed: Array


class StoryAnswerer(EncoderDecoder):
    """A reader of stories, and the decoder of translation, which writes the answer.

    There are V words and K placeholders for words that are told apart by their occurrences alone; one embedding table
    serves the sentences, the questions and the answers. A placeholder that does not stand in the story is not written.

    Args:
      vocabulary_size: Number V + K of words and placeholders.
      reader: "hops" or "reduction", see :mod:`seqjax.models.story_reader`.
      words: Encoder of sentences, "positions" or "gru".
      features: Width M of embeddings, sentences, questions and the decoder.
      hops: Number of hops.
      vector_gates: Whether the gates of "reduction" are vectors.
      recurrent: Whether a GRU reads the sentences after the "hops".
      longest_story: Number of sentences whose ages "hops" tells apart.
      conditioning: Conditioning of the decoder on the story, "carry", "vector" or "attention", over the sentences.
      dropout: Dropout rate of sentences, questions and hops.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: An unknown kind, or a dropout outside [0, 1).
    """

    encoder: StoryReader

    def __init__(
        self,
        vocabulary_size: int,
        *,
        reader: str,
        words: str,
        features: int,
        hops: int,
        vector_gates: bool,
        recurrent: bool,
        longest_story: int,
        conditioning: Conditioning,
        dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        if reader not in READERS:
            raise ValueError(f"reader must be one of {', '.join(READERS)}, not {reader!r}")
        embed = nnx.Embed(vocabulary_size, features, embedding_init=nnx.initializers.normal(INITIAL), rngs=rngs)
        if reader == "hops":
            inner: Any = HopReader(features, hops, longest_story, recurrent=recurrent, dropout=dropout, rngs=rngs)
        else:
            inner = ReductionReader(features, hops, vector_gates=vector_gates, dropout=dropout, rngs=rngs)
        inside = RecurrentDecoder(
            features,
            features,
            features,
            features,
            cell="gru",
            num_layers=1,
            conditioning=conditioning,
            score="general",
            input_feeding=False,
            dropout=0.0,
            rngs=rngs,
        )
        bridge = Bridge(inside.stack.cell.Carry, 1, features, features, rngs=rngs)
        encoder = StoryReader(SentenceEncoder(embed, words, rngs=rngs), inner, dropout=dropout)
        super().__init__(encoder, TextDecoder(embed, inside, bridge=bridge))

    def encode(self, source: Asked, *, key: PRNGKey | None = None) -> tuple[Any, DecoderCarry]:
        """The context of a batch of questions, and the decoder's carry before BOS."""
        return self._start(self.encoder(Story(source.story, source.question), key=key), source.present)

    def answer(self, source: Asked, tgt_in: Ids, *, key: PRNGKey | None = None) -> tuple[Logits, Array]:
        """Logits ``[B, T, V + K]`` of the token after each of ``tgt_in``, and the weights of the hops ``[B, K, S]``."""
        encoded, weights = self.encoder.read(Story(source.story, source.question), key=key)
        context, carry = self._start(encoded, source.present)
        _, logits, _ = self.decoder.decode(context.inner, carry, tgt_in)
        return _masked(logits, context.allowed[:, None]), weights

    def __call__(self, source: Asked, tgt_in: Ids, *, key: PRNGKey | None = None, **options: Any) -> Logits:
        """Logits ``[B, T, V + K]`` of the token after each of ``tgt_in``."""
        return self.answer(source, tgt_in, key=key, **options)[0]

    def step(self, context: Any, carry: DecoderCarry, token: NextTokens) -> tuple[Any, ...]:
        """One step of a search; ``context`` is the :class:`StoryContext` of :meth:`encode`."""
        carry, logits, *weights = self.decoder.step(context.inner, carry, token)
        allowed = jnp.repeat(context.allowed, len(logits) // len(context.allowed), axis=0)
        return carry, _masked(logits, allowed), *weights

    def _start(self, encoded: Encoded, present: Array) -> tuple[StoryContext, DecoderCarry]:
        context, carry = self.decoder.start(encoded)
        present = jnp.asarray(present)
        words = jnp.ones((len(present), self.decoder.embed.num_embeddings - present.shape[1]), bool)
        return StoryContext(context, jnp.concatenate([words, present], axis=1)), carry


def _masked(logits: Array, allowed: Array) -> Array:
    return jnp.where(allowed, logits, ABSENT)


def support_loss(weights: Array, support: Array) -> Array:
    """Cross-entropy of the hops with the sentences that an answer rests on, of each row ``[B]``.

    It is the mean over these sentences of the negative logarithm of their mean weight over hops; 0 without any.

    Args:
      weights: Weights of the hops ``[B, K, S]``.
      support: Whether the answer rests on a sentence, ``[B, S]``.
    """
    mean = jnp.mean(weights, axis=1)
    losses = jnp.where(support, -jnp.log(jnp.maximum(jnp.where(support, mean, 1), 1e-6)), 0)
    return jnp.sum(losses, axis=1) / jnp.maximum(jnp.sum(support, axis=1, dtype=losses.dtype), 1)
