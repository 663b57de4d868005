"""Recognises the sound files that standard input names, or with ``--stream`` the sound on standard input."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from experiments.run.answers import is_json, print_texts
from experiments.run.arguments import parse
from experiments.run.stdin import NBEST, read_lines, standard_input
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.speech.data import DataConfig
from experiments.tasks.speech.flags import STREAM
from experiments.tasks.speech.model import ModelConfig, build_language_model, build_recogniser
from experiments.tasks.text_generation_flags import BEAM
from seqjax.data.audio.files import is_silent, read_sound
from seqjax.data.audio.folders import read_sphinx_features
from seqjax.errors import InputError
from seqjax.predictors.speech import BATCH_SIZE, Recogniser, SpeechSearch, Transcript
from seqjax.predictors.speech_stream import SpeechStream

CHUNK = 3200  # bytes of a stream that are read at once: a tenth of a second at 16,000 samples per second


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads one path a line, and writes its texts on one line; or reads one stream."""
    data, model = parse(DataConfig, "data", config.data), parse(ModelConfig, "model", config.model)
    learned = load_learned(workdir)
    recogniser = build_recogniser(data, model, config.seed, learned)
    params = restore_best(workdir, recogniser.initial_params)
    if STREAM.value:
        _stream(recogniser, params)
        return
    search = _search(model.search)
    automaton = build_language_model(model.language_model, recogniser, learned)
    for lines in read_lines("Type the path of a sound file and press Enter"):
        numbers = [*lines]
        for begin in range(0, len(numbers), BATCH_SIZE):
            chunk = {number: lines[number] for number in numbers[begin : begin + BATCH_SIZE]}
            sounds, faults = _sounds(chunk, recogniser)
            texts = recogniser.transcribe(params, [*sounds.values()], search, automaton)
            found = dict(zip(sounds, texts, strict=True))
            for number, line in chunk.items():
                _print(line, found.get(number, []), faults.get(number, ""))
            sys.stdout.flush()


def _search(search: SpeechSearch) -> SpeechSearch:
    """The options of the config with those of the flags."""
    beam = search.beam if BEAM.value is None else BEAM.value
    if NBEST.value > beam:
        raise InputError(f"--nbest={NBEST.value} is more than the beam, {beam}; give --beam={NBEST.value} too")
    return replace(search, beam=beam, n_best=NBEST.value)


def _print(line: str, texts: Sequence[Transcript], fault: str) -> None:
    """Prints the best text, or all with their scores."""
    if is_json():
        print_texts(line, texts, fault)
    elif NBEST.value == 1:
        print(texts[0].text if texts else "")
    else:
        print("\t".join(f"{each.text}\t{each.score:.4f}" for each in texts))


def _sounds(lines: Mapping[int, str], recogniser: Recogniser) -> tuple[dict[int, np.ndarray], dict[int, str]]:
    """The sounds and, of files that cannot be read or are silent, the faults by the number of the line."""
    sounds, faults = {}, {}
    for number, line in lines.items():
        try:
            if line.strip():
                sounds[number] = _sound(line.strip(), recogniser)
        except InputError as error:
            faults[number] = str(error)
        if number in sounds and sounds[number].ndim == 1 and is_silent(sounds[number]):
            faults[number] = f"{line.strip()} is silent"
        if number in faults:
            print(f"line {number}: {faults[number]}", file=sys.stderr)
    return sounds, faults


def _sound(path: str, recogniser: Recogniser) -> np.ndarray:
    features, is_frames = recogniser.features, recogniser.reads_frames
    if path.lower().endswith(".mfc"):
        if not is_frames:
            raise InputError(f"{path} holds features, but the model was trained on sound; name a sound file")
        return read_sphinx_features(path, features.size)
    if is_frames:
        raise InputError(f"{path} is no file .mfc, but the model was trained on such features; name one")
    return read_sound(path, features.rate)


def _stream(recogniser: Recogniser, params: Any) -> None:
    """Writes the letters of the sound on standard input while it arrives."""
    for flag, is_given in (("--format=jsonl", is_json()), ("--beam", BEAM.present), ("--nbest", NBEST.present)):
        if is_given:
            raise InputError(f"--stream writes letters as they come; leave out {flag}")
    try:
        stream = SpeechStream(recogniser, params)
    except ValueError as error:
        raise InputError(f"--stream: {error}") from None
    stdin = standard_input()
    while chunk := stdin.read1(CHUNK):  # as much as has arrived
        print(stream.feed(chunk), end="", flush=True)
    print(stream.end(), flush=True)
