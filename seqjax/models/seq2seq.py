"""Encoder and decoder: from one sequence of tokens to another, of another length."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import dropout
from seqjax.layers.arguments import check_rate
from seqjax.layers.attention import Score
from seqjax.layers.recurrent import LAYERS
from seqjax.models.decoder import Conditioning, Context, Decoder, DecoderCarry
from seqjax.recurrence import unroll
from seqjax.tokens import PAD
from seqjax.typing import Array, Ids, Logits, NextTokens, PRNGKey, Scalar, Source


class Seq2Seq(nnx.Module):
    """An encoder turns the source into a carry and a memory, from which a decoder makes the target, token by token.

    Rows of ``src [B, S]`` are filled up with PAD, whose embedding nothing sees. ``tgt_in [B, T]`` is the target behind
    BOS; the logits at each position are for the token that follows, ``tgt_out``, whose last is EOS.

    .. code-block:: text

        logits = model(src, tgt_in, key=key)                                 training
        context, carry = model.encode(src)                                   decoding
        beam_search(partial(model.step, context), carry, ...)

    Args:
      src_size: Source tokens V.
      tgt_size: Target tokens V.
      cell: "elman", "gru" or "lstm", for both halves.
      embed_features: Width E of the embeddings.
      encoder_features: Width of the encoder's carry, for each direction.
      decoder_features: Width of the decoder's carry.
      encoder_layers: Layers of the encoder.
      decoder_layers: Layers of the decoder.
      bidirectional: Whether each layer of the encoder runs both ways; its outputs are then twice as wide.
      reverse_source: Whether the encoder reads the source from its end (Sutskever et al. 2014, section 3.3).
      conditioning: How the decoder sees the source, "carry", "vector" or "attention"; see :class:`Decoder`.
      score: Attention's score, "additive", "dot" or "general"; unused without attention.
      feeding: Whether the decoder reads attention's last readout.
      tied: Whether the target's embedding is the output's weight too (Press & Wolf 2017).
      dropout: Probability of dropping an entry of an embedding, of an output that another layer reads, of a readout.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: A size below 1, a dropout outside [0, 1), or options that do not fit each other.

    Note: Where the encoder's carry fits the decoder, it is the decoder's first carry. Elsewhere a linear map of each
    field leads from one to the other, with a tanh for h (Bahdanau et al. 2015, appendix A.2.2, from both directions
    here); the topmost layers correspond.
    """

    def __init__(
        self,
        src_size: int,
        tgt_size: int,
        *,
        cell: str,
        embed_features: int,
        encoder_features: int,
        decoder_features: int,
        encoder_layers: int,
        decoder_layers: int,
        bidirectional: bool,
        reverse_source: bool,
        conditioning: Conditioning,
        score: Score,
        feeding: bool,
        tied: bool,
        dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        if bidirectional and reverse_source:
            raise ValueError("reverse_source must be False with bidirectional=True, which reads both ways")
        self.dropout = check_rate("dropout", dropout)
        directions = 2 if bidirectional else 1
        readout_features = embed_features if tied else decoder_features
        self.decoder = Decoder(
            embed_features,
            decoder_features,
            directions * encoder_features,
            readout_features,
            cell=cell,
            num_layers=decoder_layers,
            conditioning=conditioning,
            score=score,
            feeding=feeding,
            dropout=dropout,
            rngs=rngs,
        )
        self.encoder = LAYERS[cell](
            embed_features,
            encoder_features,
            num_layers=encoder_layers,
            bidirectional=bidirectional,
            reverse=reverse_source,
            dropout=dropout,
            rngs=rngs,
        )
        fits = (directions, encoder_features, encoder_layers) == (1, decoder_features, decoder_layers)
        shape = directions, encoder_features, decoder_features, decoder_layers
        self.bridge = None if fits else Bridge(self.encoder.cell.Carry._fields, *shape, rngs)
        self.src_embed = nnx.Embed(src_size, embed_features, rngs=rngs)
        self.tgt_embed = nnx.Embed(tgt_size, embed_features, rngs=rngs)
        self.output = None if tied else nnx.Linear(readout_features, tgt_size, rngs=rngs)
        self.output_bias = nnx.Param(jnp.zeros(tgt_size)) if tied else None

    def __call__(
        self, src: Source, tgt_in: Ids, *, key: PRNGKey | None = None, own_tokens: float | Scalar | None = None
    ) -> Logits:
        """Logits ``[B, T, V]`` of the token that follows each of ``tgt_in``.

        Args:
          src: Source tokens ``[B, S]``, PAD behind the end.
          tgt_in: Target tokens ``[B, T]``, BOS first.
          key: Source of dropout and of the model's own tokens; None for neither.
          own_tokens: The probability that the decoder reads a token drawn from its own last logits in place of that of
            ``tgt_in`` (scheduled sampling, Bengio et al. 2015, section 2.4); no gradient flows through the draw. It may
            change from call to call without compiling anew. None, unlike 0, takes all steps at once.

        Raises:
          ValueError: ``own_tokens`` without a key.
        """
        encode_key, decode_key, own_key = (None,) * 3 if key is None else jax.random.split(key, 3)
        context, carry = self.encode(src, key=encode_key)
        if own_tokens is None:
            return self.decode(context, carry, tgt_in, key=decode_key)[1]
        if own_key is None or decode_key is None:
            raise ValueError("key must be given, not None, with own_tokens, which are drawn from it")
        cell = _OwnTokens(self, context, decode_key, own_key, own_tokens)
        logits: Logits = unroll(cell, None, (carry, tgt_in[:, 0]), self._embed(self.tgt_embed, tgt_in))[1]
        return logits

    def encode(self, src: Source, *, key: PRNGKey | None = None) -> tuple[Context, DecoderCarry]:
        """What the decoder knows of ``src [B, S]``, and its carry before BOS."""
        embed_key, layer_key = (None,) * 2 if key is None else jax.random.split(key)
        mask = src != PAD
        x = dropout(self._embed(self.src_embed, src), self.dropout, embed_key)
        outputs, carries = self.encoder(x, mask=mask, key=layer_key)
        directions = len(self.encoder.reverses)
        top = jnp.concatenate([carry.h for carry in carries[-directions:]], axis=-1)
        context = self.decoder.prepare(outputs, top, mask)
        fed = jnp.zeros((len(src), self.decoder.readout_features), x.dtype) if self.decoder.feeding else None
        return context, DecoderCarry(carries if self.bridge is None else self.bridge(carries), fed)

    def decode(
        self, context: Context, carry: DecoderCarry, tokens: Ids, *, key: PRNGKey | None = None
    ) -> tuple[DecoderCarry, Logits, Array | None]:
        """Reads ``tokens [R, T]``: the carry after them, the logits of what follows each, and attention ``[R, T, S]``.

        Without attention the last is None. R is a multiple of the sources; the rows of a source stand together.
        """
        x_key, decoder_key, readout_key = (None,) * 3 if key is None else jax.random.split(key, 3)
        x = dropout(self._embed(self.tgt_embed, tokens), self.dropout, x_key)
        carry, readout, weights = self.decoder(context, carry, x, key=decoder_key)
        return carry, self._logits(dropout(readout, self.dropout, readout_key)), weights

    def step(self, context: Context, carry: DecoderCarry, token: NextTokens) -> tuple[Any, ...]:
        """One step of decoding: ``(carry, logits [R, V])``, and with attention its weights ``[R, S]`` as a third.

        ``partial(model.step, context)`` is the step that :mod:`seqjax.decoding` asks for.
        """
        carry, logits, weights = self.decode(context, carry, token[:, None])
        return (carry, logits[:, 0]) if weights is None else (carry, logits[:, 0], weights[:, 0])

    def _embed(self, embed: nnx.Embed, tokens: Array) -> Array:
        return jnp.where((tokens != PAD)[..., None], embed(tokens), 0)

    def _logits(self, readout: Array) -> Array:
        if self.output is not None:
            return self.output(readout)
        assert self.output_bias is not None
        return readout @ self.tgt_embed.embedding[...].T + self.output_bias[...]


class Bridge(nnx.Module):
    """Linear maps from an encoder's last carries to a decoder's first, one for each layer and field, tanh for h.

    Args:
      fields: Names of a carry's fields.
      directions: Directions of the encoder, whose fields are read side by side.
      encoder_features: Width of each.
      decoder_features: Width of the decoder's carry.
      decoder_layers: Layers of the decoder. The topmost reads the encoder's topmost, and so on down; what has no
        counterpart reads the bottom one.
      rngs: Source of the initial parameters.
    """

    def __init__(
        self,
        fields: tuple[str, ...],
        directions: int,
        encoder_features: int,
        decoder_features: int,
        decoder_layers: int,
        rngs: nnx.Rngs,
    ) -> None:
        self.directions = directions
        width = directions * encoder_features
        self.layers = nnx.List(
            [
                nnx.Dict({name: nnx.Linear(width, decoder_features, rngs=rngs) for name in fields})
                for _ in range(decoder_layers)
            ]
        )

    def __call__(self, carries: tuple[Any, ...]) -> tuple[Any, ...]:
        below = [carries[i : i + self.directions] for i in range(0, len(carries), self.directions)]
        behind = len(below) - len(self.layers)
        crossed = []
        for index, maps in enumerate(self.layers):
            sides = below[max(0, index + behind)]
            fields = {}
            for name, linear in maps.items():
                value = linear(jnp.concatenate([getattr(side, name) for side in sides], axis=-1))
                fields[name] = jnp.tanh(value) if name == "h" else value
            crossed.append(type(sides[0])(**fields))
        return tuple(crossed)


@dataclass(frozen=True)
class _OwnTokens:
    """A model as a cell that reads, with some probability, what it would have said itself.

    The carry is the decoder's and the token drawn at the step before. What a step reads is dropped out inside it, since
    it is not known before.
    """

    model: Seq2Seq
    context: Context
    key: PRNGKey
    own_key: PRNGKey
    rate: float | Scalar

    def project(self, params: None, x: Array) -> tuple[Array, ...]:
        """Beside the given input ``[T, B, E]``, for each step whether it is replaced, and keys."""
        time, batch, _ = x.shape
        coin_key, draw_key = jax.random.split(self.own_key)
        own = jax.random.bernoulli(coin_key, jnp.asarray(self.rate, jnp.float32), (time, batch)).at[:1].set(False)
        return x, own, jax.random.split(draw_key, time), jax.random.split(self.key, time)

    def recur(self, params: None, carry: tuple[DecoderCarry, Array], z: tuple[Array, ...]) -> tuple[Any, Array]:
        """One step, from the given token or the one drawn last."""
        inner, token = carry
        x, own, draw_key, key = z
        model = self.model
        x_key, decoder_key, readout_key = jax.random.split(key, 3)
        x = jnp.where(own[:, None], model._embed(model.tgt_embed, token), x)
        x = dropout(x, model.dropout, x_key)
        inner, readout, _ = model.decoder(self.context, inner, x[:, None], key=decoder_key)
        logits = model._logits(dropout(readout, model.dropout, readout_key))[:, 0]
        token = jax.random.categorical(draw_key, jax.lax.stop_gradient(logits)).astype(token.dtype)
        return (inner, token), logits
