"""Notes, tempi and metres of MIDI tracks, against values by hand and music21's reader."""

from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np
import pytest

from seqjax.data.music.midi import read_midi
from seqjax.data.music.notes import Note, roll_from_notes
from seqjax.data.music.tracks import played_notes, read_timing
from seqjax.errors import InputError

ON, OFF = "note_on", "note_off"


def track(*events: tuple) -> mido.MidiTrack:
    """A track of events ``(tick, kind, attributes)`` in this order."""
    messages, now = mido.MidiTrack(), 0
    for tick, kind, attributes in events:
        make = mido.MetaMessage if kind in ("set_tempo", "time_signature", "end_of_track") else mido.Message
        messages.append(make(kind, time=tick - now, **attributes))
        now = tick
    return messages


def keys(*events: tuple[int, str], channel: int = 0, note: int = 60) -> list[tuple]:
    return [(tick, kind, {"note": note, "channel": channel}) for tick, kind in events]


def controls(control: int, *moves: tuple[int, int], channel: int = 0) -> list[tuple]:
    values = [(tick, {"control": control, "value": value, "channel": channel}) for tick, value in moves]
    return [(tick, "control_change", attributes) for tick, attributes in values]


def spans(*tracks: mido.MidiTrack) -> list[tuple[float, float]]:
    """Starts and ends in ticks."""
    return sorted((note.start, note.end) for note in played_notes(tracks, 1))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([(0, ON), (4, OFF), (4, ON), (5, OFF)], [(0, 4), (4, 5)], id="repeated"),
        pytest.param([(0, ON), (4, ON), (4, OFF), (5, OFF)], [(0, 4), (4, 5)], id="press-before-release"),
        pytest.param([(0, ON), (1, ON), (2, OFF), (4, OFF)], [(0, 2), (1, 2)], id="pressed-twice"),
        pytest.param([(0, ON), (2, ON), (2, ON), (3, OFF), (9, OFF)], [(0, 3), (2, 3), (2, 3)], id="pressed-thrice"),
        pytest.param([(0, ON), (0, OFF), (3, OFF)], [(0, 0)], id="no-length"),
        pytest.param([(1, OFF), (2, ON), (3, OFF)], [(2, 3)], id="release-first"),
        pytest.param([(2, ON)], [(2, 7)], id="never-released"),
    ],
)
def test_played_notes_of_one_key(events, expected):
    assert spans(track(*keys(*events), (7, "end_of_track", {}))) == expected
    silent = [(tick, ON, {**attributes, "velocity": 0}) if kind == OFF else (tick, kind, attributes)
              for tick, kind, attributes in keys(*events)]  # fmt: skip
    assert spans(track(*silent, (7, "end_of_track", {}))) == expected, "a press with velocity 0 is a release"


def test_played_notes_are_matched_within_their_track_and_channel():
    long, short = track(*keys((0, ON), (4, OFF))), track(*keys((1, ON), (2, OFF)))
    assert spans(long, short) == spans(short, long) == [(0, 4), (1, 2)]
    both = sorted([*keys((0, ON), (4, OFF)), *keys((1, ON), (2, OFF), channel=3)], key=lambda event: event[0])
    assert spans(track(*both)) == [(0, 4), (1, 2)]


def test_played_notes_leave_out_drums_and_end_at_all_notes_off():
    assert spans(track(*keys((0, ON), (4, OFF), channel=9))) == []
    for control in (120, 123):
        other = keys((0, ON), (9, OFF), channel=1)
        events = [other[0], *keys((0, ON)), *controls(control, (3, 0)), other[1]]
        assert spans(track(*events)) == [(0, 3), (0, 9)]


@pytest.mark.parametrize(
    ("moves", "end"),
    [
        ([(1, 127), (6, 0)], 6),
        ([(1, 64), (6, 63)], 6),
        ([(1, 63)], 4),
        ([(1, 127), (4, 0)], 4),
        ([(4, 127), (6, 0)], 6),
        ([(5, 127), (6, 0)], 4),
        ([(1, 127), (2, 0), (3, 127), (3, 90), (8, 0)], 8),
        ([(1, 127)], 10),  # the end of the file
    ],
)
def test_played_notes_sound_until_the_pedal_is_lifted(moves, end):
    one = sorted([*keys((0, ON), (4, OFF)), *controls(64, *moves)], key=lambda event: event[0])
    last = (10, "end_of_track", {})
    assert spans(track(*one, last)) == [(0, end)]
    assert spans(track(*keys((0, ON), (4, OFF))), track(*controls(64, *moves), last)) == [(0, end)], "another track"
    assert spans(track(*keys((0, ON), (4, OFF))), track(*controls(64, *moves, channel=1), last)) == [(0, 4)]


