"""The keys of ``config.model`` of the summarisation task, and the model that they describe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.tasks.summarization.data import DataConfig
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.search import Search
from seqjax.layers.attention import Score
from seqjax.layers.recurrent import LAYERS
from seqjax.models.seq2seq import Seq2Seq
from seqjax.predictors.summarization import Summarizer


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/summarization/docstrings.py explains them."""

    cell: str
    embed_features: int
    encoder_features: int
    decoder_features: int
    score: Score
    input_feeding: bool
    tie_embeddings: bool
    copying: bool
    coverage: float
    dropout: float
    label_smoothing: float
    chunk: int
    beam: int
    length_penalty: float
    no_repeat_ngram_size: int

    def __post_init__(self) -> None:
        choice("model.cell", self.cell, LAYERS)
        choice("model.score", self.score, ("additive", "dot", "general"))
        sizes = ("embed_features", "encoder_features", "decoder_features", "beam")
        at_least(1, "model", **{name: getattr(self, name) for name in sizes})
        at_least(0, "model", coverage=self.coverage, chunk=self.chunk, no_repeat_ngram_size=self.no_repeat_ngram_size)
        probability("model.label_smoothing", self.label_smoothing, below_one=True)

    def build(self, vocabulary_size: int, seed: int) -> Seq2Seq:
        """Builds the model for a vocabulary of some size."""
        return Seq2Seq(
            vocabulary_size,
            vocabulary_size,
            cell=self.cell,
            embed_features=self.embed_features,
            encoder_features=self.encoder_features,
            decoder_features=self.decoder_features,
            encoder_layers=1,
            decoder_layers=1,
            bidirectional=True,
            reverse_source=False,
            conditioning="attention",
            score=self.score,
            input_feeding=self.input_feeding,
            tie_embeddings=self.tie_embeddings,
            share_embedding=True,
            copying=self.copying,
            coverage=self.coverage > 0,
            chunk=self.chunk or None,
            dropout=self.dropout,
            rngs=nnx.Rngs(params=seed),
        )

    def search(self, longest_target: int) -> Search:
        """The options of the search: summaries may be as long as the longest that are learned."""
        return Search(
            beam=self.beam,
            length_penalty=self.length_penalty,
            max_length=longest_target + 1,
            no_repeat_ngram_size=self.no_repeat_ngram_size,
        )


def build_summarizer(data: DataConfig, model: ModelConfig, seed: int, learned: Mapping[str, Any]) -> Summarizer:
    """The model of a config with the vocabulary of its training part."""
    vocabulary = Vocabulary.from_json(learned["vocabulary"])
    module = parse(model.build, "model", {}, vocabulary_size=len(vocabulary), seed=seed)
    return Summarizer(module, vocabulary, data.bucket_sizes)
