"""Models of captions: a picture or a clip in, the probabilities of words out."""

from collections.abc import Sequence
from typing import Literal, get_args

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers.attention import Score
from seqjax.layers.recurrent import LAYERS
from seqjax.models.bridge import Bridge
from seqjax.models.decoder import Conditioning, RecurrentDecoder
from seqjax.models.grid_encoder import ClipEncoder, Clips, FrameGrid, Grid, GridEncoder
from seqjax.models.s2vt import S2VTDecoder, S2VTEncoder
from seqjax.models.seq2seq import EncoderDecoder
from seqjax.models.text_decoder import TextDecoder
from seqjax.tokens import PAD
from seqjax.typing import Array, Ids, Logits, PRNGKey

Reader = Literal["grid", "frames", "s2vt"]
READERS: tuple[str, ...] = get_args(Reader)


class Captioner(EncoderDecoder):
    """A picture or a clip to text: a convolutional network, and the decoder of translation.

    Args:
      vocabulary_size: Number V of tokens.
      size: Height and width of the frames in pixels.
      channels: Channels of each convolution, two or more; see :class:`~seqjax.models.grid_encoder.Grid`.
      reader: "grid", positions of a picture; "frames", a recurrent layer over the frames of a clip; or "s2vt".
      cell: "elman", "gru" or "lstm".
      frame_features: Width of a frame's vector, and of the carry that reads them; unused by "grid".
      embed_features: Width E of the embeddings of tokens.
      decoder_features: Width H of the decoder's carry.
      conditioning: "carry", "vector" or "attention"; "carry" for "s2vt".
      score: Attention's score, "additive", "dot" or "general".
      input_feeding: Whether the decoder reads attention's last readout.
      dropout: Dropout rate of the encoder's vectors, embeddings and readouts.
      motion_dropout: Of "frames": probability of hiding all that the recurrent layer has read of a clip in training.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: A size below 1, a dropout outside [0, 1), or mutually exclusive options.
    """

    def __init__(
        self,
        vocabulary_size: int,
        *,
        size: int,
        channels: Sequence[int],
        reader: str,
        cell: str,
        frame_features: int,
        embed_features: int,
        decoder_features: int,
        conditioning: Conditioning,
        score: Score,
        input_feeding: bool,
        dropout: float,
        motion_dropout: float = 0.0,
        rngs: nnx.Rngs,
    ) -> None:
        if reader not in READERS:
            raise ValueError(f"reader must be one of {', '.join(READERS)}, not {reader!r}")
        if reader == "s2vt" and conditioning != "carry":
            raise ValueError(f"conditioning must be 'carry' with reader='s2vt', not {conditioning!r}")
        if cell not in LAYERS:
            raise ValueError(f"cell must be one of {', '.join(LAYERS)}, not {cell!r}")
        self.attends = conditioning == "attention"
        grid = Grid(channels, 3 if reader == "grid" else 6, rngs=rngs)
        embed = nnx.Embed(vocabulary_size, embed_features, rngs=rngs)
        output = nnx.Linear(decoder_features, vocabulary_size, rngs=rngs)
        encoder: GridEncoder | ClipEncoder | S2VTEncoder
        if reader == "grid":
            encoder = GridEncoder(grid, size, dropout=dropout, rngs=rngs)
        else:
            frames = FrameGrid(grid, size, frame_features, dropout=dropout, rngs=rngs)
            if reader == "s2vt":
                both = S2VTDecoder(embed_features, frame_features, decoder_features, cell=cell, rngs=rngs)
                text = TextDecoder(embed, both, output=output, dropout=dropout)
                super().__init__(S2VTEncoder(frames, both), text)
                return
            looks = Grid(channels, rngs=rngs)
            encoder = ClipEncoder(frames, looks, frame_features, cell=cell, motion_dropout=motion_dropout, rngs=rngs)
        recurrent = RecurrentDecoder(
            embed_features,
            decoder_features,
            encoder.out_features,
            decoder_features,
            cell=cell,
            num_layers=1,
            conditioning=conditioning,
            score=score,
            input_feeding=input_feeding,
            dropout=0.0,
            rngs=rngs,
        )
        directions = 2 if reader == "frames" else 1
        carry_type = recurrent.stack.cell.Carry
        from_features = encoder.out_features if reader == "grid" else directions * frame_features
        bridge = Bridge(carry_type, 1, from_features, decoder_features, directions=directions, rngs=rngs)
        super().__init__(encoder, TextDecoder(embed, recurrent, bridge=bridge, output=output, dropout=dropout))

    def logits_and_weights(
        self, source: Clips, tgt_in: Ids, *, key: PRNGKey | None = None
    ) -> tuple[Logits, Array | None]:
        """Logits ``[B, T, V]`` as :meth:`__call__` returns them, and attention's weights ``[B, T, S]`` or None."""
        encode_key, decode_key = (None, None) if key is None else jax.random.split(key)
        context, carry = self.encode(source, key=encode_key)
        _, logits, weights = self.decoder.decode(context, carry, tgt_in, key=decode_key)
        return logits, weights


def attention_penalty(weights: Array, tokens: Ids, mask: Array) -> Array:
    """The doubly stochastic penalty of each row ``[B]``, the sum over s of ``(1 - sum over t of weights_ts)^2``.

    It is least if every position is looked at as much as every other (Xu et al. 2015, section 4.2.1, equation 14).

    Args:
      weights: Attention's weights ``[B, T, S]``.
      tokens: The tokens that were written with them, ``[B, T]``; steps with PAD do not count.
      mask: ``[B, S]``, True where a position is real. A row without a token has no penalty.
    """
    real = tokens != PAD
    looked = jnp.sum(jnp.where(real[..., None], weights, 0), axis=1)
    counted = mask & jnp.any(real, axis=1)[:, None]
    return jnp.sum(jnp.where(counted, jnp.square(1 - looked), 0), axis=1)
