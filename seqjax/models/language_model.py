"""Language models: the distribution of each token given all before it."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import MinGRU, MinLSTM, Noise
from seqjax.layers.arguments import check_rate
from seqjax.layers.dropout import keep_scale
from seqjax.layers.recurrent import LAYERS
from seqjax.typing import Array, Ids, Logits, Mask, NextTokens, PRNGKey, Scalar

CELLS = LAYERS | {"mingru": MinGRU, "minlstm": MinLSTM}


class Said(NamedTuple):
    """What a language model makes of tokens ``[B, T]``.

    Attributes:
      logits: Of the token that follows each, ``[B, T, V]``.
      carry: The last carries, from which the next call goes on.
      activity: Mean square of the topmost outputs behind dropout (activation regularisation; Merity et al. 2018,
        section 4.6).
      change: Mean square of the difference between those, before dropout, of neighbouring tokens (temporal activation
        regularisation; the same).
    """

    logits: Logits
    carry: Any
    activity: Scalar
    change: Scalar


class LanguageModel(nnx.Module):
    """An embedding, a stack of recurrent layers, and the logits of the token that follows (Mikolov et al. 2010).

    Called as ``model(tokens [B, T], mask=None, reset=None, carry=None, key=None) -> Said``; mask and reset are those of
    :class:`seqjax.layers.LSTM`. Without a carry it starts anew. With a key there is noise, that of AWD-LSTM (Merity,
    Keskar & Socher 2018, section 4), each mask the same for all steps of a call:

    - ``embed_dropout``: the probability that a token of the vocabulary has no embedding in this call (section 4.3);
    - ``input_dropout``: of an entry of what a layer reads (section 4.2);
    - ``weight_dropout``: of an entry of each layer's W_h (section 2);
    - ``output_dropout``: of an entry of what the logits are made of (section 4.2).

    Args:
      vocabulary: Tokens V.
      cell: "elman", "gru", "lstm", "mingru" or "minlstm".
      embed_features: Width E of the embedding.
      hidden_features: Width H of each layer.
      num_layers: Layers above each other.
      tied: Whether the embedding is the output's weight too (Press & Wolf 2017); if E and H differ, a linear map stands
        between.
      embed_dropout: See above, as those that follow.
      input_dropout: For all layers.
      weight_dropout: 0 for the minimal cells, which have no W_h.
      output_dropout: Behind the topmost layer.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: A size below 1, a rate outside [0, 1), or a weight dropout of a cell without W_h.
    """

    def __init__(
        self,
        vocabulary: int,
        *,
        cell: str,
        embed_features: int,
        hidden_features: int,
        num_layers: int,
        tied: bool,
        embed_dropout: float,
        input_dropout: float,
        weight_dropout: float,
        output_dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        self.embed_dropout = check_rate("embed_dropout", embed_dropout)
        self.output_dropout = check_rate("output_dropout", output_dropout)
        self.embed = nnx.Embed(vocabulary, embed_features, rngs=rngs)
        self.layer = CELLS[cell](
            embed_features,
            hidden_features,
            num_layers=num_layers,
            noise=Noise(input_dropout=input_dropout, weight_dropout=weight_dropout),
            rngs=rngs,
        )
        needs_map = tied and embed_features != hidden_features
        self.narrow = nnx.Linear(hidden_features, embed_features, use_bias=False, rngs=rngs) if needs_map else None
        self.output = None if tied else nnx.Linear(hidden_features, vocabulary, rngs=rngs)
        self.output_bias = nnx.Param(jnp.zeros(vocabulary)) if tied else None

    def __call__(
        self,
        tokens: Ids,
        *,
        mask: Mask | None = None,
        reset: Mask | None = None,
        carry: Any = None,
        key: PRNGKey | None = None,
    ) -> Said:
        embed_key, layer_key, output_key = (None,) * 3 if key is None else jax.random.split(key, 3)
        x = self.embed(tokens)
        if self.embed_dropout and embed_key is not None:
            kept = keep_scale((self.embed.num_embeddings, 1), self.embed_dropout, embed_key, x.dtype)
            x = x * kept[tokens]
        y, carry = self.layer(x, mask=mask, reset=reset, carry=carry, key=layer_key)
        dropped = y
        if self.output_dropout and output_key is not None:
            dropped = y * keep_scale((len(y), 1, y.shape[-1]), self.output_dropout, output_key, y.dtype)
        change = jnp.mean(jnp.square(jnp.diff(y, axis=1))) if y.shape[1] > 1 else jnp.zeros((), y.dtype)
        return Said(self._logits(dropped), carry, jnp.mean(jnp.square(dropped)), change)

    def step(self, carry: Any, token: NextTokens) -> tuple[Any, Array]:
        """One token: ``(carry, logits [B, V])``, the step that :mod:`seqjax.decoding` asks for."""
        said = self(token[:, None], carry=carry)
        return said.carry, said.logits[:, 0]

    def initial_carry(self, batch: int) -> Any:
        """The carry before the first token of ``batch`` rows."""
        return self.layer.initial_carry(batch)

    def _logits(self, y: Array) -> Array:
        if self.output is not None:
            return self.output(y)
        assert self.output_bias is not None
        narrow = y if self.narrow is None else self.narrow(y)
        return narrow @ self.embed.embedding[...].T + self.output_bias[...]
