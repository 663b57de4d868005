"""Names of the piano's keys: ``C4`` is the middle C, number 60 of MIDI."""

import re
from collections.abc import Iterable

from seqjax.errors import InputError

KEYS = 88
LOWEST = 21  # number of the first key, A0

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"#": 1, "♯": 1, "b": -1, "-": -1, "♭": -1}
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_NOTE = re.compile(r"([A-Ga-g])([#♯b♭-]{0,2})([0-8])")


def pitch(name: str) -> int:
    """The number of a note, 21 to 108, by its letter, sharps or flats, and octave, as in ``F#3`` or ``Bb4``.

    Raises:
      InputError: For a name that is none, or of a note that the piano does not have.
    """
    found = _NOTE.fullmatch(name)
    if found is None:
        raise InputError(f"{name[:20]!r} is no note; notes are written like C4, F#3 or Bb4")
    letter, signs, octave = found.groups()
    number = 12 * (int(octave) + 1) + _STEPS[letter.upper()] + sum(_SIGNS[sign] for sign in signs)
    if not LOWEST <= number < LOWEST + KEYS:
        raise InputError(f"{name!r} is no key of a piano, which has A0 to C8")
    return number


def note_name(number: int) -> str:
    """The name of a note, with a sharp for a black key; the inverse of :func:`pitch`."""
    return f"{_NAMES[number % 12]}{number // 12 - 1}"


def chord(text: str) -> tuple[int, ...]:
    """The numbers of notes that sound together, rising, given their names divided by spaces or commas.

    Raises:
      InputError: If there are none, or as :func:`pitch`.
    """
    numbers = {pitch(name) for name in text.replace(",", " ").split()}
    if not numbers:
        raise InputError("a chord needs a note, such as C4")
    return tuple(sorted(numbers))


def chord_name(numbers: Iterable[int]) -> str:
    """The names of notes, lowest first; the inverse of :func:`chord`."""
    return " ".join(map(note_name, sorted(numbers)))
