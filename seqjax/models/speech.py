"""Models of speech: frames of sound in, the probabilities of letters out."""

from typing import Any

from flax import nnx

from seqjax.layers.attention import Score
from seqjax.models.bridge import Bridge
from seqjax.models.decoder import RecurrentDecoder
from seqjax.models.frame_encoder import FrameEncoder, Frames
from seqjax.models.seq2seq import EncoderDecoder
from seqjax.models.text_decoder import TextDecoder
from seqjax.typing import Array, Mask, PRNGKey


class CTCModel(nnx.Module):
    """An encoder, and for each of its outputs the logits of the tokens and of the blank (Graves et al. 2006).

    Args:
      encoder: The encoder.
      vocabulary_size: Number V of tokens; the blank is class V.
      rngs: Source of the initial parameters.

    Attributes:
      blank: The class of the blank.
    """

    def __init__(self, encoder: FrameEncoder, vocabulary_size: int, *, rngs: nnx.Rngs) -> None:
        self.encoder, self.blank = encoder, vocabulary_size
        self.output = nnx.Linear(encoder.out_features, vocabulary_size + 1, rngs=rngs)

    def __call__(self, source: Frames, *, key: PRNGKey | None = None) -> tuple[Array, Mask]:
        """Logits ``[B, T, V + 1]`` of each of the encoder's outputs, and where they are real, ``[B, T]``."""
        encoded = self.encoder(source, key=key)
        return self.output(encoded.outputs), encoded.mask

    def step(self, carry: tuple[Any, ...], frames: Array) -> tuple[tuple[Any, ...], Array]:
        """One step of a stream: the logits ``[B, V + 1]`` of ``frames [B, reduction, D]``; see the encoder's."""
        carry, output = self.encoder.step(carry, frames)
        return carry, self.output(output)


class AttentionModel(EncoderDecoder):
    """An encoder of frames, and a decoder of text with attention (Chan et al. 2016), as in translation.

    Args:
      encoder: The encoder.
      vocabulary_size: Number V of tokens.
      cell: "elman", "gru" or "lstm", of the decoder; the encoder's too.
      embed_features: Width of the embedding of a token.
      decoder_features: Width of the decoder's carry.
      score: Attention's score, "additive", "dot" or "general".
      dropout: Dropout rate of embeddings and readouts.
      rngs: Source of the initial parameters.
    """

    def __init__(
        self,
        encoder: FrameEncoder,
        vocabulary_size: int,
        *,
        cell: str,
        embed_features: int,
        decoder_features: int,
        score: Score,
        dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        recurrent = RecurrentDecoder(
            embed_features,
            decoder_features,
            encoder.out_features,
            decoder_features,
            cell=cell,
            num_layers=1,
            conditioning="attention",
            score=score,
            input_feeding=True,
            dropout=0.0,
            rngs=rngs,
        )
        directions = encoder.out_features // encoder.layers[0].hidden_features
        bridge = Bridge(
            recurrent.stack.cell.Carry, 1, encoder.out_features, decoder_features, directions=directions, rngs=rngs
        )
        embed = nnx.Embed(vocabulary_size, embed_features, rngs=rngs)
        output = nnx.Linear(decoder_features, vocabulary_size, rngs=rngs)
        super().__init__(encoder, TextDecoder(embed, recurrent, bridge=bridge, output=output, dropout=dropout))
