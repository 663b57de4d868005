"""The classification of frames: a classifier of frames, its baselines and its test."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.run.parts import PARTS
from experiments.run.results import TestResult
from experiments.tasks.classification.frames.data import DataConfig
from experiments.tasks.classification.report import class_lines
from experiments.tasks.classification.sequences import SequenceClassification
from seqjax.baselines.frame_statistics import logistic_regression
from seqjax.data.labelled_frames import LabelledFrames
from seqjax.layers.recurrent import LAYERS
from seqjax.models.classifier import POOLINGS, RecurrentFrameClassifier
from seqjax.predictors.frame_classification import FrameClassifier, FrameInputs


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/classification/series.py explains them."""

    cell: str
    hidden_features: int
    num_layers: int
    bidirectional: bool
    pooling: str
    input_dropout: float
    recurrent_dropout: float
    dropout: float
    output_dropout: float
    label_smoothing: float

    def __post_init__(self) -> None:
        choice("model.cell", self.cell, LAYERS)
        choice("model.pooling", self.pooling, POOLINGS)
        at_least(1, "model", hidden_features=self.hidden_features, num_layers=self.num_layers)
        probability("model.label_smoothing", self.label_smoothing, below_one=True)

    def build(self, in_features: int, classes: int, seed: int) -> nnx.Module:
        """Builds the model for the width of a frame and a number of classes."""
        return RecurrentFrameClassifier(
            in_features,
            classes,
            cell=self.cell,
            hidden_features=self.hidden_features,
            num_layers=self.num_layers,
            bidirectional=self.bidirectional,
            pooling=self.pooling,
            input_dropout=self.input_dropout,
            recurrent_dropout=self.recurrent_dropout,
            dropout=self.dropout,
            output_dropout=self.output_dropout,
            rngs=nnx.Rngs(params=seed),
        )


def build_classifier(data: DataConfig, model: ModelConfig, seed: int, learned: Mapping[str, Any]) -> FrameClassifier:
    """Builds the classifier of a config with what was learned from its training part."""
    inputs, classes = FrameInputs.from_json(learned["inputs"]), learned["classes"]
    module = parse(model.build, "model", {}, in_features=inputs.width, classes=len(classes), seed=seed)
    return FrameClassifier(module, inputs, classes, data.bucket_sizes, data.truncation)


class Classification(SequenceClassification):
    """A classifier with the sequences of frames that it is trained and tested on."""

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
        self.data_summary: Sequence[str] = summary(self.parts, self.classifier)
        super().__init__(
            self.classifier,
            self.parts,
            [self.classifier.encode(part.frames) for part in self.parts],
            batch_size=data_config.batch_size,
            smoothing=model_config.label_smoothing,
            seed=seed,
        )

    def test(self, params: Any) -> TestResult:
        """Tests on the test part, with a baseline that ignores the order of frames; see :meth:`result`."""
        probabilities = self.classifier.probabilities(params, self.sequences[2])
        lengths = np.array([len(each) for each in self.parts[2].frames])
        return self.result(probabilities, self._baselines(), lengths, "frames")

    def _baselines(self) -> dict[str, np.ndarray]:
        """Probabilities of the test sequences by logistic regression, ``[N, C]``; its inputs are the model's."""
        if importlib.util.find_spec("sklearn") is None:
            print("No logistic regression: install seqjax with its extra 'baselines'", file=sys.stderr)
            return {}
        training, _, test = self.sequences
        classes = len(self.classifier.classes)
        return {"logistic regression": logistic_regression(training, self.labels[0], test, classes)}


def summary(parts: Sequence[LabelledFrames], classifier: FrameClassifier) -> list[str]:
    """Describes the data that were read: sequences, classes, lengths, and values that the model cannot see."""
    frames = [each for part in parts for each in part.frames]
    lengths, size = np.array([len(each) for each in frames]), classifier.bucket_sizes[-1]
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in zip(PARTS, parts, strict=True))
    spread = f"{lengths.min()} to {lengths.max()}" if lengths.min() < lengths.max() else f"{lengths.max()}"
    width, missing = len(parts[0].columns), np.mean([np.mean(np.isnan(each)) for each in frames])
    constant = [name for name, still in zip(parts[0].columns, classifier.inputs.scaler.constant, strict=True) if still]
    lines = [
        f"{parts[0].name}: {sizes} sequences of {spread} frames",
        *class_lines(parts, classifier.classes),
        f"{width} values a frame, of which {missing:.1%} are missing"
        + (f"; {len(constant)} never change in the training part: {', '.join(constant[:6])}" if constant else ""),
    ]
    cut = int(np.sum(lengths > size))
    return [*lines, f"{cut:,} sequences are truncated to {size} frames"] if cut else lines