def test_read_timing_takes_the_last_of_several_changes_at_one_time():
    first = track(
        (0, "set_tempo", {"tempo": 500_000}),
        (0, "set_tempo", {"tempo": 300_000}),
        (960, "set_tempo", {"tempo": 600_000}),
    )
    second = track(
        (480, "time_signature", {"numerator": 6, "denominator": 8}), (960, "time_signature", {"numerator": 0})
    )
    timing = read_timing([first, second], 480)
    assert timing.tempi == ((0.0, 200.0), (2.0, 100.0))
    assert timing.metres == ((0.0, 4, 4), (1.0, 6, 8))
    assert read_timing([], 480).tempi == ((0.0, 120.0),)


def save(path: Path, tracks: Sequence[mido.MidiTrack], kind: int = 1, ticks: int = 480) -> Path:
    mido.MidiFile(type=kind, ticks_per_beat=ticks, tracks=[*tracks]).save(path)
    return path


def parts_as_tracks(parts: Sequence[Sequence[Note]]) -> list[mido.MidiTrack]:
    """A track for each part, all on channel 0, which is mido's default."""
    tracks = []
    for part in parts:
        events = [
            (round(tick * 480), kind, {"note": note.pitch})
            for note in part
            for tick, kind in ((note.start, ON), (note.end, OFF))
        ]
        tracks.append(track(*sorted(events, key=lambda event: (event[0], event[1] == ON))))
    return tracks


@pytest.mark.filterwarnings("default")  # music21 itself gives warnings.
def test_read_midi_of_a_chorale_in_four_tracks_equals_the_score(tmp_path):
    from music21 import converter, corpus

    (file,) = (each for each in corpus.getComposer("bach") if each.name == "bwv66.6.mxl")
    parts = [
        [
            Note(float(note.offset), float(note.offset + note.quarterLength), pitch.midi)
            for note in part.flatten().notes
            for pitch in note.pitches
        ]
        for part in converter.parse(file, forceSource=True, storePickle=False).parts
    ]
    score = roll_from_notes([note for part in parts for note in part], 2)
    roll = read_midi(save(tmp_path / "a.mid", parts_as_tracks(parts)), 2).roll
    np.testing.assert_array_equal(roll, score)


@pytest.mark.filterwarnings("default")
def test_read_midi_equals_music21(tmp_path):
    from music21 import converter

    rng = np.random.default_rng(0)
    for number in range(4):
        columns = rng.integers(0, 20, 12), rng.integers(1, 9, 12), rng.integers(58, 62, 12)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        made = [Note(start / 2, (start + length) / 2, pitch) for start, length, pitch in rows]
        path = save(tmp_path / f"{number}.mid", parts_as_tracks([made[:6], made[6:]]))
        notes = [
            Note(float(note.offset), float(note.offset + note.quarterLength), pitch.midi)
            for part in converter.parse(path, forceSource=True, storePickle=False).parts
            for note in part.flatten().notes
            for pitch in note.pitches
        ]
        expected = roll_from_notes(notes, 2)
        np.testing.assert_array_equal(read_midi(path, 2).roll[: len(expected)], expected)


def test_read_midi_understands_running_status(tmp_path):
    body = b"\x00\x90\x3c\x40" + b"\x00\x40\x40" + b"\x60\x3c\x00" + b"\x60\x40\x00" + b"\x00\xff\x2f\x00"
    head = b"MThd" + (6).to_bytes(4) + (0).to_bytes(2) + (1).to_bytes(2) + (96).to_bytes(2)
    (tmp_path / "a.mid").write_bytes(head + b"MTrk" + len(body).to_bytes(4) + body)
    roll = read_midi(tmp_path / "a.mid", 1).roll
    assert [list(np.flatnonzero(frame) + 21) for frame in roll] == [[60, 64], [64]]


def test_read_midi_counts_what_the_roll_does_not_show(tmp_path):
    scale = [each for n in range(8) for each in keys((n * 120, ON), (n * 120 + 120, OFF), note=60 + n)]
    low = keys((0, ON), (960, OFF), note=20)
    path = save(tmp_path / "a.mid", [track(*scale), track(*low)])
    assert read_midi(path, 2).counts == (9, 1, 4), "every other sixteenth lies between two eighths"
    assert read_midi(path, 4).counts == (9, 1, 0)


@pytest.mark.parametrize(
    ("tracks", "kind", "message"),
    [
        ([keys((0, ON), (480, OFF))], 2, "is a MIDI file of type 2, whose tracks are separate pieces"),
        ([keys((0, ON), (480, OFF), channel=9)], 1, "has no notes but those of drums"),
        ([keys((0, ON), (480, OFF), note=10)], 1, r"no notes in the range of a piano \(all 1 lie outside\)"),
        ([keys((100, ON), (200, OFF))], 1, r"at the start of a frame \(all 1 lie between frames\)"),
        ([[]], 1, "has no notes at all"),
    ],
)
def test_read_midi_says_why_nothing_is_heard(tmp_path, tracks, kind, message):
    path = save(tmp_path / "a.mid", [track(*events) for events in tracks], kind)
    with pytest.raises(InputError, match=message):
        read_midi(path, 1)
