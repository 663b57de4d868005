"""Encoders: a source in; one vector for each position, one for the whole source, and the last carry out."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import Recurrent, dropout
from seqjax.layers.arguments import check_rate
from seqjax.layers.dropout import Noisy
from seqjax.tokens import PAD
from seqjax.typing import Array, PRNGKey, Source


class Encoded(NamedTuple):
    """A batch of encoded sources.

    Attributes:
      outputs: One vector for each source position, ``[B, S, M]``, which attention reads.
      vector: One vector for the whole source, ``[B, M]``.
      mask: ``[B, S]``, True where a position is real.
      carry: The last carries of a recurrent encoder: bottom layer first, forward before backward. None for an encoder
        without recurrence.
      copy_ids: ``int32 [B, S]``, the token that each position stands for, which a decoder that copies may write; see
        :mod:`seqjax.models.pointer`. None for a source without tokens.
    """

    outputs: Array
    vector: Array
    mask: Array
    carry: tuple[Any, ...] | None
    copy_ids: Array | None = None


class CopySource(NamedTuple):
    """A source of tokens that may be copied.

    Attributes:
      tokens: ``int32 [B, S]``, the tokens that the encoder reads.
      copy_ids: ``int32 [B, S]``, what each position is in the decoder's extended vocabulary; see
        :mod:`seqjax.models.pointer`.
    """

    tokens: Any
    copy_ids: Any


@runtime_checkable
class Encoder(Protocol):
    """Any module that turns a batch of sources into :class:`Encoded`; a ``key`` turns its dropout on."""

    def __call__(self, source: Any, *, key: PRNGKey | None = None) -> Encoded:
        """Encodes sources: tokens, frames of sound, pictures, or any other tree of arrays with B rows."""
        ...


class TokenEncoder(Noisy):
    """Embeds the tokens of a source, and reads them with a recurrent layer.

    The fixed vector is the top layer's last h, of both directions if there are two.

    Args:
      embed: Embedding of the source tokens. That of PAD is read as 0.
      layer: The recurrent layer.
      dropout: Probability of dropping an entry of an embedding.
    """

    def __init__(self, embed: nnx.Embed, layer: Recurrent, *, dropout: float = 0.0) -> None:
        self.embed, self.layer = embed, layer
        self.dropout = check_rate("dropout", dropout)

    def __call__(self, source: Source | CopySource, *, key: PRNGKey | None = None) -> Encoded:
        """Encodes ``source [B, S]``, padded with PAD. A row may be empty."""
        tokens, copy_ids = source if isinstance(source, CopySource) else (source, None)
        key = self.noise_key(key, dropout=self.dropout)
        embed_key, layer_key = (None, None) if key is None else jax.random.split(key)
        mask = tokens != PAD
        x = dropout(embed_tokens(self.embed, tokens), self.dropout, embed_key)
        outputs, carry = self.layer(x, mask=mask, key=layer_key)
        return Encoded(outputs, last_hidden(self.layer, carry), mask, carry, copy_ids)


def embed_tokens(embed: nnx.Embed, tokens: Array) -> Array:
    """Embeddings ``[..., E]`` of ``tokens [...]``; 0 for PAD, even where its row of the table is not."""
    return jnp.where((tokens != PAD)[..., None], embed(tokens), 0)


def last_hidden(layer: Recurrent, carry: tuple[Any, ...]) -> Array:
    """The h of the top layer's last carry ``[B, H]``, or ``[B, 2H]`` for two directions, forward first."""
    return jnp.concatenate([cell.h for cell in carry[-len(layer.reverses) :]], axis=-1)
