"""The language modelling task: a model that predicts each token of a text from those before it."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.run.results import TestResult
from experiments.tasks.language_modeling.data import DataConfig
from experiments.tasks.language_modeling.report import data_summary, loss_by_distance, text_bits, unit_texts
from seqjax.baselines.ngrams import BigramModel
from seqjax.data.text.streams import ChunkedStreams, Stream, parallel_streams, stream
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.losses import token_cross_entropy
from seqjax.models.language_model import CELLS, LanguageModel
from seqjax.plots.text import plot_loss_by_distance, write_coloured_page
from seqjax.predictors.language_modeling import BLOCK, TextGenerator
from seqjax.recurrence.truncated import chunks
from seqjax.tokens import PAD
from seqjax.typing import Array, PRNGKey

EVALUATED_ROWS = 64  # streams evaluated in one batch; no result depends on it
EVALUATED_CHUNK = 256  # tokens of each stream evaluated in one call; only the dynamic loss depends on it
SAMPLE_LENGTH = 5 * BLOCK  # tokens of the text that is printed at each validation
SAMPLE_TEMPERATURE = 0.8
ANALYSED = 3000  # tokens in which units are correlated with signals


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/language_modeling/reviews.py explains them."""

    cell: str
    embed_features: int
    hidden_features: int
    num_layers: int
    tie_embeddings: bool
    embed_dropout: float
    input_dropout: float
    weight_dropout: float
    output_dropout: float
    activation_reg: float
    temporal_activation_reg: float
    dynamic_eval_lr: float

    def __post_init__(self) -> None:
        choice("model.cell", self.cell, CELLS)
        positive = ("embed_features", "hidden_features", "num_layers")
        at_least(1, "model", **{name: getattr(self, name) for name in positive})
        for name in ("embed_dropout", "input_dropout", "weight_dropout", "output_dropout"):
            probability(f"model.{name}", getattr(self, name), below_one=True)
        not_negative = ("activation_reg", "temporal_activation_reg", "dynamic_eval_lr")
        at_least(0, "model", **{name: getattr(self, name) for name in not_negative})

    def build(self, vocabulary_size: int, seed: int) -> LanguageModel:
        """The model with its initial parameters."""
        options = asdict(self)
        for name in ("activation_reg", "temporal_activation_reg", "dynamic_eval_lr"):
            del options[name]  # of the loss and the test
        return LanguageModel(vocabulary_size, **options, rngs=nnx.Rngs(params=seed))


