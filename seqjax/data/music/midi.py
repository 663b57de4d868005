"""Reads MIDI files as piano rolls, and writes piano rolls as MIDI files."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqjax.data.music.notes import NoteCounts, count_notes, held_notes, roll_from_notes
from seqjax.data.music.timing import Timing
from seqjax.data.music.tracks import DRUMS, played_notes, read_timing
from seqjax.errors import InputError

TICKS = 480  # ticks per quarter note in written files


class Piece(NamedTuple):
    """The contents of a MIDI file.

    Attributes:
      roll: 1 where a key sounds, ``uint8 [T, 88]``.
      timing: Its tempi and metres.
      counts: The numbers of its notes.
    """

    roll: np.ndarray
    timing: Timing
    counts: NoteCounts


def read_midi(path: Path | str, frames_per_quarter: int) -> Piece:
    """Reads a MIDI file of type 0 or 1, all tracks and channels except percussion.

    Args:
      path: The file.
      frames_per_quarter: Frames per quarter note, at least 1.

    Raises:
      InputError: For a file that does not exist, is not a MIDI file of these types, is damaged, or has no notes, and as
        :func:`roll_from_notes`.
    """
    name = repr(str(path)[-200:])
    file = _open(Path(path), name)
    if file.type == 2:
        raise InputError(f"{name} is a MIDI file of type 2, whose tracks are separate pieces; export each as a file")
    if file.ticks_per_beat <= 0:
        raise InputError(f"{name} measures time in film frames, or not at all; export it in quarter notes")
    notes = [*played_notes(file.tracks, file.ticks_per_beat)]
    try:
        roll = roll_from_notes(notes, frames_per_quarter)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    counts = count_notes(notes, frames_per_quarter)
    if not roll.any():
        raise InputError(f"{name} has no notes {_fault(file.tracks, counts)}; give another file")
    return Piece(roll, read_timing(file.tracks, file.ticks_per_beat), counts)


def write_midi(path: Path, roll: np.ndarray, frames_per_quarter: int, timing: Timing) -> None:
    """Writes a roll as a MIDI file for piano.

    Args:
      path: The file.
      roll: 1 where a key sounds, ``[T, 88]``.
      frames_per_quarter: Frames per quarter note, at least 1.
      timing: Tempi and metres.
    """
    mido = _mido()
    frame = TICKS // frames_per_quarter
    quarter = frame * frames_per_quarter
    # At equal times, tempo and metre come first, and notes end before others start.
    events = [
        (round(time * quarter), 0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)))
        for time, tempo in timing.tempi
    ]
    for time, numerator, denominator in timing.metres:
        metre = mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)
        events.append((round(time * quarter), 0, metre))
    for first, last, number in sorted(held_notes(roll), key=lambda note: note[2]):
        events.append((first * frame, 2, mido.Message("note_on", note=number, velocity=64)))
        events.append((last * frame, 1, mido.Message("note_off", note=number, velocity=64)))
    track, now = mido.MidiTrack(), 0
    for time, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=time - now))
        now = time
    track.append(mido.MetaMessage("end_of_track", time=max(len(roll) * frame - now, 0)))
    mido.MidiFile(type=0, ticks_per_beat=quarter, tracks=[track]).save(path)


def _open(path: Path, name: str) -> Any:
    """The file as mido reads it."""
    mido = _mido()
    try:
        with path.open("rb") as opened:
            return mido.MidiFile(file=opened)
    except FileNotFoundError:
        raise InputError(f"there is no file {name}") from None
    except IsADirectoryError:
        raise InputError(f"{name} is a folder; name a file in it") from None
    except EOFError:
        raise InputError(f"{name} cannot be read as a MIDI file (it ends too early); export it again") from None
    except Exception as error:  # mido may raise any exception on a damaged file.
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{name} cannot be read as a MIDI file ({reason}); export it again") from None


def _fault(tracks: Iterable[Any], counts: NoteCounts) -> str:
    """The reason why none of a file's notes is heard."""
    if counts.between:
        return f"at the start of a frame (all {counts.between} lie between frames)"
    if counts.outside:
        return f"in the range of a piano (all {counts.outside} lie outside)"
    has_drums = any(message.type == "note_on" and message.channel == DRUMS for track in tracks for message in track)
    return "but those of drums" if has_drums else "at all"


def _mido() -> Any:
    if find_spec("mido") is None:
        raise InputError("MIDI files need the package 'mido'; install seqjax with its extra 'music'")
    import mido

    return mido
