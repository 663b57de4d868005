"""Encoder-decoder models: any source in, text out."""

from typing import Any

import jax
from flax import nnx

from seqjax.layers.arguments import check_rate
from seqjax.layers.attention import Score
from seqjax.layers.recurrent import LAYERS
from seqjax.models.bridge import Bridge
from seqjax.models.decoder import Conditioning, Context, DecoderCarry, RecurrentDecoder
from seqjax.models.encoder import Encoder, TokenEncoder
from seqjax.models.pointer import Mixture
from seqjax.models.text_decoder import TextDecoder
from seqjax.recurrence import Plan
from seqjax.typing import Ids, Logits, NextTokens, PRNGKey, Scalar


class EncoderDecoder(nnx.Module):
    """An encoder of any source, and a decoder of text.

    .. code-block:: text

        logits = model(source, tgt_in, key=key)                              training
        context, carry = model.encode(source)                                search
        beam_search(partial(model.step, context), carry, ...)

    ``tgt_in [B, T]`` is the target preceded by BOS, padded with PAD. The logits at each position are those of the next
    token, ``tgt_out``, which ends with EOS.

    Args:
      encoder: A module that returns :class:`~seqjax.models.encoder.Encoded`.
      decoder: The decoder of text.
    """

    def __init__(self, encoder: Encoder, decoder: TextDecoder) -> None:
        self.encoder, self.decoder = encoder, decoder

    def __call__(
        self, source: Any, tgt_in: Ids, *, key: PRNGKey | None = None, sampling_rate: float | Scalar | None = None
    ) -> Logits:
        """Logits ``[B, T, V]`` of the token after each of ``tgt_in``.

        Args:
          source: A batch of B sources, as the encoder takes it.
          tgt_in: Target tokens ``[B, T]``, BOS first.
          key: Random key for dropout and scheduled sampling; None for neither.
          sampling_rate: Probability of scheduled sampling, see :meth:`TextDecoder.decode_sampled`. None, unlike 0,
            computes all steps at once where possible.

        Raises:
          ValueError: ``sampling_rate`` without a key.
        """
        encode_key, decode_key, sampling_key = (None,) * 3 if key is None else jax.random.split(key, 3)
        if sampling_rate is not None and key is None:
            raise ValueError("key must be given, not None, with sampling_rate, as the source of the samples")
        context, carry = self.encode(source, key=encode_key)
        if sampling_rate is None or decode_key is None or sampling_key is None:
            return self.decoder.decode(context, carry, tgt_in, key=decode_key)[1]
        return self.decoder.decode_sampled(
            context, carry, tgt_in, sampling_rate=sampling_rate, key=decode_key, sampling_key=sampling_key
        )

    def mixture(self, source: Any, tgt_in: Ids, *, key: PRNGKey | None = None) -> Mixture:
        """The distribution of the token after each of ``tgt_in [B, T]``, of a decoder that copies.

        For training: its ``token_losses`` need less memory than the log-probabilities of the extended vocabulary.
        """
        encode_key, decode_key = (None, None) if key is None else jax.random.split(key)
        context, carry = self.encode(source, key=encode_key)
        return self.decoder.decode_mixture(context, carry, tgt_in, key=decode_key)[1]

    def encode(self, source: Any, *, key: PRNGKey | None = None) -> tuple[Context, DecoderCarry]:
        """The context of a batch of sources, and the decoder's carry before BOS."""
        return self.decoder.start(self.encoder(source, key=key))

    def step(self, context: Context, carry: DecoderCarry, token: NextTokens) -> tuple[Any, ...]:
        """One step of a search; ``partial(model.step, context)`` is the step that :mod:`seqjax.decoding` takes."""
        return self.decoder.step(context, carry, token)


