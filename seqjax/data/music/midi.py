"""MIDI files: what sounds at each frame in, and out again."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqjax.data.music.pitches import KEYS, LOWEST
from seqjax.errors import InputError

TICKS = 480  # of a quarter note, in files that are written
DRUMS = 9  # the channel whose notes are no pitches
LATE = 0.125  # share of a frame by which a note may begin or end late and still count from the frame's start
LONGEST = 100_000  # frames of a piece; a file that claims more is damaged


class Note(NamedTuple):
    """A note: where it starts and ends, in quarter notes, and its number."""

    start: float
    end: float
    pitch: int


class Piece(NamedTuple):
    """What a file holds.

    Attributes:
      roll: What sounds at each frame, ``uint8 [T, 88]``.
      bar: Quarter notes of a bar, by the first time signature; 4 without any.
    """

    roll: np.ndarray
    bar: float


def roll_of(notes: Iterable[Note], frames_per_quarter: int) -> np.ndarray:
    """The piano roll of notes: 1 where a key sounds at the moment that a frame begins, ``uint8 [T, 88]``.

    Frames begin ``frames_per_quarter`` times a quarter note, the first at 0. A note that lies between two such moments
    is not seen, and a note that is struck again looks like one that is held. Notes that no piano has are left out.

    Raises:
      InputError: If it would have more than 100,000 frames.
    """
    spans = []
    for start, end, number in notes:
        if LOWEST <= number < LOWEST + KEYS:
            first, last = (int(np.ceil(float(time) * frames_per_quarter - LATE)) for time in (start, end))
            spans.append((max(first, 0), last, int(number) - LOWEST))
    frames = max((last for _, last, _ in spans), default=0)
    if frames > LONGEST:
        raise InputError(f"a piece of {frames} frames is longer than {LONGEST}, the most that is read; cut it")
    roll = np.zeros((max(frames, 0), KEYS), np.uint8)
    for first, last, key in spans:
        roll[first:last, key] = 1
    return roll


def held_notes(roll: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """The notes of a roll as first frame, frame behind the last, and number; a key that goes on is one note."""
    edges = np.diff(np.pad(roll.astype(np.int8), ((1, 1), (0, 0))), axis=0)
    for key in np.flatnonzero(roll.any(axis=0)):
        starts, ends = np.flatnonzero(edges[:, key] > 0), np.flatnonzero(edges[:, key] < 0)
        for first, last in zip(starts, ends, strict=True):
            yield int(first), int(last), int(key) + LOWEST


def read_midi(path: Path | str, frames_per_quarter: int) -> Piece:
    """Reads a MIDI file: all its tracks and channels together, but for the drums.

    Raises:
      InputError: For a file that is absent, no MIDI file, damaged, or without a note, and as :func:`roll_of`.
    """
    name, mido = repr(str(path)[-200:]), _mido()
    try:
        with Path(path).open("rb") as opened:
            file = mido.MidiFile(file=opened)
        messages, ticks = mido.merge_tracks(file.tracks), file.ticks_per_beat
    except FileNotFoundError:
        raise InputError(f"there is no file {name}") from None
    except IsADirectoryError:
        raise InputError(f"{name} is a folder; name a file in it") from None
    except Exception as error:  # mido raises whatever it stumbles over.
        told = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{name} is no MIDI file that can be read ({told}); export it again") from None
    if ticks <= 0:
        raise InputError(f"{name} counts time in film frames, not in quarter notes; export it again")
    signature = next((each for each in messages if each.type == "time_signature"), None)
    bar = 4 * signature.numerator / signature.denominator if signature else 4.0
    try:
        roll = roll_of(_notes(messages, ticks), frames_per_quarter)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    if not roll.any():
        raise InputError(f"{name} has no notes that a piano could play; give another file")
    return Piece(roll, bar)


def write_midi(path: Path, roll: np.ndarray, frames_per_quarter: int, tempo: float) -> None:
    """Writes a roll ``[T, 88]`` as a MIDI file, a piano at ``tempo`` quarter notes a minute."""
    mido = _mido()
    frame = TICKS // frames_per_quarter
    events = []
    for first, last, number in held_notes(roll):
        events += [(first, 1, number), (last, 0, number)]  # At one moment what ends comes before what starts.
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo))])
    now = 0
    for time, starts, number in sorted(events):
        kind = "note_on" if starts else "note_off"
        track.append(mido.Message(kind, note=number, velocity=64, time=(time - now) * frame))
        now = time
    track.append(mido.MetaMessage("end_of_track", time=(len(roll) - now) * frame))
    mido.MidiFile(type=0, ticks_per_beat=frame * frames_per_quarter, tracks=[track]).save(path)


def _notes(messages: Iterable[Any], ticks: int) -> Iterator[Note]:
    now, sounding = 0, dict[tuple[int, int], int]()
    for message in messages:
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        key = (message.channel, message.note)
        if key in sounding:
            yield Note(sounding.pop(key) / ticks, now / ticks, message.note)
        if message.type == "note_on" and message.velocity:
            sounding[key] = now
    for (_, number), start in sounding.items():
        yield Note(start / ticks, now / ticks, number)


def _mido() -> Any:
    if find_spec("mido") is None:
        raise InputError("MIDI files need the package 'mido'; install seqjax with its extra 'music'")
    import mido

    return mido
