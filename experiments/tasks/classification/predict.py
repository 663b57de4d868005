"""Classifies the lines of standard input."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from experiments.run.answers import is_json, print_answer, print_json
from experiments.run.stdin import read_lines, remark
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.classification.data import DataConfig
from experiments.tasks.classification.sequences import answer_of
from experiments.tasks.classification.task import ModelConfig, build_classifier
from seqjax.tokens import UNK

UNREAD = "has no token that is in the vocabulary; its label is a guess"


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads one text a line, and writes its label and the probabilities of all classes as one JSON object a line."""
    data = DataConfig(**config.data)
    classifier = build_classifier(data, ModelConfig(**config.model), config.seed, load_learned(workdir))
    params = restore_best(workdir, classifier.initial_params)
    for lines in read_lines("Type a text and press Enter"):
        if 1 in lines and (kind := _table_kind(lines[1], (data.text_column, data.label_column))):
            remark(1, f"looks like {kind}; every line is read as a text as it stands")
        ids = classifier.encode([*lines.values()])
        for number, text, row in zip(lines, ids, classifier.probabilities(params, ids), strict=True):
            warning = "" if np.any(text != UNK) else UNREAD
            if warning:
                remark(number, warning)
            _print(lines[number], row, classifier.classes, warning)
        sys.stdout.flush()


def _print(line: str, row: np.ndarray, classes: Sequence[str], warning: str) -> None:
    """Prints the most probable class of a line, given the probabilities of all, ``[C]``; JSON holds the warning."""
    label, score, probabilities = answer_of(row, classes)
    if is_json():
        print_answer(line, label, score, warning, probabilities=probabilities)
    else:
        print_json({"label": label, "probability": probabilities[label], "probabilities": probabilities})


def _table_kind(line: str, columns: Sequence[str]) -> str:
    """The format of a table whose first line this could be; empty for a text."""
    cells = [cell.strip("\"' ") for cell in re.split(r"[,;\t]", line)]
    if any(column in cells for column in columns if column):
        return "the header of a CSV file"
    try:
        return "JSON" if isinstance(json.loads(line), dict | list) else ""
    except ValueError:
        return ""
