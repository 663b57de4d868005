"""Documents for language models: read from text files, and split into parts."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from seqjax.data.splits import random_split
from seqjax.errors import InputError


@dataclass(frozen=True)
class Documents:
    """Independent texts.

    Attributes:
      name: Source of the texts, for messages.
      texts: The N texts.
      whole: True if every text ends where its document ends, so that a model learns to predict the end. False for
        sections of one document.
    """

    name: str
    texts: tuple[str, ...]
    whole: bool = True

    def __len__(self) -> int:
        return len(self.texts)


def read_documents(path: Path | str, *, lines: bool = False) -> Documents:
    """Reads UTF-8 text files. Blank documents are left out.

    Args:
      path: A file, or a folder, of which all ``.txt`` files are read, also those in its subfolders, sorted by path.
      lines: True to read each line as a document, False to read each file as one.

    Raises:
      InputError: For a file that does not exist, is empty, or is not UTF-8 text, and for a folder without ``.txt``
      files.
    """
    path = Path(path)
    files = sorted(path.rglob("*.txt")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path} has no .txt file; name a text file, or a folder of .txt files")
    texts = [text for file in files for text in ([_read(file)] if not lines else _read(file).splitlines())]
    texts = [text for text in texts if text.strip()]
    if not texts:
        raise InputError(f"{path} is empty; a language model needs text to learn from")
    return Documents(str(path), tuple(texts))


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


def _read(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start})") from None
    if "\0" in text:
        raise InputError(f"{path} is not text; it has zero bytes")
    return text.replace("\r\n", "\n")
