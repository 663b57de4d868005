"""The keys of ``config.model`` of small talk, and the model that they describe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.tasks.dialogue.data import DataConfig
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.search import Search
from seqjax.layers.recurrent import LAYERS
from seqjax.models.decoder import Conditioning
from seqjax.models.seq2seq import Seq2Seq
from seqjax.predictors.dialogue import Chatter


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/dialogue/small_talk.py explains them."""

    cell: str
    embed_features: int
    encoder_features: int
    decoder_features: int
    conditioning: Conditioning
    dropout: float
    label_smoothing: float
    beam: int
    length_penalty: float

    def __post_init__(self) -> None:
        choice("model.cell", self.cell, LAYERS)
        choice("model.conditioning", self.conditioning, ("carry", "vector", "attention"))
        sizes = ("embed_features", "encoder_features", "decoder_features", "beam")
        at_least(1, "model", **{name: getattr(self, name) for name in sizes})
        probability("model.dropout", self.dropout, below_one=True)
        probability("model.label_smoothing", self.label_smoothing, below_one=True)

    def build(self, src_size: int, tgt_size: int, seed: int) -> Seq2Seq:
        """Builds the model for vocabularies of two sizes."""
        return Seq2Seq(
            src_size,
            tgt_size,
            cell=self.cell,
            embed_features=self.embed_features,
            encoder_features=self.encoder_features,
            decoder_features=self.decoder_features,
            encoder_layers=1,
            decoder_layers=1,
            bidirectional=True,
            reverse_source=False,
            conditioning=self.conditioning,
            score="general",
            input_feeding=False,
            tie_embeddings=False,
            dropout=self.dropout,
            rngs=nnx.Rngs(params=seed),
        )

    def search(self, bucket_sizes: Sequence[int]) -> Search:
        """The options of the search: replies may be as long as the longest training replies."""
        return Search(beam=self.beam, length_penalty=self.length_penalty, max_length=bucket_sizes[-1] + 1)


def build_chatter(data: DataConfig, model: ModelConfig, seed: int, learned: Mapping[str, Any]) -> Chatter:
    """The model of a config with the vocabularies of its training part."""
    source, target = (Vocabulary.from_json(learned[name]) for name in ("source", "target"))
    module = parse(model.build, "model", {}, src_size=len(source), tgt_size=len(target), seed=seed)
    return Chatter(module, source, target, data.bucket_sizes)