class LanguageModeling:
    """A language model with the texts that it is trained and tested on.

    Training reads parallel streams chunk by chunk, and passes the carry on from chunk to chunk (truncated
    back-propagation through time).
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        model: Mapping[str, Any],
        seed: int,
        learned: Mapping[str, Any] | None = None,
    ) -> None:
        self.data: DataConfig = parse(DataConfig, "data", data)
        self._model_config: ModelConfig = parse(ModelConfig, "model", model)
        self._seed = seed
        self.parts = self.data.read(None if learned is None else learned["split"])
        if learned is None:
            vocabulary_json = self.data.learn_vocabulary(self.parts[0]).to_json()
            learned = {"vocabulary": vocabulary_json, "split": self.data.split_record(self.parts)}
        self.learned = learned
        vocabulary = Vocabulary.from_json(learned["vocabulary"])
        training, *evaluated = [[vocabulary.encode(text) for text in part.texts] for part in self.parts]
        self._training_documents, self._whole = training, self.parts[0].whole
        self._chunks = self._chunked(training)
        self.streams = [parallel_streams(documents, EVALUATED_ROWS, whole=self._whole) for documents in evaluated]
        documents = [training, *evaluated]
        self.data_summary: Sequence[str] = data_summary(self.parts, documents, vocabulary)
        module = parse(self._model_config.build, "model", {}, vocabulary_size=len(vocabulary), seed=seed)
        self.generator = TextGenerator(module, vocabulary)
        self.initial_params = self.generator.initial_params
        self.initial_carry = self.generator.initial_carry(self.initial_params, self.data.batch_size)
        self._token_losses = jax.jit(self.generator.token_losses)
        self._adapt = jax.jit(self._adapted)

    def train_batch(self, step: int) -> Stream:
        """The chunk of a training step."""
        return self._chunks[step]

    def loss_sums(self, params: Any, carry: Any, batch: Stream, key: PRNGKey | None) -> tuple[Array, Array, Any]:
        """The cross-entropy of all targets in nats, the number of targets, and the carry after the chunk.

        With a key the regularisers of AWD-LSTM are added to the mean (Merity et al. 2018, section 4.6): activation_reg
        times the mean square of the outputs, and temporal_activation_reg times that of their differences in time.
        """
        output = self.generator.model(params)(batch.inputs, reset=batch.starts, carry=carry, key=key)
        targets = jnp.asarray(batch.targets)
        losses = token_cross_entropy(output.logits, targets)
        summed, count = jnp.sum(losses), jnp.sum(targets != PAD, dtype=losses.dtype)
        if key is not None:
            summed += count * self._model_config.activation_reg * output.activation_reg
            summed += count * self._model_config.temporal_activation_reg * output.temporal_activation_reg
        return summed, count, output.carry

    def validate(self, params: Any) -> dict[str, float]:
        """The mean loss per token of the validation part; prints a generated text on standard error."""
        keys = jax.random.key(self._seed)[None]
        samples = self.generator.generate(params, "", keys, max_length=SAMPLE_LENGTH, temperature=SAMPLE_TEMPERATURE)
        *_, (sample,) = samples
        print("  " + sample.replace("\n", "\n  "), file=sys.stderr)
        return {"loss": mean_loss(self.stream_losses(params, self.streams[0]), self.streams[0])}

    def test(self, params: Any) -> TestResult:
        """Measures of the test part.

        ``loss``, the mean over all tokens in nats, ends of documents included; ``perplexity``; ``bits_per_character``,
        see :func:`~experiments.tasks.language_modeling.report.text_bits`; and, if ``model.dynamic_eval_lr`` is above
        0, ``dynamic_loss``, the loss under dynamic evaluation (Krause et al. 2018): after each chunk the parameters
        take a step of gradient descent on it.
        """
        tokens = self.streams[1]
        losses = self.stream_losses(params, tokens)
        measures = self._measures(losses)
        if self._model_config.dynamic_eval_lr:
            measures["dynamic_loss"] = mean_loss(self.stream_losses(params, tokens, adapt=True), tokens)
        size = len(self.generator.vocabulary)
        bigrams = BigramModel.fit(self._training_documents, size, whole=self._whole)
        curves = {"model": loss_by_distance(losses, tokens)}
        return TestResult(
            table={
                "model": measures,
                "bigram": self._measures(bigrams.losses(tokens)),
                "unigram": self._measures(bigrams.unigram_losses(tokens)),
            },
            plots={
                "loss_by_distance.png": lambda path: plot_loss_by_distance(path, curves, "tokens into the text"),
                **self._unit_pages(params),
            },
        )

    def stream_losses(self, params: Any, tokens: Stream, *, adapt: bool = False) -> np.ndarray:
        """The loss of each target, ``float64 [B, T]``, with the carry passed on from chunk to chunk.

        Args:
          params: The parameters.
          tokens: The streams ``[B, T]``.
          adapt: True for dynamic evaluation: the parameters are adapted to each chunk after its losses are computed.
        """
        carry = self.generator.initial_carry(params, len(tokens.inputs))
        losses = []
        for chunk, _ in chunks(tokens, EVALUATED_CHUNK):
            chunk_losses, next_carry = self._token_losses(params, carry, chunk)
            if adapt:
                params = self._adapt(params, carry, chunk)
            carry = next_carry
            losses.append(np.asarray(chunk_losses, np.float64))
        return np.concatenate(losses, axis=1)[:, : tokens.inputs.shape[1]]

    def _chunked(self, documents: list[np.ndarray]) -> ChunkedStreams:
        """The chunks of all training steps."""
        rows, length = self.data.batch_size, self.data.chunk
        try:
            return ChunkedStreams(stream(documents, whole=self._whole), rows, length, self._seed)
        except ValueError as error:
            name = self.parts[0].name
            raise InputError(f"{name}: {error}; make data.batch_size or data.chunk smaller") from None

    def _measures(self, losses: np.ndarray) -> dict[str, float]:
        """Measures of the losses ``[B, T]`` on the test part."""
        loss = mean_loss(losses, self.streams[1])
        measures = {"loss": loss, "perplexity": float(np.exp(loss))}
        bits = text_bits(float(losses.sum()), self.parts[2].texts, self.generator.vocabulary)
        return measures if bits is None else measures | {"bits_per_character": bits}

    def _adapted(self, params: Any, carry: Any, chunk: Stream) -> Any:
        """The parameters after one step of gradient descent on the mean loss of a chunk."""

        def loss(params: Any) -> Array:
            summed, count, _ = self.loss_sums(params, carry, chunk, None)
            return summed / jnp.maximum(count, 1)

        grads = jax.grad(loss)(params)
        return jax.tree.map(lambda leaf, grad: leaf - self._model_config.dynamic_eval_lr * grad, params, grads)

    def _unit_pages(self, params: Any) -> dict[str, Callable[[Path], object]]:
        """The page ``cells.html`` about units of the top layer, if tokens are characters and there are signals."""
        if self.data.tokens != "character":
            return {}

        def outputs(params: Any, inputs: np.ndarray) -> Array:
            model = self.generator.model(params)
            y: Array = model.layer(model.embed(inputs))[0]
            return y

        inputs = self.streams[1].inputs[:1, :ANALYSED]
        characters = [self.generator.vocabulary.decode(token) for token in inputs.T]
        texts = unit_texts(characters, np.asarray(jax.jit(outputs)(params, inputs)[0]))
        if not texts:
            return {}
        legend = "Red where the output of the unit is positive, blue where it is negative."
        title = "Hidden units that follow the text"
        return {"cells.html": lambda path: write_coloured_page(path, texts, title, legend)}


def mean_loss(losses: np.ndarray, tokens: Stream) -> float:
    """The mean of the losses ``[B, T]`` over all targets of streams, in double precision."""
    return float(losses.sum() / (tokens.targets != PAD).sum())
