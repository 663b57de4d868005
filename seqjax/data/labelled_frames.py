"""Labelled sequences of frames: tables with a row for each frame, their division into parts, and scikit-learn's digits.

A frame is the values of all columns at one time.
"""

import hashlib
import importlib.util
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import numpy as np

from seqjax.data.labels import ordered_classes, require_shared
from seqjax.data.splits import Record, random_split
from seqjax.data.tables import column_at, open_lines, read_cells
from seqjax.data.timeseries.timestamps import parse_time, pattern_of
from seqjax.data.timeseries.values import parse_number
from seqjax.errors import InputError


@dataclass(frozen=True)
class LabelledFrames:
    """N sequences of frames and their labels.

    Attributes:
      name: Name of the source, for messages.
      columns: Names of the D values of a frame.
      ids: The name of each sequence.
      frames: The sequences, ``[T, D]`` each, NaN where a value is missing.
      labels: The label of each sequence; none if they were read without.
    """

    examples: ClassVar[str] = "sequences"  # in messages

    name: str
    columns: tuple[str, ...]
    ids: tuple[str, ...]
    frames: tuple[np.ndarray, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        """Number of sequences N."""
        return len(self.frames)

    def take(self, rows: Sequence[int] | np.ndarray) -> "LabelledFrames":
        """Selects the sequences at the indices ``rows``."""
        ids, labels = (tuple(each[row] for row in rows) for each in (self.ids, self.labels))
        return LabelledFrames(self.name, self.columns, ids, tuple(self.frames[row] for row in rows), labels)

    def classes(self) -> tuple[str, ...]:
        """The distinct labels in order; see :func:`~seqjax.data.labels.ordered_classes`."""
        return ordered_classes(self.labels, self.name, self.examples)

    def require_shared_labels(self) -> None:
        """Checks that labels are classes; see :func:`~seqjax.data.labels.require_shared`."""
        require_shared(self.labels, self.name, self.examples)

    def contents(self) -> list[str]:
        """A text for each sequence that depends on its frames alone, the same for equal ones."""
        return [hashlib.sha256(np.ascontiguousarray(each, np.float64).tobytes()).hexdigest() for each in self.frames]

    def without(self, others: "LabelledFrames") -> "LabelledFrames":
        """Removes the sequences whose frames are also in ``others``."""
        known = set(others.contents())
        return self.take([row for row, content in enumerate(self.contents()) if content not in known])


@dataclass(frozen=True)
class FrameColumns:
    """The columns of a table with a row for each frame.

    Attributes:
      id: Tells sequences apart.
      time: The time of a frame, a number or a time stamp of ISO 8601, which orders those of a sequence; "" for the
        order of the rows. The distance between two times is not read.
      label: The label of a sequence, the same in all its rows; "" for none.
      values: The values of a frame; empty for all other columns.
    """

    id: str
    time: str
    label: str
    values: tuple[str, ...]


def read_frames(path: Path | str, columns: FrameColumns) -> LabelledFrames:
    """Reads a CSV file with a header, or JSON objects, one a line; see :func:`parse_frames`."""
    with open_lines(path) as lines:
        return parse_frames(lines, str(path), columns)


def parse_frames(lines: Iterable[str], name: str, columns: FrameColumns) -> LabelledFrames:
    """Reads sequences from the lines of a table with a row for each frame; those of a sequence may lie apart.

    Raises:
      InputError: With line and column, for a missing column, id, time or label, a cell that is not a number, a time
        that a sequence has twice, and a sequence with two labels.
    """
    header, rows = read_cells(lines, name)
    named = [column for column in (columns.id, columns.time, columns.label) if column]
    values = columns.values or tuple(column for column in header if column not in named)
    id_at, value_at = column_at(header, columns.id, name), [column_at(header, column, name) for column in values]
    time_at, label_at = (column_at(header, each, name) if each else None for each in (columns.time, columns.label))
    if not values:
        raise InputError(f"{name} has no column of values besides {', '.join(map(repr, named))}; add one")
    times, frames = dict[str, list[float]](), dict[str, list[list[float]]]()
    labels = dict[str, str]()
    for number, row in rows:
        key = _filled(row, id_at, columns.id, name, number)
        if label_at is not None:
            label = _filled(row, label_at, columns.label, name, number)
            if labels.setdefault(key, label) != label:
                raise InputError(
                    f"{name}: line {number}, column {columns.label!r}: {key!r} is {label!r} here and {labels[key]!r} "
                    "before; give all rows of a sequence one label"
                )
        time = float(len(times.get(key, ())))
        if time_at is not None:
            time = _time(_filled(row, time_at, columns.time, name, number), name, number, columns.time)
        times.setdefault(key, []).append(time)
        cells = [parse_number(row[at], name, number, header[at]) for at in value_at]
        frames.setdefault(key, []).append(cells)
    if not frames:
        raise InputError(f"{name} has a header but no rows")
    ordered = []
    for key, each in frames.items():
        order = np.argsort(times[key], kind="stable")
        if np.any(np.diff(np.array(times[key])[order]) == 0):
            raise InputError(f"{name}: {key!r} has two rows of the same time in column {columns.time!r}; keep one")
        ordered.append(np.array(each)[order])
    return LabelledFrames(name, values, tuple(frames), tuple(ordered), tuple(labels.values()))


def split_frames(
    frames: LabelledFrames, sizes: Sequence[float | int], seed: int, record: Record | None = None
) -> tuple[LabelledFrames, ...]:
    """Divides sequences randomly into parts, each class in the same ratio; see :func:`random_split`.

    Sequences with equal frames are in one part.
    """
    rows = random_split(frames.contents(), sizes, seed, strata=frames.labels, record=record)
    return tuple(frames.take(each) for each in rows)


def digit_rows() -> LabelledFrames:
    """The 1,797 digits of scikit-learn (Alpaydin & Kaynak 1998), 8 x 8 pixels of 0 to 16, as 8 rows from the top.

    Raises:
      InputError: scikit-learn is not installed.
    """
    if importlib.util.find_spec("sklearn") is None:
        raise InputError("the digits are in scikit-learn; install seqjax with its extra 'baselines'")
    from sklearn.datasets import load_digits

    digits = load_digits()
    ids = tuple(f"digit{number}" for number in range(len(digits.images)))
    columns = tuple(f"pixel{number}" for number in range(8))
    return LabelledFrames("scikit-learn's digits", columns, ids, tuple(digits.images), tuple(map(str, digits.target)))


def _filled(row: Sequence[str], at: int, column: str, name: str, line: int) -> str:
    """The text of a cell, which must not be empty."""
    text = row[at].strip()
    if not text:
        raise InputError(f"{name}: line {line}, column {column!r} is empty; fill it in")
    return text


def _time(text: str, name: str, line: int, column: str) -> float:
    """A time as a number: its own, or the seconds since 1970 of a time stamp, in UTC if it has no zone."""
    try:
        time = float(text)
    except ValueError:
        try:
            stamp = parse_time(text, pattern_of(text))
            time = (stamp.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()
            time -= offset.total_seconds() if (offset := stamp.utcoffset()) else 0.0
        except ValueError:
            time = math.nan
    if not math.isfinite(time):
        raise InputError(
            f"{name}: line {line}, column {column!r}: {text!r} is neither a number nor a time stamp in ISO 8601, "
            "such as 2014-01-31 13:30; write it so"
        )
    return time
