"""Tempo and metre: bars, seconds, and parts of a piece."""

import mido
import numpy as np
import pytest

from seqjax.data.music.midi import read_midi, write_midi
from seqjax.data.music.timing import Timing

CHANGING = Timing(((0.0, 60.0), (2.0, 120.0), (6.0, 30.0)), ((0.0, 3, 4), (7.5, 6, 8)))


def test_end_of_bars_follows_the_metre():
    assert [CHANGING.end_of_bars(count) for count in range(1, 6)] == [3, 6, 7.5, 10.5, 13.5]
    assert Timing().end_of_bars(2) == 8


def test_seconds_follow_the_tempo():
    times = CHANGING.seconds(np.array([0, 1, 2, 4, 6, 7]))
    np.testing.assert_allclose(times, [0, 1, 2, 3, 4, 6])


def test_until_and_since_divide_a_timing():
    assert CHANGING.until(6.0) == Timing(((0.0, 60.0), (2.0, 120.0)), ((0.0, 3, 4),))
    assert CHANGING.since(6.0) == Timing(((0.0, 30.0),), ((0.0, 3, 4), (1.5, 6, 8)))
    assert CHANGING.since(4.0) == Timing(((0.0, 120.0), (2.0, 30.0)), ((0.0, 3, 4), (3.5, 6, 8)))
    assert CHANGING.at_tempo(90.0) == Timing(((0.0, 90.0),), CHANGING.metres)


def test_write_midi_then_read_midi_returns_the_timing(tmp_path):
    roll = np.ones((20, 88), np.uint8)
    write_midi(tmp_path / "a.mid", roll, 2, CHANGING)
    piece = read_midi(tmp_path / "a.mid", 2)
    assert piece.timing == CHANGING
    np.testing.assert_array_equal(piece.roll, roll)
    assert mido.MidiFile(tmp_path / "a.mid").length == pytest.approx(CHANGING.seconds(np.array([10.0]))[0])
