"""A translation model with its vocabularies: text in, text out."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from experiments.arguments import at_least, call, choice
from seqjax.data.batching import in_order, padded
from seqjax.data.vocabulary import Vocabulary, normalise
from seqjax.decoding import Beams, beam_search, greedy, sample
from seqjax.errors import InputError
from seqjax.layers.recurrent import LAYERS
from seqjax.models.seq2seq import Seq2Seq
from seqjax.pictures import AttentionPanel
from seqjax.tokens import BOS, EOS, PAD, UNK
from seqjax.typing import Array, PRNGKey

ROWS = 64  # Sources that are translated at once; no result depends on it.
BANNED = (PAD, BOS, UNK)  # Nobody wants to read these.


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/translate_dates.py says what they mean."""

    cell: str
    embed_features: int
    encoder_features: int
    decoder_features: int
    encoder_layers: int
    decoder_layers: int
    bidirectional: bool
    reverse_source: bool
    conditioning: str
    score: str
    feeding: bool
    tied: bool
    dropout: float
    label_smoothing: float
    own_tokens: float
    own_tokens_steps: int
    beam: int
    length_penalty: float

    def __post_init__(self) -> None:
        choice("model.cell", self.cell, LAYERS)
        choice("model.conditioning", self.conditioning, ("carry", "vector", "attention"))
        choice("model.score", self.score, ("additive", "dot", "general"))
        sizes = ("embed_features", "encoder_features", "decoder_features", "encoder_layers", "decoder_layers")
        at_least(1, "model", **{name: getattr(self, name) for name in (*sizes, "own_tokens_steps", "beam")})
        for name in ("label_smoothing", "own_tokens"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"config key 'model.{name}' is {getattr(self, name)}, but must be in [0, 1)")

    def build(self, src_size: int, tgt_size: int, seed: int) -> Seq2Seq:
        """The model with fresh parameters."""
        options = asdict(self)
        for name in ("label_smoothing", "own_tokens", "own_tokens_steps", "beam", "length_penalty"):
            del options[name]
        options["input_feeding"], options["tie_embeddings"] = options.pop("feeding"), options.pop("tied")
        return Seq2Seq(src_size, tgt_size, **options, rngs=nnx.Rngs(params=seed))


class Search(NamedTuple):
    """How translations are looked for.

    Attributes:
      beam: Hypotheses of the beam search; 1 takes the likeliest token at each place.
      n_best: Translations of each source, at most ``beam`` unless they are drawn.
      temperature: 0, or that of random draws, which take the place of the beam.
      length_penalty: See :func:`~seqjax.decoding.beam_search`.
      max_length: Tokens of a translation at most, its end among them.
    """

    beam: int
    n_best: int
    temperature: float
    length_penalty: float
    max_length: int

    @classmethod
    def of(cls, model: ModelConfig, widths: Sequence[int]) -> "Search":
        """What a config says: the best translation, as long as those that were trained on at most."""
        return cls(model.beam, 1, 0.0, model.length_penalty, widths[-1] + 1)


class Hypothesis(NamedTuple):
    """One translation of a source of S tokens.

    Attributes:
      ids: Its T tokens, without BOS and EOS.
      score: Sum of their log-probabilities in nats, that of EOS included.
      attention: Where the model looked for each, ``[T, S]``, or None for a model without attention.
    """

    ids: np.ndarray
    score: float
    attention: np.ndarray | None


