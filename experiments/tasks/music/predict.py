"""Composes pieces from chords and MIDI files on standard input."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import jax
import numpy as np
from ml_collections import ConfigDict

from experiments.run.stdin import MAX_LENGTH, SEED, read_lines, temperature
from experiments.run.workdir import restore_best
from experiments.tasks.music.flags import BARS, OUT
from experiments.tasks.music.report import piece_writers
from experiments.tasks.music.task import ModelConfig
from seqjax.data.music.midi import read_midi
from seqjax.data.music.piano_rolls import MIDI_ENDINGS, chord_roll
from seqjax.data.music.pitches import chord
from seqjax.errors import InputError
from seqjax.predictors.music import Composer


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads prompts, and writes pieces; prints the names of a piece's files on one line."""
    steps, sampling_temperature = MAX_LENGTH.value or 64, temperature(0.7)
    composer = Composer(ModelConfig(**config.model).build(config.seed))
    params = restore_best(workdir, composer.initial_params)
    folder, per_quarter = _folder(workdir), config.data.frames_per_quarter
    if sys.stdin.isatty():
        print("Type a chord, such as C4 E4 G4 C5, or the name of a MIDI file; Ctrl-D ends.", file=sys.stderr)
    first = 1
    for lines in read_lines():
        prompts = _prompts(lines, first, per_quarter)
        # The random frames of a line depend on the seed and the line's number alone.
        keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(SEED.value)))(np.array([*prompts], int) - 1)
        pieces = composer.compose(params, [*prompts.values()], steps, sampling_temperature, keys)
        composed = dict(zip(prompts, pieces, strict=True))
        for number in range(first, first + len(lines)):
            paths = []
            if number in composed:
                writers = piece_writers(composed[number], per_quarter, len(prompts[number]))
                for ending, write in writers.items():
                    paths.append(folder / f"piece{number}{ending}")
                    write(paths[-1])
            print("\t".join(map(str, paths)))
        sys.stdout.flush()
        first += len(lines)


def _folder(workdir: Path) -> Path:
    """Makes the folder for composed pieces."""
    folder = Path(OUT.value or workdir / "pieces")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"folder {folder} cannot be made ({error.strerror}); name another one with --out") from None
    return folder


def _prompts(lines: Sequence[str], first: int, frames_per_quarter: int) -> dict[int, np.ndarray]:
    """Prompts by line number; a line that is not a prompt is reported on standard error and left out."""
    prompts = {}
    for number, line in enumerate(lines, first):
        try:
            if line.strip():
                prompts[number] = _prompt(line.strip(), frames_per_quarter)
        except InputError as error:
            print(f"line {number}: {error}", file=sys.stderr)
    return prompts


def _prompt(line: str, frames_per_quarter: int) -> np.ndarray:
    """The first bars of the MIDI file that a line names, or one frame with the chord that it spells."""
    if not line.lower().endswith(MIDI_ENDINGS):
        return chord_roll(chord(line))
    piece = read_midi(line, frames_per_quarter)
    return piece.roll[: max(round(BARS.value * piece.bar * frames_per_quarter), 1)]
