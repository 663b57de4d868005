"""Names and MIDI numbers of the piano's keys: ``C4`` is middle C, number 60."""

import re
from collections.abc import Iterable

from seqjax.errors import InputError

KEYS = 88
LOWEST = 21  # MIDI number of the first key, A0

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"#": 1, "♯": 1, "b": -1, "-": -1, "♭": -1}
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_NOTE = re.compile(r"([A-Ga-g])([#♯b♭-]{0,2})([0-8])")


def pitch(name: str) -> int:
    """The MIDI number of a note, 21 to 108, from its letter, sharps or flats, and octave, such as ``F#3`` or ``Bb4``.

    Raises:
      InputError: For a malformed name, or a note outside the range of a piano.
    """
    match = _NOTE.fullmatch(name)
    if match is None:
        raise InputError(f"{name[:20]!r} is not a note; write notes like C4, F#3 or Bb4")
    letter, signs, octave = match.groups()
    number = 12 * (int(octave) + 1) + _STEPS[letter.upper()] + sum(_SIGNS[sign] for sign in signs)
    if not LOWEST <= number < LOWEST + KEYS:
        raise InputError(f"{name!r} is outside the range of a piano, A0 to C8")
    return number


def note_name(number: int) -> str:
    """The name of a MIDI number, with a sharp for a black key; the inverse of :func:`pitch`."""
    return f"{_NAMES[number % 12]}{number // 12 - 1}"


def chord(text: str) -> tuple[int, ...]:
    """The MIDI numbers of a chord, rising, from the names of its notes, separated by spaces or commas.

    Raises:
      InputError: For a text without notes, and as :func:`pitch`.
    """
    numbers = {pitch(name) for name in text.replace(",", " ").split()}
    if not numbers:
        raise InputError("a chord needs a note, such as C4")
    return tuple(sorted(numbers))


def chord_name(numbers: Iterable[int]) -> str:
    """The names of the notes of a chord, lowest first; the inverse of :func:`chord`."""
    return " ".join(map(note_name, sorted(numbers)))
