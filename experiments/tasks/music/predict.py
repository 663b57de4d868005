"""Pieces of music that go on from chords and from files."""

import sys
from functools import partial
from pathlib import Path

import jax
import numpy as np
from ml_collections import ConfigDict

from experiments.run.stdin import MAX_LENGTH, SEED, read_lines, temperature
from experiments.run.workdir import restore_best
from experiments.tasks.music.flags import BARS, OUT
from seqjax.data.music.midi import read_midi
from seqjax.data.music.piano_rolls import MIDI_ENDINGS, chord_roll
from seqjax.data.music.pitches import chord
from seqjax.errors import InputError
from seqjax.predictors.music import Composer, ModelConfig, write_piece


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads starts, writes pieces; at a terminal one after the other."""
    length, heat = MAX_LENGTH.value or 64, temperature(0.7)
    model = Composer(ModelConfig(**config.model), config.seed)
    params = restore_best(config, model.initial_params, workdir)
    folder, number = Path(OUT.value or workdir / "pieces"), 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"folder {folder} cannot be made ({error.strerror}); name another one with --out") from None
    if sys.stdin.isatty():
        print(
            "Type a chord, such as C4 E4 G4 C5, or the name of a MIDI file, and press Enter; Ctrl-D ends.",
            file=sys.stderr,
        )
    for lines in read_lines():
        starts = {}
        for row, line in enumerate(lines):
            try:
                if line.strip():
                    starts[row] = _start(line.strip(), config.data.frames_per_quarter)
            except InputError as error:
                print(f"line {number + row + 1}: {error}", file=sys.stderr)
        # What is drawn for a line depends on the seed and its number alone.
        keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(SEED.value)))(number + np.array([*starts], int))
        pieces = model.compose(params, [*starts.values()], length, heat, keys)
        composed = dict(zip(starts, pieces, strict=True))
        for row in range(len(lines)):
            written = []
            if row in composed:
                name, given = f"piece{number + row + 1}", len(starts[row])
                written = write_piece(folder, name, composed[row], config.data.frames_per_quarter, given)
            print("\t".join(map(str, written)))
        sys.stdout.flush()
        number += len(lines)


def _start(line: str, frames_per_quarter: int) -> np.ndarray:
    """What a line asks to go on from: the first bars of a MIDI file, or one frame of a chord."""
    if not line.lower().endswith(MIDI_ENDINGS):
        return chord_roll(chord(line))
    piece = read_midi(line, frames_per_quarter)
    return piece.roll[: max(round(BARS.value * piece.bar * frames_per_quarter), 1)]
