"""Piano rolls: what is read right, and the one sentence for what cannot be."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io

from seqjax.data import piano_rolls
from seqjax.data.music.midi import write_midi
from seqjax.data.music.piano_rolls import (
    Rolls,
    padded_rolls,
    read_bach,
    read_mat,
    read_midi_folder,
    rolls_of_cells,
    split_rolls,
    transposed,
)
from seqjax.data.synthetic import progressions
from seqjax.errors import InputError

PIECES = progressions(5).pieces
PARTS = {"traindata": PIECES[:2], "validdata": PIECES[2:3], "testdata": PIECES[3:]}


def save(path, parts):
    """As the files of Boulanger-Lewandowski are: cells of piano rolls."""
    cells = {}
    for name, pieces in parts.items():
        cells[name] = np.empty((1, len(pieces)), object)
        for place, piece in enumerate(pieces):
            cells[name][0, place] = piece
    scipy.io.savemat(path, cells)
    return path


def test_a_mat_file_is_read(tmp_path):
    dtypes = (np.uint8, np.float64, bool)
    parts = {name: [each.astype(dtype) for each in PARTS[name]] for name, dtype in zip(PARTS, dtypes, strict=True)}
    for part, expected in zip(read_mat(save(tmp_path / "a.mat", parts)), PARTS.values(), strict=True):
        assert len(part) == len(expected)
        for piece, other in zip(part.pieces, expected, strict=True):
            np.testing.assert_array_equal(piece, other)
            assert piece.dtype == np.uint8


def test_cells_that_are_no_rolls_are_one_sentence():
    cases = [
        ([], r"a\.mat has no cells 'traindata'; it has to hold traindata, validdata, testdata"),
        ([PIECES[0], PIECES[0][:1]], r"piece 2 of 'traindata' has the shape \(1, 88\), but must have two frames"),
        ([PIECES[0][:, :87]], "piece 1 of 'traindata' has the shape"),
        ([np.array(["text"])], "piece 1 of 'traindata' has the shape"),
        ([np.zeros(0)], "piece 1 of 'traindata' has the shape"),
        ([PIECES[0] * 2], "piece 1 of 'traindata' holds something else than zeros and ones"),
    ]
    for cells, sentence in cases:
        with pytest.raises(InputError, match=sentence):
            rolls_of_cells(cells, "traindata", Path("a.mat"))


def test_what_is_no_mat_file_is_one_sentence(tmp_path):
    path = tmp_path / "a.mat"
    good = save(path, {"traindata": [PIECES[0], np.array([{}])]}).read_bytes()
    with pytest.raises(InputError, match="piece 2 of 'traindata'"):
        read_mat(path)
    for content in (b"", good[: len(good) // 2]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"a\.mat is no MATLAB file of version 5, or damaged") as error:
            read_mat(path)
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="there is no file"):
        read_mat(tmp_path / "b.mat")


def test_a_folder_of_midi_files_is_read_by_name(tmp_path):
    (tmp_path / "more").mkdir()
    for name, piece in zip(("b.mid", "a.MIDI", "more/c.mid"), PIECES, strict=False):
        write_midi(tmp_path / name, piece, 2, tempo=100.0)
    (tmp_path / "notes.txt").write_text("no music")
    found = read_midi_folder(tmp_path, 2)
    for piece, place in zip(found.pieces, (1, 0, 2), strict=True):
        np.testing.assert_array_equal(piece, PIECES[place])
    write_midi(tmp_path / "short.mid", PIECES[0][:1], 2, tempo=100.0)
    with pytest.raises(InputError, match=r"short\.mid has one frame, but a piece needs two"):
        read_midi_folder(tmp_path, 2)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no MIDI files"):
        read_midi_folder(tmp_path / "empty", 2)


def test_bach_is_parsed_once(tmp_path, monkeypatch):
    table = np.array([[0, 0, 1, 60], [0, 1, 2, 62], [3, 0, 1, 60], [3, 1, 2, 62], [4, 0.5, 1.5, 64]], float)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(piano_rolls, "_bach_notes", lambda: table)
    pieces = read_bach(2).pieces
    assert [len(piece) for piece in pieces] == [4, 3], "what is there twice is taken once"
    assert list(np.flatnonzero(pieces[1].sum(axis=1))) == [1, 2]
    monkeypatch.setattr(piano_rolls, "_bach_notes", lambda: table[:2])
    assert len(read_bach(2)) == 2, "the cache is read"
    (cache,) = (tmp_path / "seqjax").iterdir()
    np.save(cache, np.array([{}]), allow_pickle=True)
    assert len(read_bach(2)) == 1, "no pickle is read"


@pytest.mark.filterwarnings("default")  # music21 is not ours to mend.
def test_music21_reads_a_chorale():
    from music21 import corpus

    (file,) = (each for each in corpus.getComposer("bach") if each.name == "bwv66.6.mxl")
    notes = piano_rolls._four_voices(file)
    roll = piano_rolls.roll_of(notes, 2)
    assert len(roll) == 72  # nine bars
    assert list(np.flatnonzero(roll[-1]) + 21) == [54, 58, 61, 66]  # It ends in F sharp major.


def test_the_part_of_a_piece_depends_on_its_notes_alone():
    rolls = Rolls("pieces", (*PIECES, PIECES[0]))
    parts = split_rolls(rolls, (0.6, 0.2, 0.2), 0)
    assert sum(map(len, parts)) == 6
    where = {piece.tobytes(): place for place, part in enumerate(parts) for piece in part.pieces}
    for place, part in enumerate(split_rolls(Rolls("fewer", PIECES[:3]), (0.6, 0.2, 0.2), 0)):
        assert all(where[piece.tobytes()] == place for piece in part.pieces)
    many = split_rolls(progressions(300), (0.6, 0.2, 0.2), 1)
    assert [len(part) for part in many] == pytest.approx([180, 60, 60], abs=30)


def test_transposing_stops_at_the_last_key():
    piece = PIECES[0]
    np.testing.assert_array_equal(transposed(piece, 3)[:, 3:], piece[:, :-3])
    for semitones in (-87, 87):
        moved = transposed(piece, semitones)
        assert moved[:, 0 if semitones < 0 else 87].any()
        np.testing.assert_array_equal(moved.sum(axis=1), piece.sum(axis=1))
    assert not transposed(np.zeros((2, 88), np.uint8), 5).any()


def test_padding_is_silence():
    array = padded_rolls([PIECES[0], PIECES[1][:0]], len(PIECES[0]) + 2)
    np.testing.assert_array_equal(array[0, :-2], PIECES[0])
    assert not array[0, -2:].any()
    assert not array[1].any()
