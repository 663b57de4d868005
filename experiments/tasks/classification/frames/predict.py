"""Classifies sequences of frames: the rows of a table on standard input, or the sounds or clips that it names."""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from experiments.run.answers import is_json, print_answer
from experiments.run.arguments import parse
from experiments.run.stdin import read_lines, read_text
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.classification.frames.data import DataConfig
from experiments.tasks.classification.frames.task import ModelConfig, build_classifier
from experiments.tasks.classification.sequences import answer_of
from seqjax.data.audio.files import is_silent, read_sound
from seqjax.data.pictures.files import read_frames as read_clip
from seqjax.data.pictures.labelled import flat
from seqjax.errors import InputError
from seqjax.predictors.classification import BATCH_SIZE
from seqjax.predictors.frame_classification import FrameClassifier

FILES = {"sounds": "sound file", "clips": "clip"}  # kinds that are read from files


def answer(config: ConfigDict, workdir: Path) -> None:
    """Writes the label of each sequence of a table, or of each path, on a line."""
    data: DataConfig = parse(DataConfig, "data", config.data)
    model: ModelConfig = parse(ModelConfig, "model", config.model)
    learned = load_learned(workdir)
    classifier = build_classifier(data, model, config.seed, learned)
    params = restore_best(workdir, classifier.initial_params)
    if data.kind == "table":
        _answer_table(data, classifier, params, learned["columns"])
    else:
        _answer_paths(data, classifier, params)


def _answer_table(data: DataConfig, classifier: FrameClassifier, params: Any, columns: Sequence[str]) -> None:
    """Reads a table with the columns of the training part; writes id, label and probability of each sequence."""
    table = data.parse(read_text(), "standard input", columns)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if not is_json():
        writer.writerow([data.id_column, data.label_column, "probability"])
    for key, row in zip(table.ids, classifier.classify(params, table.frames), strict=True):
        label, score, probabilities = answer_of(row, classifier.classes)
        if is_json():
            print_answer(key, label, score, probabilities=probabilities)
        else:
            writer.writerow([key, label, f"{probabilities[label]:.6f}"])


def _answer_paths(data: DataConfig, classifier: FrameClassifier, params: Any) -> None:
    """Reads a path a line; writes its label, or an empty line where the file cannot be read."""
    for lines in read_lines(f"Type the path of a {FILES[data.kind]} and press Enter"):
        numbers = [*lines]
        for begin in range(0, len(numbers), BATCH_SIZE):
            frames, faults = dict[int, np.ndarray](), dict[int, str]()
            for number in numbers[begin : begin + BATCH_SIZE]:
                try:
                    frames[number], faults[number] = _frames(data, lines[number].strip())
                except InputError as error:
                    faults[number] = str(error)
                if faults[number]:
                    print(f"line {number}: {faults[number]}", file=sys.stderr)
            rows = dict(zip(frames, classifier.classify(params, [*frames.values()]), strict=True))
            for number, fault in faults.items():
                _print(lines[number], rows.get(number), fault, classifier.classes)
            sys.stdout.flush()


def _frames(data: DataConfig, path: str) -> tuple[np.ndarray, str]:
    """The frames of a file, and what the user should know about it."""
    if not path:
        raise InputError(f"the line is empty; name a {FILES[data.kind]}")
    if data.kind == "clips":
        return flat(read_clip(Path(path).expanduser(), data.size, data.bucket_sizes[-1])), ""
    sound = read_sound(path, data.rate)
    return data.features(sound), f"{path} is silent; its label is a guess" if is_silent(sound) else ""


def _print(line: str, row: np.ndarray | None, fault: str, classes: Sequence[str]) -> None:
    """Prints the label of a line, given the probabilities ``[C]`` of all classes, or None."""
    label, score, more = None, None, {}
    if row is not None:
        label, score, probabilities = answer_of(row, classes)
        more = {"probabilities": probabilities}
    if is_json():
        print_answer(line, label, score, fault, **more)
    else:
        print(label or "")
