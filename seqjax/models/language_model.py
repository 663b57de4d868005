"""Language models: the distribution of each token given all tokens before it."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import MinGRU, MinLSTM, Noise
from seqjax.layers.arguments import check_rate
from seqjax.layers.dropout import Noisy, keep_scale
from seqjax.layers.recurrent import LAYERS
from seqjax.recurrence.product import along
from seqjax.typing import Array, Ids, Logits, Mask, NextTokens, PRNGKey, Scalar

CELLS = LAYERS | {"mingru": MinGRU, "minlstm": MinLSTM}


class LanguageModelOutput(NamedTuple):
    """The output of a language model for tokens ``[B, T]``.

    Attributes:
      logits: Logits of the next token after each, ``[B, T, V]``.
      carry: The last carries, from which the next call continues.
      activation_reg: Mean square of the top layer's outputs after dropout (activation regularisation, AR; Merity et al.
        2018, section 4.6).
      temporal_activation_reg: Mean square of the difference between outputs, before dropout, of neighbouring tokens
        (temporal activation regularisation, TAR; the same section). 0 for T = 1.
    """

    logits: Logits
    carry: Any
    activation_reg: Scalar
    temporal_activation_reg: Scalar


class LanguageModel(Noisy):
    """An embedding, recurrent layers, and the logits of the next token (Mikolov et al. 2010).

    With a key there is the dropout of AWD-LSTM (Merity, Keskar & Socher 2018, section 4); each mask is the same for all
    steps of a call:

    - ``embed_dropout``: probability of dropping the embedding of a token of the vocabulary (section 4.3);
    - ``input_dropout``: of dropping an entry of a layer's input (section 4.2);
    - ``weight_dropout``: of dropping an entry of each layer's W_h (section 2);
    - ``output_dropout``: of dropping an entry of the top layer's output (section 4.2).

    Args:
      vocabulary: Vocabulary size V.
      cell: "elman", "gru", "lstm", "mingru" or "minlstm".
      embed_features: Width E of the embedding.
      hidden_features: Width H of each layer.
      num_layers: Number of layers.
      tie_embeddings: Whether the embedding is the output's weight too (Press & Wolf 2017). If E and H differ, a linear
        map without bias leads from H to E before it.
      embed_dropout: See above, as for the next three.
      input_dropout: For all layers.
      weight_dropout: 0 for the minimal cells, which have no W_h.
      output_dropout: After the top layer.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: A size below 1, a rate outside [0, 1), or weight dropout for a cell without W_h.
    """

    def __init__(
        self,
        vocabulary: int,
        *,
        cell: str,
        embed_features: int,
        hidden_features: int,
        num_layers: int,
        tie_embeddings: bool,
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
        needs_map = tie_embeddings and embed_features != hidden_features
        self.narrow = nnx.Linear(hidden_features, embed_features, use_bias=False, rngs=rngs) if needs_map else None
        self.output = None if tie_embeddings else nnx.Linear(hidden_features, vocabulary, rngs=rngs)
        self.output_bias = nnx.Param(jnp.zeros(vocabulary)) if tie_embeddings else None

    def __call__(
        self,
        tokens: Ids,
        *,
        mask: Mask | None = None,
        reset: Mask | None = None,
        carry: Any = None,
        key: PRNGKey | None = None,
    ) -> LanguageModelOutput:
        """Logits of the next token after each of ``tokens [B, T]``.

        Args:
          tokens: ``[B, T]``.
          mask: ``[B, T]``, True where a position is real, as for :class:`seqjax.layers.LSTM`; None if all are.
          reset: ``[B, T]``, True where a new sequence starts inside a row, as there.
          carry: The carry of an earlier output; None starts anew.
          key: Source of dropout, or None.
        """
        key = self.noise_key(key, embed_dropout=self.embed_dropout, output_dropout=self.output_dropout)
        embed_key, layer_key, output_key = (None,) * 3 if key is None else jax.random.split(key, 3)
        x = self.embed(tokens)
        if self.embed_dropout and embed_key is not None:
            scale = keep_scale((self.embed.num_embeddings, 1), self.embed_dropout, embed_key, x.dtype)  # [V, 1]
            x = x * scale[tokens]
        y, carry = self.layer(x, mask=mask, reset=reset, carry=carry, key=layer_key)
        dropped = y
        if self.output_dropout and output_key is not None:
            dropped = y * keep_scale((len(y), 1, y.shape[-1]), self.output_dropout, output_key, y.dtype)
        activation_reg = jnp.mean(jnp.square(dropped))
        temporal_reg = jnp.mean(jnp.square(jnp.diff(y, axis=1))) if y.shape[1] > 1 else jnp.zeros((), y.dtype)
        return LanguageModelOutput(self._logits(dropped), carry, activation_reg, temporal_reg)

    def step(self, carry: Any, token: NextTokens) -> tuple[Any, Array]:
        """One step of decoding: ``(carry, logits [B, V])``, as :mod:`seqjax.decoding` takes it."""
        output = self(token[:, None], carry=carry)
        return output.carry, output.logits[:, 0]

    def initial_carry(self, batch: int) -> Any:
        """The carry before the first token of ``batch`` rows."""
        return self.layer.initial_carry(batch)

    def _logits(self, y: Array) -> Array:
        if self.output is not None:
            return self.output(y)
        assert self.output_bias is not None
        narrow = y if self.narrow is None else self.narrow(y)
        logits = narrow @ self.embed.embedding[...].T
        return logits + along(self.output_bias[...], logits)
