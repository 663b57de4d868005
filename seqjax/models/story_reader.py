"""Readers of stories: sentences and a question in; one vector for each sentence, and one for the answer, out."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers import GRU, Recurrent, dropout
from seqjax.layers.arguments import check_rate
from seqjax.layers.attention import masked_softmax
from seqjax.layers.dropout import Noisy
from seqjax.models.encoder import Encoded, embed_tokens, last_hidden
from seqjax.recurrence import ReductionCell
from seqjax.tokens import PAD
from seqjax.typing import Array, Mask, PRNGKey

Words = Literal["positions", "gru"]
Reader = Literal["hops", "reduction"]
WORDS: tuple[str, ...] = get_args(Words)
AGES = 0.1  # standard deviation of the first vectors of ages (Sukhbaatar et al. 2015, section 4.2)
READERS: tuple[str, ...] = get_args(Reader)


class Reading(NamedTuple):
    """A story that was read with a question in mind.

    Attributes:
      outputs: One vector for each sentence, ``[B, S, M]``.
      vector: The answer of the last hop, ``[B, M]``.
      weights: Weight of each sentence in each of the K hops, ``[B, K, S]``; at most 1 in all, and 0 at padding.
    """

    outputs: Array
    vector: Array
    weights: Array


class SentenceEncoder(nnx.Module):
    """The words of a sentence to one vector.

    .. code-block:: text

        positions    sum over j of l_j * e_j,   l_jk = (1 - j/J) - (k/M) (1 - 2 j/J)     words j, features k, from 1
        gru          the last carry of a GRU that reads the e_j

    Args:
      embed: Embedding of the words. That of PAD is read as 0.
      words: "positions" (Sukhbaatar et al. 2015, section 4.1) or "gru".
      rngs: Source of the initial parameters.

    Raises:
      ValueError: An unknown kind.
    """

    def __init__(self, embed: nnx.Embed, words: str, *, rngs: nnx.Rngs) -> None:
        if words not in WORDS:
            raise ValueError(f"words must be one of {', '.join(WORDS)}, not {words!r}")
        self.embed = embed
        self.layer = GRU(embed.features, embed.features, rngs=rngs) if words == "gru" else None

    def __call__(self, tokens: Array) -> Array:
        """Vectors ``[..., M]`` of sentences ``[..., W]``, padded with PAD at the end; 0 for one without words."""
        x, mask = embed_tokens(self.embed, tokens), tokens != PAD
        if self.layer is None:
            return jnp.sum(x * _position_weights(mask, x.shape[-1]), axis=-2)
        *rows, words, width = x.shape
        _, carry = self.layer(x.reshape(-1, words, width), mask=mask.reshape(-1, words))
        return last_hidden(self.layer, carry).reshape(*rows, width)


def _position_weights(mask: Array, features: int) -> Array:
    """The weights l ``[..., W, M]`` of the words of sentences."""
    count = jnp.maximum(jnp.sum(mask, axis=-1, dtype=jnp.float32), 1)[..., None, None]
    ones = (1,) * (mask.ndim - 1)
    word = jnp.arange(1, mask.shape[-1] + 1, dtype=jnp.float32).reshape(*ones, -1, 1) / count
    feature = jnp.arange(1, features + 1, dtype=jnp.float32).reshape(*ones, 1, -1) / features
    return (1 - word) - feature * (1 - 2 * word)


class HopReader(Noisy):
    """Several hops of attention over sentences (end-to-end memory; Sukhbaatar et al. 2015, sections 2.2 and 4.1).

    .. code-block:: text

        m_ki = x_i W_k + a_k,age(i)                     for each hop k = 0, 1, ..., K; the last sentence has age 0
        u    = q W_0                                    before the first hop
        p    = softmax over i of u . m_ki,   u = u + sum over i of p_i m_k+1,i          for each hop k < K
        u    = u + the last carry of a GRU over [m_Ki; u; m_Ki * u; p_0i .. p_K-1,i]    if it is recurrent

    What a hop reads out is what the next one compares with ("adjacent" weight tying). A mean does not tell how many
    sentences it is of; the GRU, which reads them in order with the question in mind (as Xiong et al. 2016, section
    3.3.2, do in each hop), can count and list.

    Args:
      features: Width M.
      hops: Number of hops K.
      longest_story: Number of ages that are told apart.
      recurrent: Whether a GRU reads the sentences after the last hop.
      dropout: Probability of dropping an entry of what a hop reads out.
      rngs: Source of the initial parameters.

    Note: The paper has an embedding table for each k, in place of one table and W_k.
    """

    def __init__(
        self, features: int, hops: int, longest_story: int, *, recurrent: bool, dropout: float, rngs: nnx.Rngs
    ) -> None:
        self.dropout = check_rate("dropout", dropout)
        self.layer = GRU(3 * features + hops, features, rngs=rngs) if recurrent else None
        self.ages = nnx.Param(AGES * jax.random.normal(rngs.params(), (hops + 1, longest_story, features)))
        options: Any = {"use_bias": False, "kernel_init": nnx.initializers.orthogonal(), "rngs": rngs}
        self.maps = nnx.List([nnx.Linear(features, features, **options) for _ in range(hops + 1)])

    def __call__(self, x: Array, question: Array, mask: Mask, *, key: PRNGKey | None = None) -> Reading:
        """Reads sentences ``[B, S, M]``, padded at the end, with the questions ``[B, M]`` in mind."""
        key = self.noise_key(key, dropout=self.dropout)
        x = jnp.where(mask[..., None], x, 0)
        age = jnp.sum(mask, axis=1)[:, None] - 1 - jnp.arange(x.shape[1])[None]
        age = jnp.clip(age, 0, self.ages.shape[1] - 1)
        memory = [linear(x) + places[age] for linear, places in zip(self.maps, self.ages[...], strict=True)]
        u, weights = self.maps[0](question), []
        for hop, (m, read) in enumerate(pairwise(memory)):
            p = masked_softmax(jnp.einsum("bm,bsm->bs", u, m), mask)
            o = jnp.einsum("bs,bsm->bm", p, read)
            u = u + dropout(o, self.dropout, None if key is None else jax.random.fold_in(key, hop))
            weights.append(p)
        outputs, looked = jnp.where(mask[..., None], memory[-1], 0), jnp.stack(weights, axis=1)
        if self.layer is not None:
            asked = jnp.broadcast_to(u[:, None], outputs.shape)
            inputs = jnp.concatenate([outputs, asked, outputs * asked, looked.swapaxes(1, 2)], axis=-1)
            y, carry = self.layer(inputs, mask=mask)
            outputs, u = outputs + y, u + last_hidden(self.layer, carry)
        return Reading(outputs, u, looked)


class ReductionReader(Noisy):
    """A query-reduction network: in each hop every sentence rewrites the question (Seo et al. 2017).

    .. code-block:: text

        q_i = reduction([x_i; q_i]), forwards + backwards      but for the last hop, which runs forwards
        answer = the last carry of the last hop

    Args:
      features: Width M.
      hops: Number of layers K.
      vector_gates: Whether there is a gate for each feature.
      dropout: Probability of dropping an entry of the q that the next layer reads.
      rngs: Source of the initial parameters.

    Note: The two directions have weights of their own. The weights of a hop are shares in what the next hop looked at,
    half of each direction's (:meth:`~seqjax.recurrence.ReductionCell.shares`).
    """

    def __init__(self, features: int, hops: int, *, vector_gates: bool, dropout: float, rngs: nnx.Rngs) -> None:
        self.dropout = check_rate("dropout", dropout)
        self.cell = ReductionCell(vector_gates=vector_gates)
        two: Any = {"bidirectional": True, "merge": "sum"}
        self.layers = nnx.List(
            [
                Recurrent(self.cell, 2 * features, features, **(two if hop < hops - 1 else {}), rngs=rngs)
                for hop in range(hops)
            ]
        )

    def __call__(self, x: Array, question: Array, mask: Mask, *, key: PRNGKey | None = None) -> Reading:
        """Reads sentences ``[B, S, M]``, padded at the end, with the questions ``[B, M]`` in mind."""
        key = self.noise_key(key, dropout=self.dropout)
        q, inputs = jnp.broadcast_to(question[:, None], x.shape), []
        carry: tuple[Any, ...] = ()
        for hop, layer in enumerate(self.layers):
            if hop > 0 and key is not None:
                q = dropout(q, self.dropout, jax.random.fold_in(key, hop))
            inputs.append(jnp.concatenate([x, q], axis=-1))
            q, carry = layer(inputs[-1], mask=mask)
        return Reading(q, carry[0].h, self._weights(inputs, mask))

    def _weights(self, inputs: Sequence[Array], mask: Mask) -> Array:
        """The weights of the sentences in each hop ``[B, K, S]``, from the inputs of the layers."""
        found: list[Array] = []
        for layer, xs in reversed(list(zip(self.layers, inputs, strict=True))):
            forward = self.cell.shares(layer.forward[0].as_tuple(), xs, mask)
            if not found:
                found.append(forward[:, -1])
                continue
            backward = self.cell.shares(layer.backward[0].as_tuple(), xs, mask, reverse=True)
            found.append(jnp.einsum("bt,bts->bs", found[-1], (forward + backward) / 2))
        return jnp.stack(found[::-1], axis=1)


class Story(NamedTuple):
    """Stories and questions of a batch: ``story [B, S, W]`` and ``question [B, Q]``, padded with PAD at the ends."""

    story: Any
    question: Any


class StoryReader(Noisy):
    """Sentences and a question to :class:`~seqjax.models.encoder.Encoded`, whose vector is the answer.

    Args:
      words: The encoder of sentences, for questions too.
      reader: The hops.
      dropout: Probability of dropping an entry of the vector of a sentence or question.

    Raises:
      ValueError: A dropout outside [0, 1).
    """

    def __init__(self, words: SentenceEncoder, reader: HopReader | ReductionReader, *, dropout: float) -> None:
        self.words, self.reader = words, reader
        self.dropout = check_rate("dropout", dropout)

    def __call__(self, source: Story, *, key: PRNGKey | None = None) -> Encoded:
        """Reads stories; a key turns dropout on."""
        return self.read(source, key=key)[0]

    def read(self, source: Story, *, key: PRNGKey | None = None) -> tuple[Encoded, Array]:
        """The result of a call, and the weights of the sentences in each hop ``[B, K, S]``."""
        key = self.noise_key(key, dropout=self.dropout)
        story_key, question_key, reader_key = (None,) * 3 if key is None else jax.random.split(key, 3)
        story, question = jnp.asarray(source.story), jnp.asarray(source.question)
        mask = jnp.any(story != PAD, axis=-1)
        x = dropout(self.words(story), self.dropout, story_key)
        asked = dropout(self.words(question), self.dropout, question_key)
        outputs, vector, weights = self.reader(x, asked, mask, key=reader_key)
        return Encoded(outputs, vector, mask, None), weights
