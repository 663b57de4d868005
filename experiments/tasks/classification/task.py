"""The classification of texts: a text classifier, its baselines and its test."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.run.results import TestResult
from experiments.tasks.classification.data import DataConfig
from experiments.tasks.classification.report import summary, write_attributions
from experiments.tasks.classification.sequences import SequenceClassification
from seqjax.baselines.bag_of_words import bigram_classifiers
from seqjax.data.vocabulary import Vocabulary
from seqjax.layers.recurrent import LAYERS
from seqjax.models.classifier import POOLINGS, AveragingClassifier, RecurrentClassifier
from seqjax.predictors.classification import TextClassifier


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/classification/imdb.py explains them."""

    kind: str
    cell: str
    embed_features: int
    hidden_features: int
    num_layers: int
    bidirectional: bool
    pooling: str
    word_dropout: float
    embed_dropout: float
    recurrent_dropout: float
    dropout: float
    output_dropout: float
    label_smoothing: float

    def __post_init__(self) -> None:
        choice("model.kind", self.kind, ("average", "recurrent"))
        choice("model.cell", self.cell, LAYERS)
        choice("model.pooling", self.pooling, POOLINGS)
        sizes = ("embed_features", "hidden_features", "num_layers")
        at_least(1, "model", **{name: getattr(self, name) for name in sizes})
        probability("model.label_smoothing", self.label_smoothing, below_one=True)

    def build(self, vocabulary: int, classes: int, seed: int) -> nnx.Module:
        """Builds the model for a number of tokens and of classes."""
        shared: dict[str, Any] = {
            "embed_features": self.embed_features,
            "hidden_features": self.hidden_features,
            "num_layers": self.num_layers,
            "word_dropout": self.word_dropout,
            "embed_dropout": self.embed_dropout,
            "output_dropout": self.output_dropout,
            "rngs": nnx.Rngs(params=seed),
        }
        if self.kind == "average":
            return AveragingClassifier(vocabulary, classes, **shared)
        return RecurrentClassifier(
            vocabulary,
            classes,
            cell=self.cell,
            bidirectional=self.bidirectional,
            pooling=self.pooling,
            recurrent_dropout=self.recurrent_dropout,
            dropout=self.dropout,
            **shared,
        )


def build_classifier(data: DataConfig, model: ModelConfig, seed: int, learned: Mapping[str, Any]) -> TextClassifier:
    """Builds the classifier of a config with what was learned from its training part."""
    vocabulary, classes = Vocabulary.from_json(learned["vocabulary"]), learned["classes"]
    module = parse(model.build, "model", {}, vocabulary=len(vocabulary), classes=len(classes), seed=seed)
    return TextClassifier(module, vocabulary, classes, data.bucket_sizes, data.truncation)


class Classification(SequenceClassification):
    """A classifier with the texts that it is trained and tested on."""

    def __init__(
        self,
        data: Mapping[str, Any],
        model: Mapping[str, Any],
        seed: int,
        learned: Mapping[str, Any] | None = None,
    ) -> None:
        data_config: DataConfig = parse(DataConfig, "data", data)
        model_config: ModelConfig = parse(ModelConfig, "model", model)
        self.parts = data_config.read(None if learned is None else learned["split"])
        if learned is None:
            learned = {**data_config.learn(self.parts[0]), "split": data_config.split_record(self.parts)}
        self.learned: dict[str, Any] = dict(learned)
        self.classifier = build_classifier(data_config, model_config, seed, self.learned)
        ids = [self.classifier.encode(part.texts) for part in self.parts]
        self.data_summary: Sequence[str] = summary(self.parts, self.classifier, ids)
        super().__init__(
            self.classifier,
            self.parts,
            ids,
            batch_size=data_config.batch_size,
            smoothing=model_config.label_smoothing,
            seed=seed,
        )

    def test(self, params: Any) -> TestResult:
        """Tests on the test part, with baselines that ignore word order; see :meth:`result`."""
        texts, vocabulary = self.parts[2].texts, self.classifier.vocabulary
        probabilities = self.classifier.probabilities(params, self.sequences[2])
        explained = partial(
            write_attributions,
            classifier=self.classifier,
            params=params,
            texts=texts,
            labels=self.labels[2],
            probabilities=probabilities,
        )
        lengths = np.array([len(vocabulary.encode(text)) for text in texts])
        return self.result(probabilities, self._baselines(), lengths, "tokens", {"attributions.html": explained})

    def _baselines(self) -> dict[str, np.ndarray]:
        """Probabilities of the test texts by each baseline that reads them, ``[N, C]``."""
        training, test = self.parts[0], self.parts[2]
        if importlib.util.find_spec("sklearn") is None:
            print("No naive Bayes, no logistic regression: install seqjax with its extra 'baselines'", file=sys.stderr)
            return {}
        split, classes = self.classifier.vocabulary.split, len(self.classifier.classes)
        bigrams = bigram_classifiers(split, training.texts, self.labels[0], test.texts, classes)
        if not bigrams:
            print("No naive Bayes, no logistic regression: no word is in two training texts", file=sys.stderr)
        return bigrams
