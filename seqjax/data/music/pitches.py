"""Names and MIDI numbers of the piano's keys: ``C4`` is middle C, number 60."""

import re
from collections.abc import Iterable

from seqjax.errors import InputError

KEYS = 88
LOWEST = 21  # MIDI number of the first key, A0

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"#": 1, "♯": 1, "b": -1, "-": -1, "♭": -1}
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_CHORDS = {  # semitones above the root
    "maj": (0, 4, 7), "m": (0, 3, 7), "min": (0, 3, 7), "dim": (0, 3, 6), "aug": (0, 4, 8), "sus2": (0, 2, 7),
    "sus4": (0, 5, 7), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10), "min7": (0, 3, 7, 10), "dom7": (0, 4, 7, 10),
    "dim7": (0, 3, 6, 9), "m7b5": (0, 3, 6, 10),
}  # fmt: skip
_CHORD = re.compile(r"([A-G][#♯b♭-]?)(\w+)", re.ASCII)
_NOTE = re.compile(r"([A-Ga-g])([#♯b♭-]{0,2})([0-8])")


def pitch(name: str) -> int:
    """The MIDI number of a note, 21 to 108: from its letter, sharps or flats, and octave, such as ``F#3`` or ``Bb4``.

    A number of 21 to 108 stands for itself.

    Raises:
      InputError: For a malformed name, or a note outside the range of a piano.
    """
    if name.isascii() and name.isdigit() and len(name) <= 3:
        number = int(name)
    else:
        match = _NOTE.fullmatch(name)
        if match is None:
            raise InputError(f"{name[:20]!r} is not a note; write notes like C4, F#3 or Bb4, or a chord like Cmaj7")
        letter, signs, octave = match.groups()
        number = 12 * (int(octave) + 1) + _STEPS[letter.upper()] + sum(_SIGNS[sign] for sign in signs)
    if not LOWEST <= number < LOWEST + KEYS:
        raise InputError(f"{name!r} is outside the range of a piano, A0 to C8, {LOWEST} to {LOWEST + KEYS - 1}")
    return number


def note_name(number: int) -> str:
    """The name of a MIDI number, with a sharp for a black key; the inverse of :func:`pitch`."""
    return f"{_NAMES[number % 12]}{number // 12 - 1}"


def chord(text: str) -> tuple[int, ...]:
    """The MIDI numbers of a chord, rising, from its notes or its name.

    Args:
      text: Notes as for :func:`pitch` and names of chords in root position on the root's key from C4 to B4, such as
        ``Cmaj7``, ``F#m`` or ``Bbdom7``, separated by spaces or commas. ``C7`` is a note.

    Raises:
      InputError: For a text without notes, and as :func:`pitch`.
    """
    numbers = {number for name in text.replace(",", " ").split() for number in _numbers(name)}
    if not numbers:
        raise InputError("a chord needs a note, such as C4")
    return tuple(sorted(numbers))


def _numbers(name: str) -> tuple[int, ...]:
    """The MIDI numbers of a note or of a named chord."""
    match = _CHORD.fullmatch(name)
    if match is None or match[2] not in _CHORDS:
        return (pitch(name),)
    return tuple(pitch(f"{match[1]}4") + semitones for semitones in _CHORDS[match[2]])


def chord_name(numbers: Iterable[int]) -> str:
    """The names of the notes of a chord, lowest first; the inverse of :func:`chord`."""
    return " ".join(map(note_name, sorted(numbers)))
