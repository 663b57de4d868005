"""Folders of MIDI files: the files that are read, and those that are passed over."""

import mido
import numpy as np
import pytest

from seqjax.data.music.midi import write_midi
from seqjax.data.music.midi_folder import midi_files, read_midi_folder
from seqjax.data.music.timing import Timing
from seqjax.data.synthetic import progressions
from seqjax.errors import InputError

PIECES = progressions(4).pieces


def save(path, piece):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_midi(path, piece, 2, Timing())


@pytest.fixture
def folder(tmp_path):
    """Four good files in a hidden folder's subfolder."""
    folder = tmp_path / ".cache" / "songs"
    for name, piece in zip(("b.mid", "a.MIDI", "more/c.KAR", "more/d.Mid"), PIECES, strict=True):
        save(folder / name, piece)
    return folder


def test_read_midi_folder_sorts_by_path(folder):
    (folder / "notes.txt").write_text("no music")
    rolls = read_midi_folder(folder, 2)
    for piece, index in zip(rolls.pieces, (1, 0, 2, 3), strict=True):
        np.testing.assert_array_equal(piece, PIECES[index])
    assert rolls.passed_over == ()
    assert rolls.counts.notes > 0


def test_midi_files_leaves_out_hidden_and_system_files(folder):
    usual = midi_files(folder)
    for name in ("._b.mid", ".DS_Store", ".git/x.mid", "__MACOSX/b.mid", "more/.trash/e.mid"):
        save(folder / name, PIECES[0])
    (folder / "folder.mid").mkdir()
    assert midi_files(folder) == usual


def test_read_midi_folder_passes_over_files_that_cannot_be_used(folder):
    good = read_midi_folder(folder, 2)
    whole = (folder / "b.mid").read_bytes()
    (folder / "cut.mid").write_bytes(whole[:-30])
    (folder / "empty.mid").write_bytes(b"")
    (folder / "byte.mid").write_bytes(whole.replace(b"\x90", b"\x90\xff", 1))
    (folder / "sharps.mid").write_bytes(whole.replace(b"\xff\x51\x03", b"\xff\x59\x02\x09\x00\x00\xff\x51\x03", 1))
    save(folder / "short.mid", PIECES[0][:1])
    drums = mido.MidiTrack([mido.Message(kind, note=40, channel=9, time=48) for kind in ("note_on", "note_off")])
    mido.MidiFile(tracks=[drums]).save(folder / "drums.mid")
    late = mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=2**27)])
    mido.MidiFile(ticks_per_beat=1, tracks=[late]).save(folder / "long.mid")

    rolls = read_midi_folder(folder, 2)
    assert len(rolls) == 4
    assert rolls.counts == good.counts
    names = ["byte", "cut", "drums", "empty", "long", "sharps", "short"]
    for fault, name in zip(rolls.passed_over, names, strict=True):
        assert f"{name}.mid" in fault
        assert "\n" not in fault
    assert "has no notes but those of drums" in rolls.passed_over[2]
    with pytest.raises(InputError, match=r"byte\.mid.*; data\.strict=False passes over such files"):
        read_midi_folder(folder, 2, strict=True)


def test_read_midi_folder_refuses_a_folder_without_a_good_file(tmp_path):
    with pytest.raises(InputError, match=r"has no MIDI files; their names must end in \.mid, \.midi, \.kar"):
        read_midi_folder(tmp_path, 2)
    for number in range(5):
        (tmp_path / f"{number}.mid").write_bytes(b"")
    with pytest.raises(InputError, match=r"no MIDI file that can be used: .*0\.mid.*1\.mid.*2\.mid.*; and 2 more"):
        read_midi_folder(tmp_path, 2)
