"""Names and MIDI numbers of notes."""

import pytest

from seqjax.data.music.pitches import chord, chord_name, note_name, pitch
from seqjax.errors import InputError


def test_pitch_note_name_and_chord_invert_each_other():
    known = {"A0": 21, "C4": 60, "A4": 69, "F#3": 54, "Bb4": 70, "B-4": 70, "Cb4": 59, "B#3": 60, "c##5": 74, "C8": 108}
    assert {name: pitch(name) for name in known} == known
    assert all(pitch(note_name(number)) == number for number in range(21, 109))
    assert chord("G4, C4  E4 C4") == (60, 64, 67)
    assert chord_name((67, 60, 64)) == "C4 E4 G4"


def test_chord_reads_midi_numbers_and_names_of_chords():
    assert chord("60 64,67") == chord("C4 64 G4") == (60, 64, 67)
    known = {"Cmaj7": (60, 64, 67, 71), "F#m": (66, 69, 73), "Bbdom7": (70, 74, 77, 80), "Bdim": (71, 74, 77)}
    assert {name: chord(name) for name in known} == known
    assert chord("C2 Cm") == (36, 60, 63, 67)
    assert chord("C7") == (96,), "a note, not a dominant seventh chord"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("H4", "'H4' is not a note; write notes like C4"),
        ("C", "'C' is not a note"),
        ("C4E4", "'C4E4' is not a note"),
        ("C9", "'C9' is not a note"),
        ("Cfoo", "'Cfoo' is not a note"),
        ("20", "'20' is outside the range of a piano, A0 to C8, 21 to 108"),
        ("109", "'109' is outside the range"),
        ("\u0661\u0662\u0663", "is not a note"),  # digits of another script
        ("G0", "'G0' is outside the range of a piano, A0 to C8"),
        ("D8", "'D8' is outside the range of a piano"),
        ("C\uff14", "is not a note"),  # a digit of another script
        ("\ufffd\x00", "is not a note"),
        (" , ", "a chord needs a note"),
        ("x" * 99, f"'{'x' * 20}' is not a note"),
    ],
)
def test_chord_names_the_bad_note(text, message):
    with pytest.raises(InputError) as error:
        chord(text)
    assert message in str(error.value)
