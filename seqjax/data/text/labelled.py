"""Labelled texts: from tables, from folders and archives of files, one folder a class."""

import lzma
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from seqjax.data.splits import random_split
from seqjax.data.tables import column_at, open_lines, read_cells
from seqjax.errors import InputError

UNLABELLED = "unsup"  # The folder of aclImdb whose reviews have no label.


@dataclass(frozen=True)
class Texts:
    """Texts and the label of each.

    Attributes:
      name: What they were read from, for messages.
      texts: The N texts.
      labels: Their N labels.
    """

    name: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Sequence[int] | np.ndarray) -> "Texts":
        """The texts at ``rows``."""
        return Texts(self.name, tuple(self.texts[row] for row in rows), tuple(self.labels[row] for row in rows))

    def without(self, others: "Texts") -> "Texts":
        """Those that do not stand among ``others``, letter by letter."""
        known = set(others.texts)
        return self.take([row for row, text in enumerate(self.texts) if text not in known])

    def classes(self) -> tuple[str, ...]:
        """The labels that there are, in order: as numbers where all are.

        Raises:
          InputError: If there are fewer than two.
        """
        found = sorted(
            set(self.labels), key=lambda label: (not label.isdecimal(), len(label) * label.isdecimal(), label)
        )
        if len(found) < 2:
            told = f"one class, {found[0]!r}" if found else "no text"
            raise InputError(f"{self.name} has {told}; a classifier needs texts of two classes or more")
        return tuple(found)


def read_texts(
    path: Path | str,
    *,
    text_column: str,
    label_column: str,
    only: tuple[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Texts:
    """Reads labelled texts.

    Args:
      path: A CSV or TSV file with a header; or a folder whose folders, one for each class, hold one text a file, as
        those of aclImdb (Maas et al. 2011) do; or a tar archive of such a folder. If an archive has several, such as
        train and test, the one wanted is named behind a slash: ``aclImdb_v1.tar.gz/train``.
      text_column: Column of the text in a table.
      label_column: Column of the label in a table.
      only: A column of a table and what has to stand in it; other rows are passed over.
      names: What labels are called instead.

    Raises:
      InputError: For a file that is absent, empty or broken, a column that is absent or holds numbers instead of
        texts, and a label that is missing, with the line.
    """
    path = Path(path)
    if path.is_dir():
        return _collect(str(path), _folder_files(path))
    archive = next((each for each in (path, *path.parents) if each.is_file()), path)
    if archive.is_file() and tarfile.is_tarfile(archive):
        return _collect(str(path), _archive_files(archive, path.relative_to(archive).as_posix()))
    with open_lines(path) as lines:
        header, rows = read_cells(lines, str(path))
        text_at, label_at = (column_at(header, column, str(path)) for column in (text_column, label_column))
        only_at, wanted = (column_at(header, only[0], str(path)), only[1]) if only else (0, "")
        texts, labels = [], []
        for number, row in rows:
            if only and row[only_at] != wanted:
                continue
            if not row[label_at].strip():
                raise InputError(f"{path}: line {number}, column {label_column!r}: the label is missing")
            texts.append(row[text_at])
            label = row[label_at].strip()
            labels.append(names[label] if names else label)
    if not texts:
        raise InputError(f"{path} has a header but no rows")
    if all(map(_is_number, texts)):
        raise InputError(f"{path}: column {text_column!r} holds numbers, not texts; name the column of the texts")
    return Texts(str(path), tuple(texts), tuple(labels))


def split_texts(texts: Texts, shares: tuple[float, ...], seed: int) -> tuple[Texts, ...]:
    """Random parts of the texts, sized about in the ratio of ``shares``; see :func:`~seqjax.data.splits.random_split`.

    Raises:
      ValueError: If a share is not positive.
    """
    return tuple(texts.take(rows) for rows in random_split(texts.texts, shares, seed))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return not text.strip()
    return True


def _collect(name: str, files: Iterator[tuple[str, str, bytes]]) -> Texts:
    """Texts from triples of class, file and content."""
    texts, labels = [], []
    for label, file, content in files:
        try:
            texts.append(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise InputError(f"{file} is no UTF-8 text ({error.reason})") from None
        labels.append(label)
    if not texts:
        raise InputError(f"{name} holds no texts; it must hold a folder for each class, with .txt files in it")
    return Texts(name, tuple(texts), tuple(labels))


def _folder_files(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    for label in sorted(each for each in folder.iterdir() if each.is_dir() and each.name != UNLABELLED):
        if not any(each.is_dir() for each in label.iterdir()):  # else it is a part, such as train, and no class
            for file in sorted(label.glob("*.txt")):
                yield label.name, str(file), file.read_bytes()


def _archive_files(archive: Path, part: str) -> Iterator[tuple[str, str, bytes]]:
    """Those of the archive's folder ``part``; "." is the only one."""
    found: dict[str, list[tuple[str, str, bytes]]] = {}
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                if not member.isfile() or path.suffix != ".txt" or len(path.parts) < 2:
                    continue
                folder, label = path.parent.parent, path.parent.name
                if label == UNLABELLED or part not in (".", folder.name, folder.as_posix()):
                    continue
                content = tar.extractfile(member)
                if content is not None:
                    found.setdefault(folder.as_posix(), []).append((label, f"{archive}/{path}", content.read()))
    except (tarfile.TarError, EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        raise InputError(f"{archive} is broken ({error}); fetch it again") from None
    # What holds classes is a part, such as train, and no class itself.
    found = {name: [file for file in files if f"{name}/{file[0]}" not in found] for name, files in found.items()}
    found = {name: files for name, files in found.items() if files}
    if len(found) > 1:
        raise InputError(f"{archive} holds {', '.join(map(repr, sorted(found)))}; name one: {archive}/{min(found)}")
    return iter(sorted(next(iter(found.values()), []), key=lambda file: file[1]))
