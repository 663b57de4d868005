"""Piano rolls: reading, one-sentence errors for bad files, splits and transposition."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io

from seqjax.data.music import piano_rolls
from seqjax.data.music.piano_rolls import (
    Rolls,
    read_bach,
    read_mat,
    rolls_from_cells,
    split_rolls,
    transpose,
)
from seqjax.data.splits import split_record
from seqjax.data.synthetic import progressions
from seqjax.errors import InputError

PIECES = progressions(5).pieces
PARTS = {"traindata": PIECES[:2], "validdata": PIECES[2:3], "testdata": PIECES[3:]}


def save(path, parts):
    """Saves parts in the format of Boulanger-Lewandowski et al. 2012: cells of piano rolls."""
    cells = {}
    for name, pieces in parts.items():
        cells[name] = np.empty((1, len(pieces)), object)
        for index, piece in enumerate(pieces):
            cells[name][0, index] = piece
    scipy.io.savemat(path, cells)
    return path


def test_read_mat_returns_the_parts(tmp_path):
    dtypes = (np.uint8, np.float64, bool)
    parts = {name: [each.astype(dtype) for each in PARTS[name]] for name, dtype in zip(PARTS, dtypes, strict=True)}
    for part, expected in zip(read_mat(save(tmp_path / "a.mat", parts)), PARTS.values(), strict=True):
        assert len(part) == len(expected)
        for piece, other in zip(part.pieces, expected, strict=True):
            np.testing.assert_array_equal(piece, other)
            assert piece.dtype == np.uint8


def test_rolls_from_cells_names_the_bad_cell():
    cases = [
        ([], r"a\.mat has no cells 'traindata'; it must have traindata, validdata, testdata"),
        (
            [PIECES[0], PIECES[0][:1]],
            r"piece 2 of 'traindata' has the shape \(1, 88\), but must have at least two frames",
        ),
        ([PIECES[0][:, :87]], "piece 1 of 'traindata' has the shape"),
        ([np.array(["text"])], "piece 1 of 'traindata' has the shape"),
        ([np.zeros(0)], "piece 1 of 'traindata' has the shape"),
        ([PIECES[0] * 2], "piece 1 of 'traindata' has values other than 0 and 1"),
    ]
    for cells, message in cases:
        with pytest.raises(InputError, match=message):
            rolls_from_cells(cells, "traindata", Path("a.mat"))


def test_read_mat_reports_a_bad_file_in_one_sentence(tmp_path):
    path = tmp_path / "a.mat"
    good = save(path, {"traindata": [PIECES[0], np.array([{}])]}).read_bytes()
    with pytest.raises(InputError, match="piece 2 of 'traindata'"):
        read_mat(path)
    for content in (b"", good[: len(good) // 2]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"a\.mat is not a MATLAB file of version 5, or is damaged") as error:
            read_mat(path)
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="there is no file"):
        read_mat(tmp_path / "b.mat")


def test_read_bach_parses_once(tmp_path, monkeypatch):
    table = np.array([[0, 0, 1, 60], [0, 1, 2, 62], [3, 0, 1, 60], [3, 1, 2, 62], [4, 0.5, 1.5, 64]], float)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(piano_rolls, "_bach_notes", lambda: table)
    pieces = read_bach(2).pieces
    assert [len(piece) for piece in pieces] == [4, 3], "duplicates are read once"
    assert list(np.flatnonzero(pieces[1].sum(axis=1))) == [1, 2]
    monkeypatch.setattr(piano_rolls, "_bach_notes", lambda: table[:2])
    assert len(read_bach(2)) == 2, "the cache is read"
    (cache,) = (tmp_path / "seqjax").iterdir()
    np.save(cache, np.array([{}]), allow_pickle=True)
    assert len(read_bach(2)) == 1, "a pickle is not read"


@pytest.mark.filterwarnings("default")  # music21 itself gives warnings.
def test_four_voices_reads_a_chorale():
    from music21 import corpus

    (file,) = (each for each in corpus.getComposer("bach") if each.name == "bwv66.6.mxl")
    notes = piano_rolls._four_voices(file)
    roll = piano_rolls.roll_from_notes(notes, 2)
    assert len(roll) == 72  # nine bars
    assert list(np.flatnonzero(roll[-1]) + 21) == [54, 58, 61, 66]  # It ends in F sharp major.


def test_split_rolls_keeps_equal_pieces_together_and_repeats_a_recorded_split():
    rolls = progressions(300)
    rolls = Rolls("pieces", (*rolls.pieces, rolls.pieces[0]))
    parts = split_rolls(rolls, (0.6, 0.2, 0.2), 0)
    assert [len(part) for part in parts] == pytest.approx([181, 60, 60], abs=2)
    keys = [set(part.keys) for part in parts]
    assert sum(map(len, keys)) == len(set(rolls.keys))
    record = split_record([part.keys for part in parts])
    fewer = Rolls("fewer", (*rolls.pieces[:100], np.ones((4, 88), np.uint8)))
    now = [set(part.keys) for part in split_rolls(fewer, (0.6, 0.2, 0.2), 0, record)]
    assert now[0] - keys[0] == {fewer.keys[-1]}
    assert all(some <= all_keys for some, all_keys in zip(now[1:], keys[1:], strict=True))
    assert [len(part) for part in split_rolls(progressions(30), (9, 2, 1), 0)] == [9, 2, 1]


def test_transpose_stops_at_the_last_key():
    piece = PIECES[0]
    np.testing.assert_array_equal(transpose(piece, 3)[:, 3:], piece[:, :-3])
    for semitones in (-87, 87):
        moved = transpose(piece, semitones)
        assert moved[:, 0 if semitones < 0 else 87].any()
        np.testing.assert_array_equal(moved.sum(axis=1), piece.sum(axis=1))
    assert not transpose(np.zeros((2, 88), np.uint8), 5).any()
