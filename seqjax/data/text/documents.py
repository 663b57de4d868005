"""Documents for language models: read from text files, and split into parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

import numpy as np

from seqjax.data.splits import random_split
from seqjax.data.text.files import is_hidden, read_text
from seqjax.errors import InputError

ENDINGS = (".txt", ".txt.gz", ".txt.bz2", ".txt.xz", ".txt.zip")  # of the files of a folder that are read


@dataclass(frozen=True)
class Documents:
    """Independent texts.

    Attributes:
      name: Source of the texts, for messages.
      texts: The N texts.
      whole: True if every text ends where its document ends, so that a model learns to predict the end. False for
        sections of one document.
      skipped: A sentence on each file that could not be read.
    """

    name: str
    texts: tuple[str, ...]
    whole: bool = True
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)


def read_documents(path: Path | str, *, lines: bool = False, strict: bool = True) -> Documents:
    """Reads text files, see :func:`~seqjax.data.text.files.read_text`. Blank documents are left out.

    Args:
      path: A file, or a folder, of which :func:`text_files` are read.
      lines: True to read each line as a document, False to read each file as one.
      strict: False to skip the files of a folder that cannot be read.

    Raises:
      InputError: For a file that does not exist, is empty, or is not UTF-8 text, and for a folder without ``.txt``
      files, or with none that can be read.
    """
    path = Path(path).expanduser()
    files = text_files(path) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path} has no .txt file; name a text file, or a folder of .txt files")
    texts: list[str] = []
    skipped: list[str] = []
    for file in files:
        try:
            text = read_text(file)
        except InputError as error:
            if strict or file == path:
                raise
            skipped.append(str(error))
            continue
        texts += [each for each in (text.split("\n") if lines else [text]) if each.strip()]
    if len(skipped) == len(files):
        raise InputError(f"no .txt file of {path} can be read; {skipped[0]}")
    if not texts:
        raise InputError(f"{path} is empty; a language model needs text to learn from")
    return Documents(str(path), tuple(texts), skipped=tuple(skipped))


def text_files(folder: Path) -> Sequence[Path]:
    """The ``.txt`` files of a folder and its subfolders, sorted by path; also compressed ones, and in capitals.

    Hidden files and folders, and those of the system, do not count.
    """
    return sorted(
        file
        for file in folder.rglob("*")
        if file.name.lower().endswith(ENDINGS)
        and not is_hidden(PurePosixPath(file.relative_to(folder).as_posix()))
        and not file.is_dir()
    )


def split_documents(documents: Documents, shares: tuple[float, ...], seed: int) -> tuple[Documents, ...]:
    """Splits documents randomly into parts whose sizes are about in the ratio of ``shares``.

    The part of a document depends on its text and the seed alone; see :func:`~seqjax.data.splits.random_split`. A
    single document is divided by position instead: its first characters are the first part, and so on. Its parts are
    not ``whole``.

    Raises:
      ValueError: If a share is not positive.
    """
    if min(shares) <= 0:
        raise ValueError(f"shares must be positive, not {shares}")
    bounds = np.cumsum(shares) / sum(shares)
    if len(documents) == 1:
        (text,) = documents.texts
        positions = [0, *(round(len(text) * bound) for bound in bounds)]
        sections = [text[start:end] for start, end in pairwise(positions)]
        return tuple(Documents(documents.name, (section,) if section else (), whole=False) for section in sections)
    return tuple(
        Documents(documents.name, tuple(documents.texts[row] for row in rows))
        for rows in random_split(documents.texts, shares, seed)
    )
