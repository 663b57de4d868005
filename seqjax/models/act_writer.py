"""Models of replies: a dialogue act in, the probabilities of words out."""

from typing import Literal, get_args

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import Recurrent, dropout
from seqjax.layers.arguments import check_rate
from seqjax.layers.dropout import Noisy
from seqjax.models.bridge import Bridge
from seqjax.models.decoder import Context, DecoderCarry, RecurrentDecoder
from seqjax.models.encoder import Encoded, embed_tokens
from seqjax.models.seq2seq import EncoderDecoder
from seqjax.models.text_decoder import TextDecoder
from seqjax.recurrence import SCLSTMCell
from seqjax.recurrence.sclstm import act_cost
from seqjax.tokens import PAD
from seqjax.typing import Array, Embedded, Ids, Logits, PRNGKey, Source

ActConditioning = Literal["sclstm", "vector", "attention"]
CONDITIONINGS: tuple[str, ...] = get_args(ActConditioning)


class ActEncoder(Noisy):
    """Embeds the features of a dialogue act: one vector for each, and their sum.

    Args:
      embed: Embedding of the features. That of PAD is read as 0.
      dropout: Probability of dropping an entry of an embedding.
    """

    def __init__(self, embed: nnx.Embed, *, dropout: float = 0.0) -> None:
        self.embed, self.dropout = embed, check_rate("dropout", dropout)

    def __call__(self, source: Source, *, key: PRNGKey | None = None) -> Encoded:
        """Encodes features ``[B, S]``, padded with PAD."""
        key = self.noise_key(key, dropout=self.dropout)
        outputs = dropout(embed_tokens(self.embed, source), self.dropout, key)
        return Encoded(outputs, jnp.sum(outputs, axis=1), source != PAD, None)


class SCLSTMEncoder(nnx.Module):
    """The first carry of an SC-LSTM, whose d is 1 for each feature of a dialogue act.

    Args:
      recurrent: The decoder that starts from that carry.
    """

    def __init__(self, recurrent: "SCLSTMDecoder") -> None:
        self.recurrent = recurrent

    def __call__(self, source: Source, *, key: PRNGKey | None = None) -> Encoded:
        """Encodes features ``[B, S]``, padded with PAD."""
        cell: SCLSTMCell = self.recurrent.stack.cell
        params = self.recurrent.stack.forward[0].as_tuple()
        mask = source != PAD
        features = jnp.where(mask[..., None], jax.nn.one_hot(source, cell.act_features, dtype=params.w_d.dtype), 0)
        acts = jnp.max(features, axis=1)
        return Encoded(features, acts, mask, (cell.first_carry(params, acts),))


class SCLSTMDecoder(RecurrentDecoder):
    """The recurrent part of a decoder with a semantically conditioned LSTM (Wen et al. 2015).

    In place of attention's weights it returns the act vectors ``[R, T, A]``, what is still to be said after each token.

    Args:
      embed_features: Width E of embedded tokens.
      hidden_features: Width H of the carry, and of the readout.
      act_features: Number A of features of a dialogue act, PAD included.
      rngs: Source of the initial parameters.
    """

    def __init__(self, embed_features: int, hidden_features: int, act_features: int, *, rngs: nnx.Rngs) -> None:
        self.embed_features, self.readout_features = embed_features, hidden_features
        self.input_feeding, self.dropout = False, 0.0
        self.stack = Recurrent(SCLSTMCell(act_features), embed_features, hidden_features, rngs=rngs)
        self.attention = self.vector = self.readout = None

    def __call__(
        self, context: Context, carry: DecoderCarry, x: Embedded, *, key: PRNGKey | None = None
    ) -> tuple[DecoderCarry, Array, Array | None]:
        """Takes T steps over embedded tokens ``[R, T, E]``; see :class:`RecurrentDecoder`."""
        y, last = self.stack(x, carry=carry.cells)
        (first,), params = carry.cells, self.stack.forward[0].as_tuple()
        return DecoderCarry(last), y, self.stack.cell.act_vectors(params, first, x, y)


class ActWriter(EncoderDecoder):
    """A dialogue act to a reply.

    - ``sclstm``: an SC-LSTM, whose carry holds what is still to be said.
    - ``vector``: an LSTM that reads the sum of the features' embeddings at every step.
    - ``attention``: an LSTM with attention over the features, as in translation.

    Args:
      act_features: Number A of features, PAD included.
      vocabulary_size: Number V of tokens.
      conditioning: "sclstm", "vector" or "attention".
      embed_features: Width E of the embeddings of tokens and of features.
      hidden_features: Width H of the carry.
      dropout: Dropout rate of embeddings and readouts.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: A size below 1, a dropout outside [0, 1), or an unknown conditioning.
    """

    def __init__(
        self,
        act_features: int,
        vocabulary_size: int,
        *,
        conditioning: ActConditioning,
        embed_features: int,
        hidden_features: int,
        dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        if conditioning not in CONDITIONINGS:
            raise ValueError(f"conditioning must be one of {', '.join(CONDITIONINGS)}, not {conditioning!r}")
        self.conditioning = conditioning
        embed = nnx.Embed(vocabulary_size, embed_features, rngs=rngs)
        output = nnx.Linear(hidden_features, vocabulary_size, rngs=rngs)
        if conditioning == "sclstm":
            semantic = SCLSTMDecoder(embed_features, hidden_features, act_features, rngs=rngs)
            super().__init__(SCLSTMEncoder(semantic), TextDecoder(embed, semantic, output=output, dropout=dropout))
            return
        encoder = ActEncoder(nnx.Embed(act_features, embed_features, rngs=rngs), dropout=dropout)
        recurrent = RecurrentDecoder(
            embed_features,
            hidden_features,
            embed_features,
            hidden_features,
            cell="lstm",
            num_layers=1,
            conditioning=conditioning,
            score="general",
            input_feeding=False,
            dropout=0.0,
            rngs=rngs,
        )
        bridge = Bridge(recurrent.stack.cell.Carry, 1, embed_features, hidden_features, rngs=rngs)
        super().__init__(encoder, TextDecoder(embed, recurrent, bridge=bridge, output=output, dropout=dropout))

    def logits_and_cost(
        self, source: Source, tgt_in: Ids, tgt_out: Ids, *, key: PRNGKey | None = None
    ) -> tuple[Logits, Array]:
        """Logits ``[B, T, V]`` of the token after each, and the act cost of each row ``[B]``, 0 but for an SC-LSTM.

        The cost is that of the act vectors (:func:`seqjax.recurrence.sclstm.act_cost`).
        """
        encode_key, decode_key = (None, None) if key is None else jax.random.split(key)
        context, carry = self.encode(source, key=encode_key)
        _, logits, weights = self.decoder.decode(context, carry, tgt_in, key=decode_key)
        if self.conditioning != "sclstm" or weights is None:
            return logits, jnp.zeros(len(source), logits.dtype)
        return logits, act_cost(carry.cells[0].d, weights, tgt_out != PAD)
