"""Documents for language models: read from text files, and split into parts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from seqjax.data.files import is_hidden
from seqjax.data.splits import is_counts, random_split, split_record
from seqjax.data.text.files import read_text
from seqjax.errors import InputError

ENDINGS = (".txt", ".txt.gz", ".txt.bz2", ".txt.xz", ".txt.zip")  # of the files of a folder that are read
ANCHOR = 200  # characters at the start of a section by which it is found again


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
        if file.name.lower().endswith(ENDINGS) and not is_hidden(file.relative_to(folder)) and not file.is_dir()
    )


def split_documents(
    documents: Documents, sizes: Sequence[float | int], seed: int, record: Any = None
) -> tuple[Documents, ...]:
    """Divides documents randomly into parts, shares or numbers of documents; equal documents are in one part.

    A single document is divided by position instead: its first characters are the first part, and so on. Its parts are
    not ``whole``, and numbers are numbers of characters.

    Args:
      documents: The documents.
      sizes: Sizes of the parts; see :func:`~seqjax.data.splits.random_split`.
      seed: Source of randomness.
      record: The result of :func:`documents_record` for an earlier split, which is then repeated: every known document
        keeps its part, and every section of a single document begins where it began, unless all is new.

    Raises:
      ValueError: For sizes that :func:`~seqjax.data.splits.random_split` refuses.
      InputError: If the record is of a single document, and that is not what there is, or it lacks the sections.
    """
    single = len(documents) == 1 if record is None else isinstance(record, dict)
    if not single:
        texts = documents.texts
        rows = random_split(texts, sizes, seed, record=record)
        return tuple(Documents(documents.name, tuple(texts[row] for row in each)) for each in rows)
    if len(documents) != 1:
        raise InputError(
            f"{documents.name} holds {len(documents)} texts, but the run divided a single one; train on another workdir"
        )
    (text,) = documents.texts
    starts = [_find(text, *section) for section in record["sections"]] if record else []
    if any(start is not None for start in starts):
        if None in starts[1:]:
            raise InputError(f"{documents.name} lacks the beginning of a part of the run; train on another workdir")
        positions = [0, *starts[1:], starts[-1] + record["last"] if is_counts(sizes) else len(text)]
    elif is_counts(sizes):
        positions = [0, *(int(end) for end in np.cumsum(sizes))]
    else:
        positions = [0, *(round(len(text) * end) for end in np.cumsum(sizes) / sum(sizes))]
    sections = [text[start:end] for start, end in pairwise(positions)]
    return tuple(Documents(documents.name, (section,) if section else (), whole=False) for section in sections)


def documents_record(parts: Sequence[Documents]) -> Any:
    """Records how :func:`split_documents` divided documents into ``parts``, as JSON values."""
    if all(part.whole for part in parts):
        return split_record([part.texts for part in parts])
    sections = ["".join(part.texts) for part in parts]
    starts = np.cumsum([0, *map(len, sections)]).tolist()
    beginnings = [[start, section[:ANCHOR]] for start, section in zip(starts, sections, strict=False)]
    return {"sections": beginnings, "last": len(sections[-1])}


def _find(text: str, position: int, beginning: str) -> int | None:
    """The position of a section by its beginning, nearest to where it was; None if it is not there."""
    if text.startswith(beginning, position):
        return position
    found = (match.start() for match in re.finditer(f"(?={re.escape(beginning)})", text))
    return min(found, key=lambda at: abs(at - position), default=None)
