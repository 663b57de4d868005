"""Continues prompts from standard input."""

import sys
from itertools import chain
from pathlib import Path

import jax
import numpy as np
from ml_collections import ConfigDict

from experiments.run.stdin import MAX_LENGTH, NBEST, SEED, read_lines, temperature
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.language_modeling.flags import STOP, TOP_K, TOP_P
from experiments.tasks.language_modeling.task import ModelConfig
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.predictors.language_modeling import PROMPT_SIZES, TextGenerator
from seqjax.tokens import UNK

ESCAPES = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})  # an answer is one line


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads a prompt per line, and writes its continuations on one line; at a terminal while they are generated."""
    sampling_temperature = temperature(0.8)
    if TOP_P.value is not None and not 0 < TOP_P.value <= 1:
        raise InputError(f"--top_p is {TOP_P.value}, but must be above 0 and at most 1")
    vocabulary = Vocabulary.from_json(load_learned(workdir)["vocabulary"])
    module = ModelConfig(**config.model).build(len(vocabulary), config.seed)
    generator = TextGenerator(module, vocabulary)
    params = restore_best(workdir, generator.initial_params)
    streams = sys.stdout.isatty() and NBEST.value == 1
    if sys.stdin.isatty():
        print("Type the beginning of a text and press Enter; Ctrl-D ends.", file=sys.stderr)
    for number, line in enumerate(chain.from_iterable(read_lines()), 1):
        prompt = line.replace("\\n", "\n")
        _warn(generator.encode(prompt), number)
        keys = jax.random.split(jax.random.fold_in(jax.random.key(SEED.value), number), NBEST.value)
        texts = [""] * NBEST.value
        for longer in generator.generate(
            params,
            prompt,
            keys,
            max_length=MAX_LENGTH.value or 400,
            temperature=sampling_temperature,
            top_k=TOP_K.value,
            top_p=TOP_P.value,
            stop=STOP.value,
        ):
            if streams:
                print(longer[0][len(texts[0]) :], end="", flush=True)
            texts = longer
        print("" if streams else "\t".join(text.translate(ESCAPES) for text in texts), flush=True)


def _warn(ids: np.ndarray, number: int) -> None:
    """Warns on standard error of tokens of a prompt that the model does not know or does not read."""
    unknown = int((ids == UNK).sum())
    if unknown:
        print(f"line {number} has {unknown} tokens that are not in the vocabulary", file=sys.stderr)
    if len(ids) >= PROMPT_SIZES[-1]:
        print(f"line {number} has {len(ids)} tokens; the last {PROMPT_SIZES[-1]} are read", file=sys.stderr)
