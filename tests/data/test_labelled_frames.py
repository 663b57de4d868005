"""Labelled frames: tables in any order of rows, faults by line, splits by content."""

import numpy as np
import pytest

from seqjax.data.labelled_frames import FrameColumns, digit_rows, parse_frames, read_frames, split_frames
from seqjax.data.splits import split_record
from seqjax.data.synthetic import movements
from seqjax.errors import InputError

COLUMNS = FrameColumns("id", "time", "label", ())
TABLE = """label,time,x,id,y
up,3,1.5,a,TRUE
down,2024-01-01T00:00:01,2,b,
up,1e0,,a,-4
down,2024-01-01 01:00:00+01:00,NaN,b,7
"""


def parse(text: str, columns: FrameColumns = COLUMNS):
    return parse_frames(text.splitlines(keepends=True), "it", columns)


def test_parse_frames_orders_the_rows_of_each_sequence_by_time():
    frames = parse(TABLE)
    assert (frames.columns, frames.ids, frames.labels) == (("x", "y"), ("a", "b"), ("up", "down"))
    nan = np.nan
    for each, expected in zip(frames.frames, ([[nan, -4], [1.5, 1]], [[nan, 7], [2, nan]]), strict=True):
        np.testing.assert_array_equal(each, expected)


def test_parse_frames_without_times_and_labels_keeps_the_order_of_the_rows():
    frames = parse(TABLE, FrameColumns("id", "", "", ("y",)))
    assert (frames.columns, frames.labels) == (("y",), ())
    np.testing.assert_array_equal(frames.frames[0], [[1], [-4]])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,time,label,x\na,1,u,2\na,2,d,3\n", "it: line 3, column 'label': 'a' is 'd' here and 'u' before; give all"),
        ("id,time,label,x\na,1,u,2\na,1.0,u,3\n", "it: 'a' has two rows of the same time in column 'time'; keep one"),
        ("id,time,label,x\n,1,u,2\n", "it: line 2, column 'id' is empty; fill it in"),
        ("id,time,label,x\na,1, ,2\n", "it: line 2, column 'label' is empty; fill it in"),
        ("id,time,label,x\na,now,u,2\n", "it: line 2, column 'time': 'now' is neither a number nor a time stamp"),
        ("id,time,label,x\na,nan,u,2\n", "it: line 2, column 'time': 'nan' is neither a number nor a time stamp"),
        ("id,time,label,x\na,1,u,red\n", "it: line 2, column 'x': 'red' is not a number"),
        ("id,time,label,x\na,1,u\n", "it: line 2 has 3 cells, but the header has 4"),
        ("id,time,label\na,1,u\n", "it has no column of values besides 'id', 'time', 'label'; add one"),
        ("id,time,label,x\n", "it has a header but no rows"),
        ("key,time,label,x\na,1,u,2\n", "it has no column 'id'; it has 'key', 'time', 'label', 'x'"),
        ("", "it is empty; it must hold a header and rows"),
    ],
)
def test_parse_frames_names_the_line_of_a_fault(text, sentence):
    with pytest.raises(InputError) as error:
        parse(text)
    assert str(error.value).startswith(sentence)


def test_read_frames_names_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        read_frames(tmp_path / "absent.csv", COLUMNS)


def test_split_frames_keeps_equal_sequences_together_and_classes_in_ratio():
    frames = movements(60)
    doubled = frames.take([*range(60), *range(20)])
    parts = split_frames(doubled, (0.6, 0.2, 0.2), 0)
    contents = [set(part.contents()) for part in parts]
    assert sum(map(len, parts)) == 80
    assert sum(map(len, contents)) == len(set().union(*contents)) == 60
    record = split_record([part.contents() for part in parts])
    again = split_frames(doubled.take(range(79, -1, -1)), (0.6, 0.2, 0.2), 5, record)
    assert [set(part.contents()) for part in again] == contents
    assert len(doubled.without(parts[2])) == 80 - len(parts[2])


def test_digit_rows_are_those_of_scikit_learn():
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    frames = digit_rows()
    assert (len(frames), frames.classes()) == (1797, tuple("0123456789"))
    np.testing.assert_array_equal(np.stack(frames.frames).reshape(1797, 64), digits.data)
    assert frames.labels[:3] == ("0", "1", "2")


def test_movements_turn_the_way_that_their_label_says():
    """The mean cross product of successive places is the sine of the turn from one frame to the next."""
    frames = movements(600)
    turns: dict[str, list[float]] = {}
    for label, each in zip(frames.labels, frames.frames, strict=True):
        x, y, _ = each.T
        turns.setdefault(label, []).append(float(np.nanmean(x[:-1] * y[1:] - x[1:] * y[:-1])))
    means = {label: np.mean(values) for label, values in turns.items()}
    assert means["anticlockwise"] == pytest.approx(np.mean(np.sin(2 * np.pi / np.linspace(20, 40, 99))), abs=0.05)
    assert means["clockwise"] == pytest.approx(-means["anticlockwise"], abs=0.08)
    assert abs(means["rest"]) < 0.05
    assert abs(means["shake"]) < 0.05
    assert np.mean([np.isnan(each).mean() for each in frames.frames]) == pytest.approx(0.05, abs=0.01)