class Seq2Seq(EncoderDecoder):
    """Text to text: a recurrent token encoder, and a decoder with the same cell.

    Source ``[B, S]`` and target are padded with PAD, whose embedding is treated as 0.

    Args:
      src_size: Source vocabulary V.
      tgt_size: Target vocabulary V.
      cell: "elman", "gru" or "lstm", for both encoder and decoder.
      embed_features: Width E of the embeddings.
      encoder_features: Width of the encoder's carry, for each direction.
      decoder_features: Width of the decoder's carry.
      encoder_layers: Layers of the encoder.
      decoder_layers: Layers of the decoder.
      bidirectional: Whether each layer of the encoder runs in both directions; its outputs are then twice as wide.
      reverse_source: Whether the encoder reads the source from its end (Sutskever et al. 2014, section 3.3).
      conditioning: Conditioning of the decoder, "carry", "vector" or "attention"; see :class:`RecurrentDecoder`.
      score: Attention's score, "additive", "dot" or "general"; unused without attention.
      input_feeding: Whether the decoder reads attention's last readout.
      tie_embeddings: Whether the output layer shares its weight with the target embedding (Press & Wolf 2017).
      share_embedding: Whether source and target have one embedding, for which they have one vocabulary.
      copying: Whether the decoder copies tokens of the source, a :class:`~seqjax.models.encoder.CopySource`; see
        :mod:`seqjax.models.pointer`.
      coverage: Whether attention reads where it has looked so far.
      chunk: Number of source positions between two carries that the encoder saves for the backward pass, which computes
        the rest again; None saves all.
      dropout: Dropout rate of embeddings, between layers and of readouts.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: A size below 1, a dropout outside [0, 1), or mutually exclusive options.

    Note: If the encoder's last carry has the shape of the decoder's, it initialises the decoder. Otherwise a
    :class:`~seqjax.models.bridge.Bridge` maps one to the other.
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
        input_feeding: bool,
        tie_embeddings: bool,
        share_embedding: bool = False,
        copying: bool = False,
        coverage: bool = False,
        chunk: int | None = None,
        dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        if copying and conditioning != "attention":
            raise ValueError(f"copying must be False with conditioning={conditioning!r}; it needs attention")
        if share_embedding and src_size != tgt_size:
            raise ValueError(f"share_embedding must be False for vocabularies of {src_size} and {tgt_size} tokens")
        if bidirectional and reverse_source:
            raise ValueError("reverse_source must be False with bidirectional=True, which reads both ways")
        check_rate("dropout", dropout)
        directions = 2 if bidirectional else 1
        source_features = directions * encoder_features
        readout_features = embed_features if tie_embeddings else decoder_features
        # Do not change the order in which parameters are drawn: reported results depend on it.
        recurrent = RecurrentDecoder(
            embed_features,
            decoder_features,
            source_features,
            readout_features,
            cell=cell,
            num_layers=decoder_layers,
            conditioning=conditioning,
            score=score,
            input_feeding=input_feeding,
            coverage=coverage,
            dropout=dropout,
            rngs=rngs,
        )
        layer = LAYERS[cell](
            embed_features,
            encoder_features,
            num_layers=encoder_layers,
            bidirectional=bidirectional,
            reverse=reverse_source,
            plan=Plan(chunk=chunk),
            dropout=dropout,
            rngs=rngs,
        )
        bridge = None
        if (directions, encoder_features, encoder_layers) != (1, decoder_features, decoder_layers):
            carry_type = layer.cell.Carry
            bridge = Bridge(
                carry_type, decoder_layers, source_features, decoder_features, directions=directions, rngs=rngs
            )
        src_embed = nnx.Embed(src_size, embed_features, rngs=rngs)
        tgt_embed = src_embed if share_embedding else nnx.Embed(tgt_size, embed_features, rngs=rngs)
        output = None if tie_embeddings else nnx.Linear(readout_features, tgt_size, rngs=rngs)
        gate = nnx.Linear(readout_features + embed_features, 1, rngs=rngs) if copying else None
        super().__init__(
            TokenEncoder(src_embed, layer, dropout=dropout),
            TextDecoder(tgt_embed, recurrent, bridge=bridge, output=output, gate=gate, dropout=dropout),
        )
