"""A decoder of text: any encoded source and the tokens so far in, logits of the next token out."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import dropout
from seqjax.layers.arguments import check_rate
from seqjax.layers.dropout import Noisy
from seqjax.models.bridge import Bridge
from seqjax.models.decoder import Context, DecoderCarry, RecurrentDecoder
from seqjax.models.encoder import Encoded, embed_tokens
from seqjax.models.pointer import Mixture
from seqjax.recurrence import unroll
from seqjax.recurrence.product import along
from seqjax.tokens import UNK
from seqjax.typing import Array, Ids, Logits, NextTokens, PRNGKey, Scalar, at_least_float32


class TextDecoder(Noisy):
    """Embedding, recurrent decoder and output layer.

    .. code-block:: text

        context, carry = decoder.start(encoder(source))
        carry, logits, weights = decoder.decode(context, carry, tgt_in, key=key)        training
        beam_search(partial(decoder.step, context), carry, ...)                         search

    Args:
      embed: Embedding of the V tokens. That of PAD is read as 0.
      recurrent: The recurrent part, whose ``embed_features`` are those of ``embed``.
      bridge: The map from the encoder's last carry to the decoder's first; None if they have the same form.
      output: Linear layer from readouts to logits; None if the embedding is the output's weight too (Press & Wolf
        2017), for which readouts have the width of embeddings.
      gate: Linear layer from ``[r_t; x_t]``, readout and embedded token, to one number, the logit of p_gen, for a
        decoder that copies; see :mod:`seqjax.models.pointer`. None for one that does not.
      dropout: Probability of dropping an entry of an embedding or of a readout.

    Raises:
      ValueError: A dropout outside [0, 1), or a gate without attention.

    Note: In See et al. 2017, equation 8, the gate reads the context vector, the carry and x_t; r_t is made of the first
      two.
    """

    def __init__(
        self,
        embed: nnx.Embed,
        recurrent: RecurrentDecoder,
        *,
        bridge: Bridge | None = None,
        output: nnx.Linear | None = None,
        gate: nnx.Linear | None = None,
        dropout: float = 0.0,
    ) -> None:
        if gate is not None and recurrent.attention is None:
            raise ValueError("gate must be None, not a layer, for a decoder without attention, which cannot copy")
        self.gate = gate
        self.embed, self.recurrent, self.bridge, self.output = embed, recurrent, bridge, output
        self.output_bias = nnx.Param(jnp.zeros(embed.num_embeddings)) if output is None else None
        self.dropout = check_rate("dropout", dropout)

    def start(self, encoded: Encoded) -> tuple[Context, DecoderCarry]:
        """The context of the sources, and the carry before BOS.

        Raises:
          ValueError: An encoder without a carry, and no bridge; a decoder that copies, and a source without copy_ids.
        """
        context = self.recurrent.prepare(encoded)
        if self.gate is not None:
            if encoded.copy_ids is None:
                raise ValueError("copy_ids must be given, not None, to a decoder that copies; encode a CopySource")
            context = context._replace(copy_ids=encoded.copy_ids)
        cells = encoded.carry if self.bridge is None else self.bridge(encoded)
        if cells is None:
            raise ValueError("bridge must be given, not None, for an encoder that returns no carry")
        shape = len(encoded.vector), self.recurrent.readout_features
        readout = jnp.zeros(shape, encoded.outputs.dtype) if self.recurrent.input_feeding else None
        attention, coverage = self.recurrent.attention, None
        if attention is not None and attention.coverage is not None:
            coverage = jnp.zeros(encoded.mask.shape, at_least_float32(encoded.outputs.dtype))
        return context, DecoderCarry(cells, readout, coverage)

    def decode(
        self, context: Context, carry: DecoderCarry, tokens: Ids, *, key: PRNGKey | None = None
    ) -> tuple[DecoderCarry, Logits, Array | None]:
        """Reads T tokens.

        Args:
          context: The context of B sources.
          carry: The carry before the first token, R rows: R / B for each source, those of a source next to each other.
          tokens: ``[R, T]``, BOS first where a sequence starts.
          key: Source of dropout, or None.

        Returns:
          The last carry, the logits ``[R, T, V]`` of the token after each, and attention's weights ``[R, T, S]``, or
          None. If the decoder copies, the logits are log-probabilities ``[R, T, V + S]`` of the extended vocabulary.
        """
        if self.gate is not None:
            carry, mixture = self.decode_mixture(context, carry, tokens, key=key)
            return carry, mixture.log_probabilities(), mixture.weights
        carry, _, readout, weights = self._read(context, carry, tokens, key)
        return carry, self.logits(readout), weights

    def decode_mixture(
        self, context: Context, carry: DecoderCarry, tokens: Ids, *, key: PRNGKey | None = None
    ) -> tuple[DecoderCarry, Mixture]:
        """Reads T tokens as :meth:`decode` does; returns the two distributions that a decoder that copies mixes.

        Raises:
          ValueError: A decoder that does not copy.
        """
        if self.gate is None:
            raise ValueError("gate must be given, not None, for a mixture; the decoder does not copy")
        carry, x, readout, weights = self._read(context, carry, tokens, key)
        assert weights is not None and context.copy_ids is not None  # noqa: PT018
        gate = self.gate(jnp.concatenate([readout, x], axis=-1))[..., 0]
        return carry, Mixture(self.logits(readout), gate, weights, context.copy_ids)

    def _read(
        self, context: Context, carry: DecoderCarry, tokens: Ids, key: PRNGKey | None
    ) -> tuple[DecoderCarry, Array, Array, Array | None]:
        """The carry after T tokens, their embeddings, the readouts, and attention's weights or None."""
        x_key, recurrent_key, readout_key = self.dropout_keys(key)
        if self.gate is not None:
            tokens = jnp.where(tokens < self.embed.num_embeddings, tokens, UNK)
        x = dropout(embed_tokens(self.embed, tokens), self.dropout, x_key)
        carry, readout, weights = self.recurrent(context, carry, x, key=recurrent_key)
        return carry, x, dropout(readout, self.dropout, readout_key), weights

    def decode_sampled(
        self,
        context: Context,
        carry: DecoderCarry,
        tokens: Ids,
        *,
        sampling_rate: float | Scalar,
        key: PRNGKey,
        sampling_key: PRNGKey,
    ) -> Logits:
        """Logits as of :meth:`decode`, with scheduled sampling (Bengio et al. 2015, section 2.4).

        Args:
          context: The context of B sources.
          carry: The carry before the first token, B rows.
          tokens: ``[B, T]``, BOS first.
          sampling_rate: Probability that a step reads a token sampled from the logits of the step before, in place of
            that of ``tokens``. No gradient flows through the sample. A new value compiles nothing.
          key: Source of dropout.
          sampling_key: Source of the samples.

        Raises:
          ValueError: A decoder that copies.
        """
        if self.gate is not None:
            raise ValueError("sampling_rate must be None, not a rate, for a decoder that copies")
        cell = ScheduledSamplingCell(self, context, key, sampling_key, sampling_rate)
        logits: Logits = unroll(cell, None, (carry, tokens[:, 0]), embed_tokens(self.embed, tokens))[1]
        return logits

    def step(self, context: Context, carry: DecoderCarry, token: NextTokens) -> tuple[Any, ...]:
        """One step of a search: ``(carry, logits [R, V])``, and with attention its weights ``[R, S]`` as a third.

        If the decoder copies, the logits are ``[R, V + S]``, see :meth:`decode`.

        ``partial(decoder.step, context)`` is the step that :mod:`seqjax.decoding` takes.
        """
        carry, logits, weights = self.decode(context, carry, token[:, None])
        return (carry, logits[:, 0]) if weights is None else (carry, logits[:, 0], weights[:, 0])

    def dropout_keys(self, key: PRNGKey | None) -> tuple[PRNGKey | None, ...]:
        """Keys for dropout of embeddings, of the recurrent part and of readouts; None without dropout."""
        key = self.noise_key(key, dropout=self.dropout)
        return (None,) * 3 if key is None else tuple(jax.random.split(key, 3))

    def logits(self, readout: Array) -> Array:
        """Logits ``[..., V]`` of readouts ``[..., W]``."""
        if self.output is not None:
            return self.output(readout)
        assert self.output_bias is not None
        logits = readout @ self.embed.embedding[...].T
        return logits + along(self.output_bias[...], logits)


