"""The keys of ``config.model`` of the captioning task, and the model that they describe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.tasks.captioning.data import DataConfig
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.search import Search
from seqjax.errors import InputError
from seqjax.layers.attention import Score
from seqjax.layers.recurrent import LAYERS
from seqjax.models.captioner import READERS, Captioner
from seqjax.models.decoder import Conditioning
from seqjax.predictors.captioning import CaptionWriter


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/captioning/emoji.py explains them."""

    reader: str
    channels: tuple[int, ...]
    cell: str
    frame_features: int
    embed_features: int
    decoder_features: int
    conditioning: Conditioning
    score: Score
    input_feeding: bool
    dropout: float
    motion_dropout: float
    label_smoothing: float
    attention_penalty: float
    beam: int
    length_penalty: float

    def __post_init__(self) -> None:
        choice("model.reader", self.reader, READERS)
        choice("model.cell", self.cell, LAYERS)
        choice("model.conditioning", self.conditioning, ("carry", "vector", "attention"))
        choice("model.score", self.score, ("additive", "dot", "general"))
        sizes = ("frame_features", "embed_features", "decoder_features", "beam")
        at_least(1, "model", **{name: getattr(self, name) for name in sizes})
        at_least(0, "model", attention_penalty=self.attention_penalty)
        probability("model.dropout", self.dropout, below_one=True)
        probability("model.motion_dropout", self.motion_dropout, below_one=True)
        probability("model.label_smoothing", self.label_smoothing, below_one=True)
        if len(self.channels) < 2 or min(self.channels) < 1:
            raise InputError(
                f"config key 'model.channels' is {self.channels}, but must be two or more numbers of at least 1, "
                "such as (64,128)"
            )

    def build(self, vocabulary_size: int, size: int, seed: int) -> Captioner:
        """The model with its initial parameters."""
        return Captioner(
            vocabulary_size,
            size=size,
            channels=self.channels,
            reader=self.reader,
            cell=self.cell,
            frame_features=self.frame_features,
            embed_features=self.embed_features,
            decoder_features=self.decoder_features,
            conditioning=self.conditioning,
            score=self.score,
            input_feeding=self.input_feeding,
            dropout=self.dropout,
            motion_dropout=self.motion_dropout,
            rngs=nnx.Rngs(params=seed),
        )

    def search(self, longest: int) -> Search:
        """The options of the search: captions may be as long as the longest training captions."""
        return Search(beam=self.beam, length_penalty=self.length_penalty, max_length=longest + 1)


def build_writer(data: DataConfig, model: ModelConfig, seed: int, learned: Mapping[str, Any]) -> CaptionWriter:
    """The model of a config with the vocabulary of its training part."""
    if model.reader == "grid" and data.frames > 1:
        raise InputError(
            f"config key 'data.frames' is {data.frames}, but model.reader='grid' reads one; set data.frames=1, or "
            "model.reader to 'frames' or 's2vt'"
        )
    vocabulary = Vocabulary.from_json(learned["vocabulary"])
    module = parse(model.build, "model", {}, vocabulary_size=len(vocabulary), size=data.size, seed=seed)
    return CaptionWriter(module, vocabulary, data.size, data.frames)