class Translator:
    """The model of a config with its vocabularies, as functions of its parameters.

    Attributes:
      source: What sources are cut into.
      target: What targets are cut into.
      attends: Whether the model has attention.
      fresh_params: The parameters before the first step.
    """

    def __init__(
        self, widths: Sequence[int], model: ModelConfig, seed: int, source: Vocabulary, target: Vocabulary
    ) -> None:
        self.widths, self.source, self.target = tuple(widths), source, target
        self.attends = model.conditioning == "attention"
        self.search = Search.of(model, self.widths)
        module = call(model.build, "model", {}, src_size=len(source), tgt_size=len(target), seed=seed)
        self._graph, params = nnx.split(module, nnx.Param)
        self.fresh_params = nnx.to_pure_dict(params)
        self._decode = jax.jit(self._found, static_argnames="search")

    def logits(
        self, params: Any, src: Array, tgt_in: Array, key: PRNGKey | None, own_tokens: Array | None = None
    ) -> Array:
        """``[B, T, V]``, of what follows each token of ``tgt_in [B, T]`` in the translation of ``src [B, S]``."""
        logits: Array = nnx.merge(self._graph, params)(src, tgt_in, key=key, sampling_rate=own_tokens)
        return logits

    def encode(self, sources: Sequence[str]) -> list[np.ndarray]:
        """The numbers of the tokens of each source, ``int32 [S]``."""
        return [self.source.encode(text) for text in sources]

    def text(self, ids: np.ndarray) -> str:
        """The text of a translation, on one line."""
        return " ".join(self.target.decode(ids).split())

    def written(self, target: str) -> str:
        """A target as the model would write it: in small letters, or words divided by spaces, if its vocabulary is."""
        pieces = self.target.split(target) if self.target.kind == "word" else [normalise(target, self.target.lowercase)]
        return " ".join(" ".join(pieces).split())

    def panel(self, source: str, found: Hypothesis) -> AttentionPanel:
        """Where the model looked while it translated a source, to be drawn. It has to have attention."""
        assert found.attention is not None
        read = self.source.split(source)[: found.attention.shape[1]]
        return AttentionPanel(read, [self.target.pieces[index] for index in found.ids], found.attention)

    def translate(
        self, params: Any, ids: Sequence[np.ndarray], search: Search, keys: Array | None = None
    ) -> list[list[Hypothesis]]:
        """Up to ``search.n_best`` translations of each encoded source, best first.

        Of a longer source than the last width the first tokens are read. Shapes are few and fixed, and a source's width
        depends on nothing but its length: so its translation does not depend on what else is translated.

        Args:
          params: The parameters.
          ids: N sources, each with a token at least.
          search: How translations are looked for.
          keys: For random draws, one key for each source ``[N]``.
        """
        found: list[list[Hypothesis]] = [[] for _ in ids]
        lengths = np.minimum([len(each) for each in ids], self.widths[-1])
        place = np.searchsorted(self.widths, lengths)
        for index, width in enumerate(self.widths):
            for rows in in_order(np.flatnonzero(place == index), ROWS):
                # A batch is filled up with its own rows again, which end when they do.
                filled = np.resize(rows, ROWS)
                src = padded([ids[row][:width] for row in filled], width)
                decoded = self._decode(params, src, None if keys is None else keys[filled], search=search)
                for batch_row, row in enumerate(rows):
                    found[row] = list(_hypotheses(decoded, batch_row, lengths[row]))
        return found

    def _found(self, params: Any, src: Array, keys: Array | None, search: Search) -> Beams:
        model: Any = nnx.merge(self._graph, params)
        context, carry = model.encode(src)
        step = partial(model.step, context)
        options: dict[str, Any] = {"max_length": search.max_length, "banned": BANNED}
        if keys is None and search.beam > 1:
            return beam_search(
                step,
                carry,
                beam=search.beam,
                n_best=search.n_best,
                length_penalty=search.length_penalty,
                **options,
            )
        if keys is None:
            decoded = greedy(step, carry, **options)
        else:
            carry = jax.tree.map(lambda leaf: jnp.repeat(leaf, search.n_best, axis=0), carry)
            keys = jax.vmap(lambda key: jax.random.split(key, search.n_best))(keys).reshape(-1)
            decoded = sample(step, carry, keys, temperature=search.temperature, **options)
        tokens, scores, lengths, attention = jax.tree.map(
            lambda leaf: leaf.reshape(len(src), -1, *leaf.shape[1:]), decoded[:4]
        )
        return Beams(tokens, scores, scores, lengths, attention)


def _hypotheses(found: Beams, row: int, source_length: int) -> Iterator[Hypothesis]:
    tokens, scores = np.asarray(found.tokens)[row], np.asarray(found.scores)[row]
    lengths = np.asarray(found.lengths)[row]
    attention = None if found.attention is None else np.asarray(found.attention)[row]
    for n in np.flatnonzero(np.isfinite(scores)):
        ids = tokens[n, : lengths[n]]
        ids = ids[ids != EOS]
        weights = None if attention is None else attention[n, : len(ids), :source_length]
        yield Hypothesis(ids, float(scores[n]), weights)
