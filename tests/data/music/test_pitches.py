"""Names of notes."""

import pytest

from seqjax.data.music.pitches import chord, chord_name, note_name, pitch
from seqjax.errors import InputError


def test_names_and_numbers():
    known = {"A0": 21, "C4": 60, "A4": 69, "F#3": 54, "Bb4": 70, "B-4": 70, "Cb4": 59, "B#3": 60, "c##5": 74, "C8": 108}
    assert {name: pitch(name) for name in known} == known
    assert all(pitch(note_name(number)) == number for number in range(21, 109))
    assert chord("G4, C4  E4 C4") == (60, 64, 67)
    assert chord_name((67, 60, 64)) == "C4 E4 G4"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("H4", "'H4' is no note; notes are written like C4"),
        ("C", "'C' is no note"),
        ("C4E4", "'C4E4' is no note"),
        ("C9", "'C9' is no note"),
        ("G0", "'G0' is no key of a piano, which has A0 to C8"),
        ("D8", "'D8' is no key of a piano"),
        ("C\uff14", "is no note"),  # a digit of another script
        ("\ufffd\x00", "is no note"),
        (" , ", "a chord needs a note"),
        ("x" * 99, f"'{'x' * 20}' is no note"),
    ],
)
def test_what_is_no_chord_is_one_sentence(text, sentence):
    with pytest.raises(InputError) as error:
        chord(text)
    assert sentence in str(error.value)
