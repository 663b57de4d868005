"""Classifies the sequences of a table on standard input: CSV in, CSV or JSON lines of labels out."""

import csv
import sys
from pathlib import Path

from ml_collections import ConfigDict

from experiments.run.arguments import parse
from experiments.run.stdin import read_text
from experiments.run.stdout import is_json, print_answer
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.classification.frames.data import DataConfig
from experiments.tasks.classification.frames.task import ModelConfig, build_classifier
from experiments.tasks.classification.sequences import answer_of


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads a table with the columns of the training part, and writes the label of each sequence on a line."""
    data: DataConfig = parse(DataConfig, "data", config.data)
    model: ModelConfig = parse(ModelConfig, "model", config.model)
    learned = load_learned(workdir)
    classifier = build_classifier(data, model, config.seed, learned)
    params = restore_best(workdir, classifier.initial_params)
    table = data.parse(read_text(), "standard input", learned)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if not is_json():
        writer.writerow([data.id_column, data.label_column, "probability"])
    for key, row in zip(table.ids, classifier.classify(params, table.frames), strict=True):
        label, score, probabilities = answer_of(row, classifier.classes)
        if is_json():
            print_answer(key, label, score, probabilities=probabilities)
        else:
            writer.writerow([key, label, f"{probabilities[label]:.6f}"])
