"""Reads MIDI files as piano rolls, and writes piano rolls as MIDI files."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqjax.data.music.pitches import KEYS, LOWEST
from seqjax.errors import InputError

TICKS = 480  # ticks per quarter note in written files
DRUMS = 9  # the channel of percussion, whose note numbers are not pitches
TOLERANCE = 0.125  # fraction of a frame by which a note may start or end late and still be aligned with the frame
MAX_FRAMES = 100_000  # maximum length of a piece; a longer file is assumed to be damaged


class Note(NamedTuple):
    """A note: its start and end in quarter notes, and its MIDI number."""

    start: float
    end: float
    pitch: int


class Piece(NamedTuple):
    """The contents of a MIDI file.

    Attributes:
      roll: 1 where a key sounds, ``uint8 [T, 88]``.
      bar: Length of a bar in quarter notes, from the first time signature; 4 if there is none.
    """

    roll: np.ndarray
    bar: float


def roll_from_notes(notes: Iterable[Note], frames_per_quarter: int) -> np.ndarray:
    """The piano roll of notes: 1 where a key sounds when the frame starts, ``uint8 [T, 88]``.

    Frame n starts at ``n / frames_per_quarter`` quarter notes. A note that starts and ends within one frame is lost,
    and a repeated note is indistinguishable from a held one. Notes outside the range of a piano are dropped.

    Raises:
      InputError: If the roll would have more than 100,000 frames.
    """
    spans = []
    for start, end, number in notes:
        if LOWEST <= number < LOWEST + KEYS:
            first, last = (int(np.ceil(float(time) * frames_per_quarter - TOLERANCE)) for time in (start, end))
            spans.append((max(first, 0), last, int(number) - LOWEST))
    frames = max((last for _, last, _ in spans), default=0)
    if frames > MAX_FRAMES:
        raise InputError(f"a piece of {frames} frames is longer than the {MAX_FRAMES} that are allowed; shorten it")
    roll = np.zeros((max(frames, 0), KEYS), np.uint8)
    for first, last, key in spans:
        roll[first:last, key] = 1
    return roll


def held_notes(roll: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yields the notes of a roll as ``(first frame, last frame + 1, MIDI number)``; a held key is one note."""
    edges = np.diff(np.pad(roll.astype(np.int8), ((1, 1), (0, 0))), axis=0)
    for key in np.flatnonzero(roll.any(axis=0)):
        starts, ends = np.flatnonzero(edges[:, key] > 0), np.flatnonzero(edges[:, key] < 0)
        for first, last in zip(starts, ends, strict=True):
            yield int(first), int(last), int(key) + LOWEST


def read_midi(path: Path | str, frames_per_quarter: int) -> Piece:
    """Reads a MIDI file, all tracks and channels except percussion.

    Args:
      path: The file.
      frames_per_quarter: Frames per quarter note, at least 1.

    Raises:
      InputError: For a file that does not exist, is not a MIDI file, is damaged, or has no notes, and as
        :func:`roll_from_notes`.
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
    except Exception as error:  # mido may raise any exception on a damaged file.
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{name} cannot be read as a MIDI file ({reason}); export it again") from None
    if ticks <= 0:
        raise InputError(f"{name} measures time in film frames, not in quarter notes; export it again")
    signature = next((each for each in messages if each.type == "time_signature"), None)
    bar = 4 * signature.numerator / signature.denominator if signature else 4.0
    try:
        roll = roll_from_notes(_notes(messages, ticks), frames_per_quarter)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    if not roll.any():
        raise InputError(f"{name} has no notes in the range of a piano; give another file")
    return Piece(roll, bar)


def write_midi(path: Path, roll: np.ndarray, frames_per_quarter: int, tempo: float) -> None:
    """Writes a roll as a MIDI file for piano.

    Args:
      path: The file.
      roll: 1 where a key sounds, ``[T, 88]``.
      frames_per_quarter: Frames per quarter note, at least 1.
      tempo: Quarter notes per minute.
    """
    mido = _mido()
    frame = TICKS // frames_per_quarter
    events = []
    for first, last, number in held_notes(roll):
        events += [(first, 1, number), (last, 0, number)]  # At equal times, notes end before others start.
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo))])
    now = 0
    for time, starts, number in sorted(events):
        kind = "note_on" if starts else "note_off"
        track.append(mido.Message(kind, note=number, velocity=64, time=(time - now) * frame))
        now = time
    track.append(mido.MetaMessage("end_of_track", time=(len(roll) - now) * frame))
    mido.MidiFile(type=0, ticks_per_beat=frame * frames_per_quarter, tracks=[track]).save(path)


def _notes(messages: Iterable[Any], ticks: int) -> Iterator[Note]:
    """Yields the notes of MIDI messages, given the ticks per quarter note."""
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
