"""Labelled texts, read from tables, folders and archives."""

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

UNLABELLED = "unsup"  # the folder of aclImdb with unlabelled reviews


@dataclass(frozen=True)
class Texts:
    """N texts and their labels.

    Attributes:
      name: Name of the source, for messages.
      texts: The texts.
      labels: The label of each text.
    """

    name: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        """Number of texts N."""
        return len(self.texts)

    def take(self, rows: Sequence[int] | np.ndarray) -> "Texts":
        """Selects the texts at the indices ``rows``."""
        return Texts(self.name, tuple(self.texts[row] for row in rows), tuple(self.labels[row] for row in rows))

    def without(self, others: "Texts") -> "Texts":
        """Removes the texts that are also in ``others``, character by character."""
        known = set(others.texts)
        return self.take([row for row, text in enumerate(self.texts) if text not in known])

    def classes(self) -> tuple[str, ...]:
        """The distinct labels in order: whole numbers by value, then other labels alphabetically.

        Raises:
          InputError: For fewer than two.
        """
        classes = sorted(
            set(self.labels), key=lambda label: (not label.isdecimal(), len(label) * label.isdecimal(), label)
        )
        if len(classes) < 2:
            count = f"one class, {classes[0]!r}" if classes else "no text"
            raise InputError(f"{self.name} has {count}; a classifier needs texts of two classes or more")
        return tuple(classes)


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
      path: A CSV or TSV file with a header; or a folder with one folder for each class and one file for each text, such
        as those of aclImdb (Maas et al. 2011); or a tar archive of such a folder. In an archive of several, such as
        train and test, a path selects one: ``aclImdb_v1.tar.gz/train``.
      text_column: Name of a table's column of texts.
      label_column: Name of a table's column of labels.
      only: Name of a table's column and a value; rows with another value are skipped.
      names: Names to replace the labels by.

    Raises:
      InputError: For a file that is missing, empty or damaged, a missing column, a column of numbers instead of texts,
        and a missing label, with its line.
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
    """Divides texts randomly into parts whose sizes are about in the ratio of ``shares``.

    Equal texts are in one part; see :func:`~seqjax.data.splits.random_split`.

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
    """Decodes triples of label, file and content."""
    texts, labels = [], []
    for label, file, content in files:
        try:
            texts.append(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise InputError(f"{file} is no UTF-8 text ({error.reason}); save it in UTF-8") from None
        labels.append(label)
    if not texts:
        raise InputError(f"{name} holds no texts; it must hold a folder for each class, with .txt files in it")
    return Texts(name, tuple(texts), tuple(labels))


def _folder_files(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    for label in sorted(each for each in folder.iterdir() if each.is_dir() and each.name != UNLABELLED):
        if not any(each.is_dir() for each in label.iterdir()):  # otherwise it is a part, such as train, not a class
            for file in sorted(label.glob("*.txt")):
                yield label.name, str(file), file.read_bytes()


def _archive_files(archive: Path, part: str) -> Iterator[tuple[str, str, bytes]]:
    """Triples of the archive's folder ``part``; "." stands for its only folder."""
    parts: dict[str, list[tuple[str, str, bytes]]] = {}
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
                    parts.setdefault(folder.as_posix(), []).append((label, f"{archive}/{path}", content.read()))
    except (tarfile.TarError, EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        raise InputError(f"{archive} is damaged ({error}); download it again") from None
    # A folder that holds classes is a part, such as train, not a class.
    parts = {name: [file for file in files if f"{name}/{file[0]}" not in parts] for name, files in parts.items()}
    parts = {name: files for name, files in parts.items() if files}
    if len(parts) > 1:
        raise InputError(f"{archive} holds {', '.join(map(repr, sorted(parts)))}; name one: {archive}/{min(parts)}")
    return iter(sorted(next(iter(parts.values()), []), key=lambda file: file[1]))
