"""A language model with its vocabulary: what it thinks of a text, and how it would go on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from experiments.arguments import at_least, call, choice
from seqjax.data.batching import padded
from seqjax.data.documents import Stream
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding import Decoded, sample
from seqjax.losses import token_cross_entropy, weighted_mean
from seqjax.models.language_model import CELLS, LanguageModel
from seqjax.tokens import BOS, EOS, PAD, UNK
from seqjax.typing import Array, PRNGKey

PROMPTS = (16, 64, 256, 1024)  # Widths that prompts are filled up to; the last one cuts.
PIECE = 32  # Tokens that are written at once.
BANNED = (PAD, BOS, UNK)  # Nobody wants to read these.
NO_BLANK = re.compile(r" (?=[.,;:!?)\]])|(?<=[(\[]) ")  # Where none stands between words.


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/text_reviews.py says what they mean."""

    cell: str
    embed_features: int
    hidden_features: int
    num_layers: int
    tied: bool
    embed_dropout: float
    input_dropout: float
    weight_dropout: float
    output_dropout: float
    activity_penalty: float
    change_penalty: float
    dynamic_rate: float

    def __post_init__(self) -> None:
        choice("model.cell", self.cell, CELLS)
        sizes = ("embed_features", "hidden_features", "num_layers")
        at_least(1, "model", **{name: getattr(self, name) for name in sizes})
        rates = ("activity_penalty", "change_penalty", "dynamic_rate")
        at_least(0, "model", **{name: getattr(self, name) for name in rates})

    def build(self, vocabulary: int, seed: int) -> LanguageModel:
        """The model with fresh parameters."""
        options = asdict(self)
        for name in ("activity_penalty", "change_penalty", "dynamic_rate"):
            del options[name]
        options["tie_embeddings"] = options.pop("tied")
        return LanguageModel(vocabulary, **options, rngs=nnx.Rngs(params=seed))


class Sampling(NamedTuple):
    """How a text is continued: see :func:`~seqjax.decoding.sample`. ``length`` is the most tokens that are written."""

    length: int
    temperature: float
    top_k: int | None
    top_p: float | None


class TextModel:
    """The model of a config with its vocabulary, as functions of its parameters.

    Attributes:
      vocabulary: What texts are cut into.
      fresh_params: The parameters before the first step.
    """

    def __init__(self, model: ModelConfig, seed: int, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        module = call(model.build, "model", {}, vocabulary=len(vocabulary), seed=seed)
        self._graph, params = nnx.split(module, nnx.Param)
        self.fresh_params = nnx.to_pure_dict(params)
        self._penalties = model.activity_penalty, model.change_penalty
        self._read = jax.jit(self._after)
        self._extend = jax.jit(self._piece, static_argnames="how")

    def carry(self, params: Any, rows: int) -> Any:
        """The carry before the first token of ``rows`` texts."""
        return self._module(params).initial_carry(rows)

    def loss(self, params: Any, carry: Any, chunk: Stream, key: PRNGKey | None) -> tuple[Array, Any]:
        """The mean cross-entropy of a chunk ``[B, T]`` in nats, with its penalties, and the carry behind it."""
        said = self._module(params)(chunk.inputs, reset=chunk.starts, carry=carry, key=key)
        nats = token_cross_entropy(said.logits, jnp.asarray(chunk.targets))
        activity, change = self._penalties
        penalties = activity * said.activation_reg, change * said.temporal_activation_reg
        return mean_nats(nats, chunk) + penalties[0] + penalties[1], said.carry

    def nats(self, params: Any, carry: Any, chunk: Stream) -> tuple[Array, Any]:
        """The cross-entropy of each target ``[B, T]``, 0 at padding, and the carry behind the chunk."""
        said = self._module(params)(chunk.inputs, reset=chunk.starts, carry=carry)
        return token_cross_entropy(said.logits, jnp.asarray(chunk.targets)), said.carry

    def outputs(self, params: Any, inputs: Array) -> Array:
        """The topmost layer's outputs ``[B, T, H]``."""
        module = self._module(params)
        y: Array = module.layer(module.embed(inputs))[0]
        return y

    def continuations(
        self, params: Any, prompts: Sequence[np.ndarray], how: Sampling, keys: Array
    ) -> Iterator[np.ndarray]:
        """Goes on from encoded prompts, N of them, and yields what is written piece by piece: ``[N, PIECE]``.

        PAD follows EOS. The last piece may be longer than what ``how.length`` leaves. Of a prompt that is longer than
        the last of ``PROMPTS`` the end is read. What is written depends on a prompt, its key and ``how`` alone.

        Args:
          params: The parameters.
          prompts: The tokens of each, ``int32 [T]``; perhaps none.
          how: How tokens are drawn.
          keys: One key for each.
        """
        begun = [np.append(BOS, each)[-PROMPTS[-1] :] for each in prompts]
        width = PROMPTS[int(np.searchsorted(PROMPTS, max(map(len, begun))))]
        before = padded([each[:-1] for each in begun], width)
        mask = np.arange(width) < np.array([len(each) - 1 for each in begun])[:, None]
        carry = self._read(params, before, mask)
        token = np.array([each[-1] for each in begun], np.int32)
        done = np.zeros(len(begun), bool)
        for number in range(-(-how.length // PIECE)):
            place = jax.vmap(lambda key, number=number: jax.random.fold_in(key, number))(keys)
            decoded = self._extend(params, carry, token, place, how=how._replace(length=0))
            carry, written = decoded.carry, np.where(done[:, None], PAD, np.asarray(decoded.tokens))
            yield written
            token = written[:, -1]
            done |= (written == EOS).any(axis=1)
            if done.all():
                return

    def texts(
        self, params: Any, prompt: np.ndarray, how: Sampling, keys: Array, stop: str | None = None
    ) -> Iterator[list[str]]:
        """Texts that go on from one encoded prompt, one for each key, as far as they are written; again and again.

        They end before ``stop``, where one is given.
        """
        behind = len(self.text(prompt))
        written = np.zeros((len(keys), 0), np.int32)
        for piece in self.continuations(params, [prompt] * len(keys), how, keys):
            written = np.concatenate([written, piece], axis=1)[:, : how.length]
            whole = [self.text(np.append(prompt, each))[behind:] for each in written]
            texts = [text.partition(stop)[0] if stop else text for text in whole]
            yield texts
            if stop and all(stop in text for text in whole):
                return

    def text(self, ids: np.ndarray) -> str:
        """The text of tokens; of words with blanks where a reader expects them."""
        text = self.vocabulary.decode(ids)
        return NO_BLANK.sub("", text) if self.vocabulary.kind == "word" else text

    def _module(self, params: Any) -> Any:
        return nnx.merge(self._graph, params)

    def _after(self, params: Any, tokens: Array, mask: Array) -> Any:
        return self._module(params)(tokens, mask=mask).carry

    def _piece(self, params: Any, carry: Any, token: Array, keys: Array, how: Sampling) -> Decoded:
        return sample(
            self._module(params).step,
            carry,
            keys,
            max_length=PIECE,
            temperature=how.temperature,
            top_k=how.top_k,
            top_p=how.top_p,
            banned=BANNED,
            first=token,
        )


def mean_nats(nats: Array, chunk: Stream) -> Array:
    """The mean of the cross-entropy ``[B, T]`` over the targets that are no padding."""
    return weighted_mean(nats, jnp.asarray(chunk.targets != PAD, nats.dtype))
