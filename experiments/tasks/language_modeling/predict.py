"""Texts that go on from prompts."""

import json
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import jax
import numpy as np
from ml_collections import ConfigDict

from experiments.run.stdin import MAX_LENGTH, NBEST, SEED, read_lines, temperature
from experiments.run.workdir import restore_best
from experiments.tasks.language_modeling.flags import STOP, TOP_K, TOP_P
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.predictors.language_modeling import PROMPTS, ModelConfig, Sampling, TextModel
from seqjax.tokens import UNK

ESCAPES = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})  # An answer is one line.


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads prompts, writes how they go on; at a terminal while it is made."""
    how = Sampling(MAX_LENGTH.value or 400, temperature(0.8), TOP_K.value, TOP_P.value)
    if how.top_p is not None and not 0 < how.top_p <= 1:
        raise InputError(f"--top_p is {how.top_p}, but must be above 0 and at most 1")
    vocabulary = Vocabulary.from_json(json.loads((workdir / "vocabulary.json").read_text(encoding="utf-8")))
    model = TextModel(ModelConfig(**config.model), config.seed, vocabulary)
    memory = model.carry(model.initial_params, config.data.batch_size)
    params = restore_best(config, model.initial_params, workdir, memory)
    live = sys.stdout.isatty() and NBEST.value == 1
    if sys.stdin.isatty():
        print("Type how a text begins and press Enter; Ctrl-D ends.", file=sys.stderr)
    for number, prompt in enumerate(chain.from_iterable(read_lines()), 1):
        ids = vocabulary.encode(prompt.replace("\\n", "\n"))
        _remark_on(ids, number)
        keys = jax.random.split(jax.random.fold_in(jax.random.key(SEED.value), number), NBEST.value)
        said: Sequence[str] = []
        for so_far in model.texts(params, ids, how, keys, STOP.value):
            if live:
                print(so_far[0][len(said[0]) if said else 0 :], end="", flush=True)
            said = so_far
        print("" if live else "\t".join(text.translate(ESCAPES) for text in said), flush=True)


def _remark_on(ids: np.ndarray, number: int) -> None:
    """Says on standard error what a language model will not read of a prompt."""
    unknown = int((ids == UNK).sum())
    if unknown:
        print(f"line {number} has {unknown} tokens that the training text has not", file=sys.stderr)
    if len(ids) >= PROMPTS[-1]:
        print(f"line {number} has {len(ids)} tokens; the last {PROMPTS[-1]} are read", file=sys.stderr)
