"""The keys of ``config.model`` of the speech task, and the recogniser that they describe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.tasks.speech.data import DataConfig
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.automaton import Automaton, words
from seqjax.errors import InputError
from seqjax.layers.attention import Score
from seqjax.layers.recurrent import LAYERS
from seqjax.models.frame_encoder import FrameEncoder
from seqjax.models.speech import AttentionModel, CTCModel
from seqjax.predictors.speech import Recogniser, SpeechSearch

OUTPUTS = ("ctc", "attention")
LANGUAGE_MODELS = ("none", "words", "bigrams")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/speech/digits.py explains them."""

    output: str
    cell: str
    hidden_features: int
    joins: tuple[int, ...]
    bidirectional: bool
    dropout: float
    embed_features: int
    decoder_features: int
    score: Score
    label_smoothing: float
    beam: int
    language_model: str
    language_weight: float
    length_bonus: float

    def __post_init__(self) -> None:
        choice("model.output", self.output, OUTPUTS)
        choice("model.cell", self.cell, LAYERS)
        choice("model.score", self.score, ("additive", "dot", "general"))
        choice("model.language_model", self.language_model, LANGUAGE_MODELS)
        sizes = ("hidden_features", "embed_features", "decoder_features", "beam")
        at_least(1, "model", **{name: getattr(self, name) for name in sizes})
        if min(self.joins, default=0) < 1:
            raise InputError(
                f"config key 'model.joins' is {self.joins}, but must be a number of at least 1 for each layer, "
                "such as (3,1)"
            )
        probability("model.dropout", self.dropout, below_one=True)
        probability("model.label_smoothing", self.label_smoothing, below_one=True)
        if not self.language_weight > 0:
            raise InputError(f"config key 'model.language_weight' is {self.language_weight}, but must be above 0")
        if self.language_model != "none" and self.output != "ctc":
            raise InputError(
                f"config key 'model.language_model' is {self.language_model!r}, but must be 'none' with "
                "model.output='attention', whose decoder has one of its own"
            )

    def build(self, vocabulary_size: int, num_features: int, seed: int) -> CTCModel | AttentionModel:
        """The model with its initial parameters."""
        rngs = nnx.Rngs(params=seed)
        encoder = FrameEncoder(
            num_features,
            self.hidden_features,
            cell=self.cell,
            joins=self.joins,
            bidirectional=self.bidirectional,
            dropout=self.dropout,
            rngs=rngs,
        )
        if self.output == "ctc":
            return CTCModel(encoder, vocabulary_size, rngs=rngs)
        return AttentionModel(
            encoder,
            vocabulary_size,
            cell=self.cell,
            embed_features=self.embed_features,
            decoder_features=self.decoder_features,
            score=self.score,
            dropout=self.dropout,
            rngs=rngs,
        )

    @property
    def search(self) -> SpeechSearch:
        """The options of the search."""
        return SpeechSearch(beam=self.beam, language_weight=self.language_weight, length_bonus=self.length_bonus)


def build_recogniser(data: DataConfig, model: ModelConfig, seed: int, learned: Mapping[str, Any]) -> Recogniser:
    """The recogniser of a config, with what was learned from its training part."""
    vocabulary = Vocabulary.from_json(learned["vocabulary"])
    sizes = {"vocabulary_size": len(vocabulary), "num_features": data.num_features}
    module = parse(model.build, "model", {}, seed=seed, **sizes)
    statistics = np.array(learned["statistics"], np.float32) if "statistics" in learned else None
    return Recogniser(
        module, vocabulary, data.extractor, statistics, data.bucket_sizes, reads_frames=learned["reads_frames"]
    )


def build_language_model(kind: str, recogniser: Recogniser, learned: Mapping[str, Any]) -> Automaton | None:
    """A list of words, alone or with bigrams of the training texts; None for "none".

    Raises:
      InputError: If the training texts have no words to list, or too few letters.
    """
    if kind == "none" or recogniser.blank is None:
        return None
    letters = recogniser.vocabulary
    spellings = {word: letters.encode(word).tolist() for word in learned["words"]}
    texts = [text.split() for text in learned["texts"]] if kind == "bigrams" else None
    (space,) = letters.encode(" ").tolist()
    return words(spellings, recogniser.blank + 1, space=space, texts=texts)
