"""MIDI files: round trips, and one-sentence errors for bad files."""

import mido
import numpy as np
import pytest

from seqjax.data.music.midi import read_midi, write_midi
from seqjax.data.music.notes import MAX_FRAMES, Note, held_notes, roll_from_notes
from seqjax.data.music.timing import Timing
from seqjax.errors import InputError


def random_roll(frames: int) -> np.ndarray:
    roll = (np.random.default_rng(0).random((frames, 88)) < 0.2).astype(np.uint8)
    roll[-1, 40] = 1  # A file ends where its last note does.
    return roll


@pytest.mark.parametrize("frames_per_quarter", [1, 2, 7, 48])
def test_write_midi_then_read_midi_returns_the_roll(tmp_path, frames_per_quarter):
    roll = random_roll(40)
    write_midi(tmp_path / "a.mid", roll, frames_per_quarter, Timing().at_tempo(100.0))
    piece = read_midi(tmp_path / "a.mid", frames_per_quarter)
    np.testing.assert_array_equal(piece.roll, roll)
    assert piece.timing.end_of_bars(1) == 4
    seconds = mido.MidiFile(tmp_path / "a.mid").length
    assert seconds == pytest.approx(40 / frames_per_quarter * 60 / 100)


def test_roll_from_notes_samples_the_start_of_each_frame():
    notes = [Note(0, 1, 60), Note(1.06, 2.02, 62), Note(1.1, 1.4, 64), Note(1.5, 2, 60), Note(2, 3, 20)]
    roll = roll_from_notes(notes, 2)
    # Frames start at 0, 0.5, ... quarter notes. A note may be an eighth of a frame late; one within a frame is lost.
    assert [list(np.flatnonzero(frame) + 21) for frame in roll] == [[60], [60], [62], [60, 62]]
    assert sorted(held_notes(roll)) == [(0, 2, 60), (2, 4, 62), (3, 4, 60)]


def test_read_midi_merges_tracks_and_channels(tmp_path):
    def message(kind: str, note: int, time: int, channel: int = 0, velocity: int = 64) -> mido.Message:
        return mido.Message(kind, note=note, time=time, channel=channel, velocity=velocity)

    first = [
        mido.MetaMessage("time_signature", numerator=3, denominator=8),
        message("note_on", 60, 0),
        message("note_on", 60, 100, velocity=0),
        message("note_on", 62, 0),
    ]
    second = [
        message("note_on", 36, 0, channel=9),
        message("note_on", 64, 100, channel=1),
        message("note_on", 64, 100, channel=1),  # repeated
        message("note_off", 64, 100, channel=1),
        message("note_off", 99, 0, channel=1),  # never started
    ]
    mido.MidiFile(ticks_per_beat=100, tracks=[mido.MidiTrack(first), mido.MidiTrack(second)]).save(tmp_path / "a.mid")
    piece = read_midi(tmp_path / "a.mid", 1)
    assert piece.timing.end_of_bars(2) == 3
    assert [list(np.flatnonzero(frame) + 21) for frame in piece.roll] == [[60], [62, 64], [62, 64]]


def test_read_midi_reports_a_bad_file_in_one_sentence(tmp_path):
    path = tmp_path / "a.mid"
    write_midi(path, random_roll(3), 1, Timing().at_tempo(100.0))
    good = path.read_bytes()
    late = mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=2**27)])
    mido.MidiFile(ticks_per_beat=1, tracks=[late]).save(path)
    cases = {
        b"": "cannot be read as a MIDI file",
        b"\x00\xff" * 50: "cannot be read as a MIDI file",
        good[:-30]: "cannot be read as a MIDI file",
        good[:12] + b"\xe7\x28" + good[14:]: "measures time in film frames",
        path.read_bytes(): f"is longer than the {MAX_FRAMES} that are allowed",
        good[:10] + b"\x00\x00" + good[12:14]: "has no notes",
    }
    for content, message in cases.items():
        path.write_bytes(content)
        with pytest.raises(InputError, match=message) as error:
            read_midi(path, 1)
        assert "a.mid" in str(error.value)
        assert "\n" not in str(error.value)
    for other, message in (
        (tmp_path, "is a folder"),
        (tmp_path / "b.mid", "there is no file"),
        ("x" * 9999, "cannot be read as a MIDI file"),
    ):
        with pytest.raises(InputError, match=message):
            read_midi(other, 1)


def test_read_midi_reads_or_refuses_damaged_files(tmp_path):
    path = tmp_path / "a.mid"
    write_midi(path, random_roll(3), 1, Timing().at_tempo(100.0))
    good, rng = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(100):
        content = bytearray(good)
        content[rng.integers(len(good))] = rng.integers(256)
        path.write_bytes(content)
        try:
            read_midi(path, 1)
        except InputError:
            refused += 1
    assert 0 < refused < 100
