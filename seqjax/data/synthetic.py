"""Series and texts made by a formula, for examples and tests that need no file."""

from collections.abc import Sequence

import numpy as np

from seqjax.data.series import Series
from seqjax.data.text import Texts
from seqjax.data.timestamps import TimeStyle


def demand(columns: Sequence[str], *, days: int = 120, seed: int = 0) -> Series:
    """Half-hourly series that resemble electricity demand, the same for every call with the same arguments.

    Each column has a daily shape, a weaker weekend, and noise that dies away over hours.

    Args:
      columns: Names of the columns, each of which is drawn anew.
      days: Length.
      seed: Of the noise.
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
        step=np.timedelta64(1800, "s"),
        style=TimeStyle(suffix="Z", separator="T", offset=np.timedelta64(0, "s").astype(object)),
    )


def opinions(count: int, *, seed: int = 0) -> Texts:
    """Short reviews by chance, labelled "neg" or "pos" by a judgement that "not" turns round.

    Args:
      count: Number of reviews.
      seed: Of chance.
    """
    rng = np.random.default_rng(seed)
    words = {
        "pos": ("good", "fine", "moving", "funny", "bright"),
        "neg": ("bad", "dull", "flat", "silly", "grim"),
    }
    texts, labels = [], []
    for _ in range(count):
        label, turned = ("neg", "pos")[rng.integers(2)], rng.random() < 0.3
        said = {"neg": "pos", "pos": "neg"}[label] if turned else label
        subject = rng.choice(["film", "story", "cast", "music", "end"])
        filler = " ".join(rng.choice(["and", "so", "the", "scene", "then", "we", "see"], rng.integers(0, 20)))
        texts.append(f"The {subject} is {'not ' if turned else ''}{rng.choice(words[said])}. {filler}")
        labels.append(label)
    return Texts("the generated reviews", tuple(texts), tuple(labels))
