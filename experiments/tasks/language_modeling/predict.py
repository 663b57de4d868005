"""Continues prompts from standard input."""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
from ml_collections import ConfigDict

from experiments.run.answers import is_json, print_texts
from experiments.run.stdin import (
    MAX_LENGTH,
    NBEST,
    SEED,
    TOP_K,
    TOP_P,
    check_top_p,
    read_lines,
    remark,
    temperature,
)
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.language_modeling.flags import STOP
from experiments.tasks.language_modeling.task import ModelConfig
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.predictors.language_modeling import PROMPT_SIZES, Continuations, TextGenerator
from seqjax.tokens import UNK

WRITTEN = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}  # characters by what follows the backslash in an escape
ESCAPES = str.maketrans({character: "\\" + letter for letter, character in WRITTEN.items()})
ESCAPE = re.compile(r"\\([nrt\\])")


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads a prompt per line, and writes its continuations on one line; at a terminal while they are generated."""
    options = _options()
    vocabulary = Vocabulary.from_json(load_learned(workdir)["vocabulary"])
    module = ModelConfig(**config.model).build(len(vocabulary), config.seed)
    generator = TextGenerator(module, vocabulary)
    params = restore_best(workdir, generator.initial_params)
    stop = options["stop"]
    if stop and (written := generator.text(vocabulary.encode(stop))) != stop:
        print(f"the model writes {stop!r} as {written!r}, so that --stop may not end a text", file=sys.stderr)
    is_streamed = sys.stdout.isatty() and NBEST.value == 1 and not is_json()
    for lines in read_lines("Type the beginning of a text and press Enter"):
        for number, line in lines.items():
            prompt = unescaped(line)
            remarks = _remarks(generator.encode(prompt).tolist())
            for text in remarks:
                remark(number, text)
            keys = jax.random.split(jax.random.fold_in(jax.random.key(SEED.value), number), NBEST.value)
            growing = generator.continuations(params, prompt, keys, **options)
            made = _streamed(growing, len(stop or " ") - 1) if is_streamed else [*growing][-1]
            if is_json():
                scores = generator.log_probabilities(params, prompt, made.tokens)
                print_texts(line, [*zip(made.texts, scores, strict=True)], "; ".join(remarks))
            elif not is_streamed:
                print("\t".join(text.translate(ESCAPES) for text in made.texts))
            sys.stdout.flush()


def unescaped(text: str) -> str:
    r"""A text with the characters for its escapes: line breaks for \n, returns for \r, tabs for \t, \ for \\."""
    return ESCAPE.sub(lambda escape: WRITTEN[escape[1]], text)


def _options() -> dict[str, Any]:
    """The options of the generator from flags."""
    sampling_temperature = temperature(0.8)
    check_top_p()
    if STOP.value == "":
        raise InputError("--stop is empty; name the text before which a continuation ends, or leave the flag out")
    return {
        "max_length": MAX_LENGTH.value or 400,
        "temperature": sampling_temperature,
        "top_k": TOP_K.value,
        "top_p": TOP_P.value,
        "stop": None if STOP.value is None else unescaped(STOP.value),
    }


def _streamed(growing: Iterator[Continuations], held_back: int) -> Continuations:
    """Prints a continuation while it grows, but for its last characters, with which a stop text may begin."""
    shown = ""
    for made in growing:
        sure = made.texts[0][: max(len(made.texts[0]) - held_back, len(shown))]
        print(sure[len(shown) :], end="", flush=True)
        shown = sure
    print(made.texts[0][len(shown) :])
    return made


def _remarks(ids: Sequence[int]) -> list[str]:
    """Remarks on tokens of a prompt that the model does not know or does not read."""
    remarks = []
    if unknown := ids.count(UNK):
        remarks.append(f"has {unknown} tokens that are not in the vocabulary")
    if len(ids) >= PROMPT_SIZES[-1]:
        remarks.append(f"has {len(ids)} tokens; the last {PROMPT_SIZES[-1]} are read")
    return remarks
