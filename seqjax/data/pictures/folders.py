"""Folders of captioned pictures and clips: a table of files and captions, several lines for a file as in Flickr8k."""

from pathlib import Path, PurePath

import numpy as np

from seqjax.data.files import is_hidden
from seqjax.data.pictures.captioned import Captioned
from seqjax.data.pictures.files import read_frames
from seqjax.data.tables import column_at, open_lines, read_cells
from seqjax.errors import InputError

TABLES = ("captions.txt", "captions.csv", "captions.tsv")
FOLDERS = ("", "images", "Images")  # in which files are looked for, in the folder of the table


def read_captioned(folder: Path | str, size: int, largest: int, *, strict: bool = False) -> Captioned:
    """Reads the pictures and clips that ``captions.txt``, ``.csv`` or ``.tsv`` in a folder names.

    Its columns are ``image``, a file or a folder of frames, in the folder or its subfolder ``images``, and ``caption``.
    Each line has one caption; a picture has as many as it has lines.

    Args:
      folder: The folder.
      size: Height and width S of the frames; see :func:`~seqjax.data.pictures.files.read_frames`.
      largest: The largest number of frames of a clip.
      strict: Whether a file that cannot be read, and a line with an empty cell, is refused; otherwise it is left out,
        and named in ``skipped``.

    Raises:
      InputError: If the table is missing or damaged, or no file can be read.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; name a folder of pictures with a table {TABLES[0]}")
    captions, skipped = _read_table(table_of(folder))
    if strict and skipped:
        raise InputError(f"{skipped[0]}; fill it in, or pass over such lines with data.strict=False")
    frames: dict[str, np.ndarray] = {}
    for name in captions:
        try:
            frames[name] = read_frames(_found(folder, name), size, largest)
        except InputError as error:
            if strict:
                raise InputError(f"{error}; data.strict=False passes over such files") from None
            skipped.append(str(error))
    if not frames:
        raise InputError(f"{folder}: none of its {len(captions):,} pictures can be read; {skipped[0]}")
    names = tuple(frames)
    return Captioned(
        str(folder), names, tuple(frames.values()), tuple(captions[name] for name in names), names, tuple(skipped)
    )


def table_of(folder: Path) -> Path:
    """The table of captions in a folder.

    Raises:
      InputError: If there is none.
    """
    table = next((folder / name for name in TABLES if (folder / name).is_file()), None)
    if table is None:
        raise InputError(f"{folder} has no table {', '.join(TABLES[:-1])} or {TABLES[-1]} with columns image, caption")
    return table


def _read_table(table: Path) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """The captions of each file, in the order of the table, and a sentence on each line with an empty cell."""
    captions: dict[str, tuple[str, ...]] = {}
    faults: list[str] = []
    with open_lines(table) as lines:
        header, rows = read_cells(lines, str(table))
        image_at, caption_at = (column_at(header, name, str(table)) for name in ("image", "caption"))
        for number, row in rows:
            name, caption = row[image_at].strip(), " ".join(row[caption_at].split())
            if not name or not caption:
                faults.append(f"{table}: line {number}, column {'caption' if name else 'image'!r} is empty")
            elif not is_hidden(PurePath(name)):
                captions[name] = (*captions.get(name, ()), caption)
    if not captions:
        raise InputError(f"{table} names no picture with a caption; it must hold a line for each caption")
    return captions, faults


def _found(folder: Path, name: str) -> Path:
    return next((path for place in FOLDERS if (path := folder / place / name).exists()), folder / name)