@dataclass(frozen=True)
class ScheduledSamplingCell:
    """A text decoder as a recurrent cell that sometimes reads its own last sample.

    The carry is the decoder's, and the token sampled at the step before. Dropout of the embedding is inside the step,
    since the token is not known before.

    Attributes:
      decoder: The decoder.
      context: The context of the sources.
      key: Source of dropout.
      sampling_key: Source of the samples.
      sampling_rate: Probability that a step reads a sample.
    """

    decoder: TextDecoder
    context: Context
    key: PRNGKey
    sampling_key: PRNGKey
    sampling_rate: float | Scalar

    def project(self, params: None, x: Array) -> tuple[Array, ...]:
        """The embedded tokens ``[T, B, E]``, which of them are replaced ``[T, B]``, and two keys for each step.

        The first token is never replaced.
        """
        time, batch, _ = x.shape
        choice_key, token_key = jax.random.split(self.sampling_key)
        rate = jnp.asarray(self.sampling_rate, jnp.float32)
        replaced = jax.random.bernoulli(choice_key, rate, (time, batch)).at[:1].set(False)
        return x, replaced, jax.random.split(token_key, time), jax.random.split(self.key, time)

    def recur(self, params: None, carry: tuple[DecoderCarry, Array], z: tuple[Array, ...]) -> tuple[Any, Array]:
        """One step, from the given token or the sampled one."""
        (inner, sampled), (x, replaced, token_key, key), decoder = carry, z, self.decoder
        x_key, recurrent_key, readout_key = decoder.dropout_keys(key)
        x = jnp.where(replaced[:, None], embed_tokens(decoder.embed, sampled), x)
        x = dropout(x, decoder.dropout, x_key)
        inner, readout, _ = decoder.recurrent(self.context, inner, x[:, None], key=recurrent_key)
        logits = decoder.logits(dropout(readout, decoder.dropout, readout_key))[:, 0]
        sampled = jax.random.categorical(token_key, jax.lax.stop_gradient(logits)).astype(sampled.dtype)
        return (inner, sampled), logits
