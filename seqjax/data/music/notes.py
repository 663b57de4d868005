"""Notes, and piano rolls of them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from seqjax.data.music.pitches import KEYS, LOWEST
from seqjax.errors import InputError

TOLERANCE = 0.125  # fraction of a frame by which a note may start or end late and still be aligned with the frame
MAX_FRAMES = 100_000  # maximum length of a piece; a longer file is assumed to be damaged


class Note(NamedTuple):
    """A note: its start and end in quarter notes, and its MIDI number."""

    start: float
    end: float
    pitch: int


class NoteCounts(NamedTuple):
    """Numbers of notes, and of those of them that a piano roll does not show.

    Attributes:
      notes: All notes.
      outside: Notes outside the range of a piano.
      between: Other notes that start and end between two frames.
    """

    notes: int
    outside: int
    between: int

    def plus(self, other: "NoteCounts") -> "NoteCounts":
        """The sums of two counts."""
        return NoteCounts(*(mine + yours for mine, yours in zip(self, other, strict=True)))


NO_NOTES = NoteCounts(0, 0, 0)


def roll_from_notes(notes: Iterable[Note], frames_per_quarter: int) -> np.ndarray:
    """The piano roll of notes: 1 where a key sounds when the frame starts, ``uint8 [T, 88]``.

    Frame n starts at ``n / frames_per_quarter`` quarter notes. A note that starts and ends within one frame is lost,
    and a repeated note is indistinguishable from a held one. Notes outside the range of a piano are dropped.

    Raises:
      InputError: If the roll would have more than 100,000 frames.
    """
    spans = [(*_frames(note, frames_per_quarter), int(note.pitch) - LOWEST) for note in notes if _is_key(note)]
    frames = max((last for _, last, _ in spans), default=0)
    if frames > MAX_FRAMES:
        raise InputError(f"a piece of {frames} frames is longer than the {MAX_FRAMES} that are allowed; shorten it")
    roll = np.zeros((max(frames, 0), KEYS), np.uint8)
    for first, last, key in spans:
        roll[first:last, key] = 1
    return roll


def count_notes(notes: Iterable[Note], frames_per_quarter: int) -> NoteCounts:
    """The number of notes, and of those that :func:`roll_from_notes` does not show."""
    notes = [*notes]
    keys = [note for note in notes if _is_key(note)]
    between = sum(first >= last for first, last in (_frames(note, frames_per_quarter) for note in keys))
    return NoteCounts(len(notes), len(notes) - len(keys), between)


def held_notes(roll: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yields the notes of a roll as ``(first frame, last frame + 1, MIDI number)``; a held key is one note."""
    edges = np.diff(np.pad(roll.astype(np.int8), ((1, 1), (0, 0))), axis=0)
    for key in np.flatnonzero(roll.any(axis=0)):
        starts, ends = np.flatnonzero(edges[:, key] > 0), np.flatnonzero(edges[:, key] < 0)
        for first, last in zip(starts, ends, strict=True):
            yield int(first), int(last), int(key) + LOWEST


def _is_key(note: Note) -> bool:
    return LOWEST <= note.pitch < LOWEST + KEYS


def _frames(note: Note, frames_per_quarter: int) -> tuple[int, int]:
    """The first frame in which a note sounds, and the first after it."""
    start, end = (int(np.ceil(float(time) * frames_per_quarter - TOLERANCE)) for time in note[:2])
    return max(start, 0), end
