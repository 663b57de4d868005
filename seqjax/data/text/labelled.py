"""Labelled texts: tables and their division into parts. Folders and archives are read by ``class_folders``."""

import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from seqjax.data.labels import ordered_classes, require_shared
from seqjax.data.splits import Record, random_split
from seqjax.data.tables import column_at, open_lines, read_cells
from seqjax.data.text.class_folders import ClassFile, archive_of, read_archive, read_folder
from seqjax.errors import InputError

NAMED = 3  # files or labels that a message names


@dataclass(frozen=True)
class Texts:
    """N texts and their labels.

    Attributes:
      name: Name of the source, for messages.
      texts: The texts.
      labels: The label of each text.
    """

    examples: ClassVar[str] = "texts"  # in messages

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
        return ordered_classes(self.labels, self.name, self.examples)

    def require_shared_labels(self) -> None:
        """Checks that labels are classes, not numbers to predict or names of texts.

        Raises:
          InputError: If there are more than half as many labels as texts.
        """
        require_shared(self.labels, self.name, self.examples)

    def remarks(self) -> list[str]:
        """Sentences on what looks like a mistake: empty texts, contradictory labels, and labels that hardly differ."""
        labels: dict[str, set[str]] = {}
        for text, label in zip(self.texts, self.labels, strict=True):
            labels.setdefault(text, set()).add(label)
        several = sum(len(each) > 1 for each in labels.values())
        empty = sum(not text.strip() for text in self.texts)
        found = [f"{empty:,} texts of {self.name} are empty"] if empty else []
        if several:
            found.append(f"{several:,} texts of {self.name} occur with several labels")
        variants: dict[str, list[str]] = {}
        for label in sorted(set(self.labels)):
            variants.setdefault(_plain_label(label), []).append(label)
        for alike in variants.values():
            if len(alike) > 1:
                named = ", ".join(map(repr, alike))
                found.append(f"the labels {named} of {self.name} hardly differ, but are classes of their own")
        broken = [label for label in variants if (_number(label) or 0) % 1]
        if broken and None not in map(_number, variants):
            found.append(f"the labels of {self.name} are numbers, such as {broken[0]}; each is a class of its own")
        return found


def read_texts(
    path: Path | str,
    *,
    text_column: str,
    label_column: str,
    only: tuple[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    strict: bool = False,
    warn: Callable[[str], None] = warnings.warn,
) -> Texts:
    """Reads labelled texts.

    Args:
      path: A CSV or TSV file with a header, or JSON objects, one a line; or a folder with one folder for each class and
        one ``.txt`` file for each text, such as those of aclImdb (Maas et al. 2011); or a tar or zip archive of such a
        folder. In an archive of several, such as train and test, a path selects one: ``aclImdb_v1.tar.gz/train``.
        Hidden files are not read.
      text_column: Name of a table's column of texts.
      label_column: Name of a table's column of labels.
      only: Name of a table's column and a value; rows with another value are skipped.
      names: Names to replace the labels by.
      strict: True to refuse a folder or archive with a file that cannot be read; False to pass such files over.
      warn: Called with a sentence on files that are passed over.

    Raises:
      InputError: For a file that is missing, empty or damaged, a missing column, a column of numbers instead of texts,
        and a missing label, with its line.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        return _decoded(str(path), read_folder(path, warn), strict, warn)
    archive = archive_of(path)
    if archive is not None:
        return _decoded(str(path), read_archive(archive, path.relative_to(archive).as_posix()), strict, warn)
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
    if not any(text.strip() for text in texts):
        raise InputError(f"{path}: column {text_column!r} is empty in every row; name the column of the texts")
    if all(not text.strip() or _number(text) is not None for text in texts):
        raise InputError(f"{path}: column {text_column!r} holds numbers, not texts; name the column of the texts")
    return Texts(str(path), tuple(texts), tuple(labels))


def split_texts(
    texts: Texts, sizes: Sequence[float | int], seed: int, record: Record | None = None
) -> tuple[Texts, ...]:
    """Divides texts randomly into parts, shares or numbers of texts, each class in the same ratio.

    Equal texts are in one part. With the record of an earlier split known texts keep their part; see
    :func:`~seqjax.data.splits.random_split`.

    Raises:
      ValueError: For sizes that :func:`~seqjax.data.splits.random_split` refuses.
    """
    rows = random_split(texts.texts, sizes, seed, strata=texts.labels, record=record)
    return tuple(texts.take(each) for each in rows)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _plain_label(label: str) -> str:
    """A label without what people vary by mistake: case, spaces, forms of characters, ``.0``."""
    plain = " ".join(unicodedata.normalize("NFKC", label).casefold().split())
    number = _number(plain)
    return plain if number is None else repr(number)


def _decoded(name: str, files: Sequence[ClassFile], strict: bool, warn: Callable[[str], None]) -> Texts:
    """Decodes files; those that are no text are passed over with a remark, or refused if ``strict``."""
    texts, labels, bad = [], [], []
    for file in files:
        fault = file.fault
        if not fault:
            try:
                text = file.content.decode("utf-8-sig")
                fault = "it holds zero bytes" if "\0" in text else ""
            except UnicodeDecodeError as error:
                fault = error.reason
        if not fault:
            texts.append(text)
            labels.append(file.label)
        elif strict:
            raise InputError(f"{file.path} is no UTF-8 text ({fault}); save it in UTF-8, or set data.strict to False")
        else:
            bad.append(f"{file.path} ({fault})")
    if not files:
        raise InputError(f"{name} holds no texts; it must hold a folder for each class, with .txt files in it")
    named = ", ".join(bad[:NAMED]) + (", ..." if len(bad) > NAMED else "")
    if not texts:
        raise InputError(f"none of the {len(bad):,} .txt files of {name} is UTF-8 text: {named}; save them in UTF-8")
    if bad:
        warn(f"{len(bad):,} of {len(files):,} files of {name} are no readable UTF-8 text, and not used: {named}")
    lost = Counter(file.label for file in files).keys() - set(labels)
    if lost:
        raise InputError(f"{name}: no file of class {min(lost)!r} is UTF-8 text: {named}; save them in UTF-8")
    return Texts(name, tuple(texts), tuple(labels))
