"""The keys of ``config.model`` of replies to dialogue acts, and the model that they describe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.tasks.dialogue.acts.data import DataConfig
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.search import Search
from seqjax.errors import InputError
from seqjax.models.act_writer import CONDITIONINGS, ActConditioning, ActWriter
from seqjax.predictors.dialogue_acts import ActReplier


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/dialogue/rnnlg.py explains them."""

    conditioning: ActConditioning
    embed_features: int
    hidden_features: int
    dropout: float
    label_smoothing: float
    act_cost: float
    candidates: int
    temperature: float
    length_penalty: float
    slot_penalty: float

    def __post_init__(self) -> None:
        choice("model.conditioning", self.conditioning, CONDITIONINGS)
        sizes = ("embed_features", "hidden_features", "candidates")
        at_least(1, "model", **{name: getattr(self, name) for name in sizes})
        names = ("act_cost", "temperature", "slot_penalty")
        at_least(0, "model", **{name: getattr(self, name) for name in names})
        probability("model.dropout", self.dropout, below_one=True)
        probability("model.label_smoothing", self.label_smoothing, below_one=True)
        if self.act_cost and self.conditioning != "sclstm":
            raise InputError(
                f"config key 'model.act_cost' is {self.act_cost}, but only 'sclstm' has act vectors; set it to 0"
            )

    def build(self, act_features: int, vocabulary_size: int, seed: int) -> ActWriter:
        """The model with its initial parameters."""
        return ActWriter(
            act_features,
            vocabulary_size,
            conditioning=self.conditioning,
            embed_features=self.embed_features,
            hidden_features=self.hidden_features,
            dropout=self.dropout,
            rngs=nnx.Rngs(params=seed),
        )

    def search(self, longest: int) -> Search:
        """The options of the search: a beam as wide as there are candidates, or samples."""
        return Search(
            beam=1 if self.temperature else self.candidates,
            n_best=self.candidates,
            temperature=self.temperature,
            length_penalty=self.length_penalty,
            max_length=longest + 1,
        )


def build_replier(data: DataConfig, model: ModelConfig, seed: int, learned: Mapping[str, Any]) -> ActReplier:
    """The model of a config with the features and words of its training part."""
    vocabulary, features = Vocabulary.from_json(learned["vocabulary"]), learned["features"]
    sizes = {"act_features": len(features) + 1, "vocabulary_size": len(vocabulary)}
    module = parse(model.build, "model", {}, **sizes, seed=seed)
    return ActReplier(module, features, vocabulary)
