"""Classifies the lines of standard input."""

import json
import sys
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from experiments.run.stdin import read_lines
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.classification.data import DataConfig
from experiments.tasks.classification.task import ModelConfig, build_classifier


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads one text a line, and writes its label and the probabilities of all classes as one JSON object a line."""
    learned = load_learned(workdir)
    classifier = build_classifier(DataConfig(**config.data), ModelConfig(**config.model), config.seed, learned)
    params = restore_best(workdir, classifier.initial_params)
    if sys.stdin.isatty():
        print("Type a text and press Enter; Ctrl-D ends.", file=sys.stderr)
    for texts in read_lines():
        for row in classifier.classify(params, texts):
            probabilities = {
                name: round(float(probability), 6) for name, probability in zip(classifier.classes, row, strict=True)
            }
            label = classifier.classes[int(np.argmax(row))]
            record = {"label": label, "probability": probabilities[label], "probabilities": probabilities}
            print(json.dumps(record, ensure_ascii=False))
        sys.stdout.flush()
