"""S2VT: one stack of two recurrent layers that reads the frames of a clip, and then writes its caption."""

from typing import Any

import jax.numpy as jnp
from flax import nnx

from seqjax.layers.recurrent import LAYERS
from seqjax.models.decoder import Context, DecoderCarry, RecurrentDecoder
from seqjax.models.encoder import Encoded
from seqjax.models.grid_encoder import Clips, FrameGrid
from seqjax.typing import Array, Embedded, PRNGKey


class S2VTDecoder(RecurrentDecoder):
    """The writing half of S2VT (Venugopalan et al. 2015, section 3.2 and figure 2).

    .. code-block:: text

        reading frame f_t      h1_t = bottom(f_t)      h2_t = top([0; h1_t])
        writing word x_t       h1_t = bottom(0)        h2_t = top([x_t; h1_t])        r_t = h2_t

    Both halves share the parameters of both layers; a decoder is given to a :class:`S2VTEncoder`, which reads with it.

    Args:
      embed_features: Width E of x.
      frame_features: Width F of f.
      hidden_features: Width H of each layer's carry.
      cell: "elman", "gru" or "lstm".
      rngs: Source of the initial parameters.

    Raises:
      ValueError: An unknown cell.
    """

    def __init__(
        self, embed_features: int, frame_features: int, hidden_features: int, *, cell: str, rngs: nnx.Rngs
    ) -> None:
        super().__init__(
            embed_features + hidden_features,
            hidden_features,
            hidden_features,
            hidden_features,
            cell=cell,
            num_layers=1,
            conditioning="carry",
            score="dot",
            input_feeding=False,
            dropout=0.0,
            rngs=rngs,
        )
        self.word_features, self.frame_features = embed_features, frame_features
        self.bottom = LAYERS[cell](frame_features, hidden_features, rngs=rngs)

    def read(self, frames: Array, mask: Array) -> tuple[Array, tuple[Any, ...]]:
        """Reads frames ``[B, S, F]`` with a mask ``[B, S]``: outputs of the top layer ``[B, S, H]``, both carries."""
        h, bottom = self.bottom(frames, mask=mask)
        silence = jnp.zeros((*mask.shape, self.word_features), h.dtype)
        y, top = self.stack(jnp.concatenate([silence, h], axis=-1), mask=mask)
        return y, (*bottom, *top)

    def __call__(
        self, context: Context, carry: DecoderCarry, x: Embedded, *, key: PRNGKey | None = None
    ) -> tuple[DecoderCarry, Array, Array | None]:
        """Takes T steps over embedded tokens ``[R, T, E]``; see :class:`RecurrentDecoder`."""
        bottom, *top = carry.cells
        nothing = jnp.zeros((*x.shape[:2], self.frame_features), x.dtype)
        h, last = self.bottom(nothing, carry=(bottom,))
        after, readout, weights = super().__call__(
            context, DecoderCarry(tuple(top)), jnp.concatenate([x, h], axis=-1), key=key
        )
        return DecoderCarry((*last, *after.cells)), readout, weights


class S2VTEncoder(nnx.Module):
    """The reading half of S2VT. The carry that it hands over is that of both layers, from which the decoder goes on.

    Args:
      frames: The vectors of the frames.
      recurrent: The decoder, whose layers read.

    Attributes:
      out_features: Width M of the outputs.
    """

    def __init__(self, frames: FrameGrid, recurrent: S2VTDecoder) -> None:
        self.frames, self.recurrent = frames, recurrent
        self.out_features = recurrent.stack.hidden_features

    def __call__(self, source: Clips, *, key: PRNGKey | None = None) -> Encoded:
        """Encodes clips; a key turns dropout on. The fixed vector is the top layer's last h."""
        x, mask = self.frames(source, key=key)
        outputs, carry = self.recurrent.read(x, mask)
        return Encoded(outputs, carry[-1].h, mask, carry)
