"""Labels of texts."""

import json
import sys
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from experiments.run.stdin import read_lines
from experiments.run.workdir import restore_best
from seqjax.data.vocabulary import Vocabulary
from seqjax.predictors.classification import ModelConfig, TextClassifier


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads texts, writes the label and the probabilities of each; at a terminal one after the other."""
    record = json.loads((workdir / "vocabulary.json").read_text(encoding="utf-8"))
    model = TextClassifier(
        config.data.widths,
        config.data.cut,
        ModelConfig(**config.model),
        config.seed,
        Vocabulary.from_json(record["vocabulary"]),
        record["classes"],
    )
    params = restore_best(config, model.initial_params, workdir)
    if sys.stdin.isatty():
        print("Type a text and press Enter; Ctrl-D ends.", file=sys.stderr)
    for texts in read_lines():
        for probabilities in model.probabilities(params, model.encode(texts)):
            best = int(np.argmax(probabilities))
            shares = {name: round(float(share), 6) for name, share in zip(model.classes, probabilities, strict=True)}
            answer = {"label": model.classes[best], "probability": shares[model.classes[best]], "probabilities": shares}
            print(json.dumps(answer, ensure_ascii=False))
        sys.stdout.flush()
