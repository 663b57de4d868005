"""Generated time series, texts, recordings, music and sequences, for examples, tests and tasks that need no file."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqjax.data.labelled_frames import LabelledFrames
from seqjax.data.music.piano_rolls import Rolls
from seqjax.data.music.pitches import KEYS, LOWEST
from seqjax.data.text.labelled import Texts
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.timestamps import TimeStyle


def demand(columns: Sequence[str], *, days: int = 120, seed: int = 0) -> Series:
    """Generates half-hourly series that resemble electricity demand; equal arguments give equal series.

    Each column has a daily profile, lower weekends, and autocorrelated noise that decays within hours.

    Args:
      columns: Names of the columns. The columns are independent.
      days: Length of the series in days.
      seed: Source of the noise.
    """
    rng = np.random.default_rng(seed)
    rows = 48 * days
    hours = np.arange(rows) / 2
    values = np.empty((rows, len(columns)))
    for index in range(len(columns)):
        day = np.sin(2 * np.pi * (hours - 8 - index) / 24) + 0.4 * np.sin(4 * np.pi * (hours - 5) / 24)
        weekend = np.where((hours // 24) % 7 >= 5, -0.6, 0.0)
        noise = np.zeros(rows)
        shocks = 0.08 * rng.standard_normal(rows)
        for row in range(1, rows):
            noise[row] = 0.95 * noise[row - 1] + shocks[row]
        values[:, index] = 4000 + 800 * (day + weekend + noise)
    return Series(
        name="the generated series",
        columns=tuple(columns),
        times=np.datetime64("2024-01-01T00:00:00", "s") + np.arange(rows) * np.timedelta64(1800, "s"),
        values=values,
        lines=np.arange(2, rows + 2),
        step=Step(1800),
        style=TimeStyle(suffix="Z", separator="T", offset=np.timedelta64(0, "s").astype(object)),
    )


def passengers(columns: Sequence[str], *, months: int = 144, seed: int = 0) -> Series:
    """Generates monthly series that grow, with a season of a year that grows with them.

    Args:
      columns: Names of the columns. The columns are independent.
      months: Length of the series.
      seed: Source of the noise.
    """
    noise = np.random.default_rng(seed).normal(size=(months, len(columns)))
    month = np.arange(months)[:, None]
    return Series(
        name="the generated series",
        columns=tuple(columns),
        times=(np.datetime64("1949-01", "M") + np.arange(months)).astype("datetime64[s]"),
        values=100 * np.exp(0.01 * month + 0.2 * np.sin(2 * np.pi * month / 12) + 0.03 * noise),
        lines=np.arange(2, months + 2),
        step=Step(1, "M"),
        style=TimeStyle(pattern="%Y-%m"),
    )


def opinions(count: int, *, seed: int = 0) -> Texts:
    """Generates short random reviews, labelled "neg" or "pos" by one adjective, which "not" may negate.

    Args:
      count: Number of reviews.
      seed: Source of randomness.
    """
    rng = np.random.default_rng(seed)
    words = {
        "pos": ("good", "fine", "moving", "funny", "bright"),
        "neg": ("bad", "dull", "flat", "silly", "grim"),
    }
    texts, labels = [], []
    for _ in range(count):
        label, negated = ("neg", "pos")[rng.integers(2)], rng.random() < 0.3
        polarity = {"neg": "pos", "pos": "neg"}[label] if negated else label
        subject = rng.choice(["film", "story", "cast", "music", "end"])
        filler = " ".join(rng.choice(["and", "so", "the", "scene", "then", "we", "see"], rng.integers(0, 20)))
        texts.append(f"The {subject} is {'not ' if negated else ''}{rng.choice(words[polarity])}. {filler}")
        labels.append(label)
    return Texts("the generated reviews", tuple(texts), tuple(labels))


def movements(count: int, *, seed: int = 0) -> LabelledFrames:
    """Generates recordings of a sensor: the place of something that circles either way, shakes or rests, and noise.

    Of a circle only the order of the frames tells the direction. Sequences have 30 to 80 frames of ``x``, ``y`` and a
    ``temperature`` that says nothing; a value in twenty is missing. A circle takes 20 to 40 frames.

    Args:
      count: Number of recordings.
      seed: Source of randomness.
    """
    rng = np.random.default_rng(seed)
    labels = [str(label) for label in rng.choice(["anticlockwise", "clockwise", "rest", "shake"], count)]
    frames = []
    for label in labels:
        length = int(rng.integers(30, 81))
        angles = 2 * np.pi * (rng.random() + np.arange(length) / rng.uniform(20, 40))
        if label == "shake":
            place = np.sin(angles)[:, None] * [np.cos(direction := rng.uniform(0, 2 * np.pi)), np.sin(direction)]
        else:
            turn = {"anticlockwise": 1, "clockwise": -1, "rest": 0}[label]
            place = abs(turn) * np.stack([np.cos(angles), turn * np.sin(angles)], axis=1)
        temperature = 20 + np.cumsum(0.1 * rng.standard_normal((length, 1)), axis=0)
        values = np.concatenate([place + rng.standard_normal((length, 2)), temperature], axis=1)
        values[rng.random(values.shape) < 0.05] = np.nan
        frames.append(values)
    ids = tuple(f"recording{number}" for number in range(count))
    return LabelledFrames("the generated recordings", ("x", "y", "temperature"), ids, tuple(frames), tuple(labels))


def progressions(count: int, *, seed: int = 0) -> Rolls:
    """Generates random pieces in four voices: the chords I, IV, V and vi of a major key, two to four frames each.

    Args:
      count: Number of pieces.
      seed: Source of randomness.
    """
    rng = np.random.default_rng(seed)
    follow = {0: (5, 7, 9), 5: (0, 7), 7: (0, 9), 9: (5,)}  # By root, in semitones above the key's.
    pieces = []
    for _ in range(count):
        key, root, frames = 48 + int(rng.integers(12)), 0, []
        for _ in range(rng.integers(6, 13)):
            third = 3 if root == 9 else 4
            roll = np.zeros(KEYS, np.uint8)
            for voice in (root - 12, root, root + third, root + 7):
                roll[key + voice - LOWEST] = 1
            frames += [roll] * int(rng.integers(2, 5))
            root = int(rng.choice(follow[root]))
        pieces.append(np.stack(frames))
    return Rolls("the generated pieces", tuple(pieces))


SYMBOLS, RECALLED = 8, 10  # of the copying problem: distinct symbols, and symbols to recall
BLANK, RECALL = SYMBOLS, SYMBOLS + 1  # ids that are no symbols: an empty step, and the cue to recall


class Examples(NamedTuple):
    """Input sequences and their targets; the shapes are those of the problem."""

    inputs: np.ndarray
    targets: np.ndarray


def adding(key: Sequence[int], rows: int, length: int) -> Examples:
    """Generates the adding problem: the target is the sum of two marked values (Hochreiter & Schmidhuber 1997, 5.4).

    In the form of Bai et al. 2018, table 1: values are uniform in [0, 1); two different random steps are marked by 1,
    all others by 0. A model that always predicts 1 has a mean squared error of 1/6, the variance of the sum.

    Args:
      key: Integers, at least 0, that seed the generator. Equal keys give equal examples, and different keys of the
        same length give independent ones.
      rows: Sequences B.
      length: Steps T, at least 2.

    Returns:
      Inputs ``float32 [B, T, 2]``, value and mark, and targets ``float32 [B, 1]``.
    """
    rng = np.random.default_rng(key)
    values = rng.random((rows, length), dtype=np.float32)
    first = rng.integers(0, length, rows)
    second = (first + rng.integers(1, length, rows)) % length
    marks = np.zeros_like(values)
    row = np.arange(rows)
    marks[row, first] = marks[row, second] = 1
    return Examples(np.stack([values, marks], axis=-1), np.sum(values * marks, axis=1, keepdims=True))


def copying(key: Sequence[int], rows: int, length: int) -> Examples:
    """Generates the copying problem: ten symbols to be repeated after a delay (Arjovsky et al. 2016, section 4.1).

    In the form of Bai et al. 2018, table 1: ten symbols out of eight, ``length - 1`` blanks, then the cue to recall at
    eleven steps. The target is blank except for the last ten steps, which are the symbols in order. A model without
    memory can only guess the symbols, and its mean cross-entropy over all steps is ``10 ln 8 / (length + 20)``.

    Args:
      key: Integers that seed the generator, as in :func:`adding`.
      rows: Sequences B.
      length: Steps between the last symbol and the first recall, at least 1; T = length + 20.

    Returns:
      Inputs and targets, ids ``int32 [B, T]``: symbols 0 to 7, ``BLANK`` and ``RECALL``.
    """
    symbols = np.random.default_rng(key).integers(0, SYMBOLS, (rows, RECALLED), dtype=np.int32)
    inputs = np.full((rows, length + 2 * RECALLED), BLANK, np.int32)
    inputs[:, :RECALLED] = symbols
    inputs[:, -RECALLED - 1 :] = RECALL
    targets = np.full_like(inputs, BLANK)
    targets[:, -RECALLED:] = symbols
    return Examples(inputs, targets)
