"""Composes pieces from chords and MIDI files on standard input."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from ml_collections import ConfigDict

from experiments.run.answers import is_json, print_answer
from experiments.run.stdin import MAX_LENGTH, SEED, read_lines, temperature
from experiments.run.workdir import restore_best
from experiments.tasks.music.flags import BARS, KEEP_PROMPT, OUT, TEMPO
from experiments.tasks.music.report import TIMING, piece_writers
from experiments.tasks.music.task import ModelConfig
from seqjax.data.music.midi import read_midi
from seqjax.data.music.midi_folder import MIDI_ENDINGS
from seqjax.data.music.piano_rolls import chord_roll
from seqjax.data.music.pitches import chord
from seqjax.data.music.timing import Timing
from seqjax.errors import InputError
from seqjax.predictors.music import Composer


class Prompt(NamedTuple):
    """The beginning of a piece.

    Attributes:
      roll: 1 where a key sounds, ``uint8 [T, 88]``.
      timing: Its tempi and metres; the last ones hold for the rest of the piece.
    """

    roll: np.ndarray
    timing: Timing


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads prompts, and writes pieces; prints the names of a piece's files on one line."""
    steps, sampling_temperature = MAX_LENGTH.value or 64, temperature(0.7)
    composer = Composer(ModelConfig(**config.model).build(config.seed))
    params = restore_best(workdir, composer.initial_params)
    folder, per_quarter = _folder(workdir), config.data.frames_per_quarter
    for lines in read_lines("Type a chord, such as C4 E4 G4 C5, or the name of a MIDI file"):
        prompts, faults = _prompts(lines, per_quarter)
        # The random frames of a line depend on the seed and the line's number alone.
        keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(SEED.value)))(np.array([*prompts], int) - 1)
        rolls = [prompt.roll for prompt in prompts.values()]
        pieces = dict(zip(prompts, composer.compose(params, rolls, steps, sampling_temperature, keys), strict=True))
        for number, line in lines.items():
            paths, score = list[str](), None
            if number in pieces:
                piece, prompt = pieces[number], prompts[number]
                paths = _write(folder / f"piece{number}", piece, prompt, per_quarter)
                score = composer.log_probability(params, piece, len(prompt.roll)) if is_json() else None
            if is_json():
                print_answer(line, paths or None, score, faults.get(number, ""))
            else:
                print("\t".join(paths))
        sys.stdout.flush()


def _folder(workdir: Path) -> Path:
    """Makes the folder for composed pieces."""
    folder = Path(OUT.value or workdir / "pieces").expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"folder {folder} cannot be made ({error.strerror}); name another one with --out") from None
    return folder


def _prompts(lines: Mapping[int, str], frames_per_quarter: int) -> tuple[dict[int, Prompt], dict[int, str]]:
    """Prompts by line number; and the faults of lines that are none, which are reported on standard error."""
    prompts, faults = dict[int, Prompt](), dict[int, str]()
    for number, line in lines.items():
        try:
            if line.strip():
                prompts[number] = _prompt(line.strip(), frames_per_quarter)
        except InputError as error:
            faults[number] = str(error)
            print(f"line {number}: {error}", file=sys.stderr)
    return prompts, faults


def _prompt(line: str, frames_per_quarter: int) -> Prompt:
    """The first bars of the MIDI file that a line names, or one frame with the chord that it spells."""
    if not line.lower().endswith(MIDI_ENDINGS):
        roll, timing = chord_roll(chord(line)), TIMING
    else:
        piece = read_midi(Path(line).expanduser(), frames_per_quarter)
        end = piece.timing.end_of_bars(BARS.value)
        roll = piece.roll[: max(round(end * frames_per_quarter), 1)]
        timing = piece.timing.until(len(roll) / frames_per_quarter)
    return Prompt(roll, timing if TEMPO.value is None else timing.at_tempo(TEMPO.value))


def _write(stem: Path, piece: np.ndarray, prompt: Prompt, frames_per_quarter: int) -> list[str]:
    """Writes the files of a piece, with or without its prompt; returns their names."""
    given, timing = len(prompt.roll), prompt.timing
    if not KEEP_PROMPT.value:
        piece, timing, given = piece[given:], timing.since(given / frames_per_quarter), 0
    paths = []
    for ending, write in piece_writers(piece, frames_per_quarter, given, timing).items():
        paths.append(Path(f"{stem}{ending}"))
        try:
            write(paths[-1])
        except OSError as error:
            raise InputError(
                f"{paths[-1]} cannot be written ({error.strerror}); name another folder with --out"
            ) from None
    return [*map(str, paths)]
