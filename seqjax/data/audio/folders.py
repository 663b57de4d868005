"""Folders of transcribed recordings: a table of paths and texts, Sphinx's features, or the names of spoken digits."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from seqjax.data.audio.files import read_sound
from seqjax.data.audio.recordings import Recordings, remark
from seqjax.data.tables import column_at, open_lines, read_cells
from seqjax.errors import InputError

TABLES = ("transcripts.csv", "transcripts.tsv")
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_NAME = re.compile(r"(\d)_([a-z]+)_(\d+)\.wav")
OFFICIAL_TEST = 5  # FSDD's test part: of each digit and speaker the recordings with an index below it
TRANSCRIPT = re.compile(r"(?:<s>)?(.*?)(?:</s>)?\s*\(([^()\s]+)\)\s*")


def read_table(folder: Path, rate: int, *, strict: bool = False) -> Recordings:
    """Reads the recordings that ``transcripts.csv`` or ``transcripts.tsv`` in a folder names.

    Its columns are ``path``, relative to the folder, ``text`` and, if there is one, ``speaker``. A row without a path
    or text, and a file that cannot be read, is left out with a remark on standard error, or refused if ``strict``.

    Raises:
      InputError: If the table is missing or damaged, or none of its files can be read.
    """
    table = next((folder / name for name in TABLES if (folder / name).exists()), folder / TABLES[0])
    with open_lines(table) as lines:
        header, rows = read_cells(lines, str(table))
        path_at, text_at = (column_at(header, name, str(table)) for name in ("path", "text"))
        speaker_at = header.index("speaker") if "speaker" in header else path_at
        names, texts, speakers, faults = [], [], [], []
        for number, row in rows:
            empty = [name for name, place in (("path", path_at), ("text", text_at)) if not row[place].strip()]
            if empty:
                faults.append(f"line {number}, column {empty[0]!r} is empty")
                continue
            names.append(row[path_at].strip())
            texts.append(row[text_at])
            speakers.append(row[speaker_at].strip())
    if faults and (strict or not names):
        raise InputError(f"{table}: {faults[0]}; fill it in")
    remark(faults, f"have no path or no text and are not used, of {table}")
    return _read_each(str(table), names, texts, speakers, lambda name: read_sound(folder / name, rate), strict)


def read_digits(folder: Path, rate: int, *, strict: bool = False) -> Recordings:
    """Reads the files ``DIGIT_SPEAKER_INDEX.wav`` of a folder (FSDD, the free spoken digit dataset), in their order."""
    names = sorted(path.name for path in folder.iterdir() if DIGIT_NAME.fullmatch(path.name))
    fields = [match.groups() for match in map(DIGIT_NAME.fullmatch, names) if match]
    texts, speakers = [DIGITS[int(digit)] for digit, _, _ in fields], [speaker for _, speaker, _ in fields]
    return _read_each(str(folder), names, texts, speakers, lambda name: read_sound(folder / name, rate), strict)


def digit_index(name: str) -> int:
    """The index in the name of a file of FSDD."""
    return int(name.removesuffix(".wav").split("_")[2])


def read_sphinx(folder: Path, part: str, size: int, *, strict: bool = False) -> Recordings:
    """Reads a part of a corpus in Sphinx's layout, such as CMU's AN4: features and transcripts.

    ``etc/*_PART.fileids`` names the recordings, ``etc/*_PART.transcription`` has their texts in the same order, each
    followed by the name in parentheses, and ``feat/NAME.mfc`` their features. The speaker is the last folder of a name.

    Args:
      folder: The folder of the corpus.
      part: "train" or "test".
      size: Features of a frame.
      strict: True to refuse a file that cannot be read; False to leave it out with a remark.

    Raises:
      InputError: If the lists are missing, or do not agree.
    """
    lists = {}
    for kind in ("fileids", "transcription"):
        found = sorted((folder / "etc").glob(f"*_{part}.{kind}"))
        if not found:
            raise InputError(f"{folder / 'etc'} has no file *_{part}.{kind}; name the folder of a corpus for Sphinx")
        lists[kind] = (found[0], found[0].read_text(encoding="utf-8", errors="replace").split("\n"))
    names = [line.strip() for line in lists["fileids"][1] if line.strip()]
    texts = []
    lines = [(number, line) for number, line in enumerate(lists["transcription"][1], 1) if line.strip()]
    if len(lines) != len(names):
        raise InputError(
            f"{lists['transcription'][0]} has {len(lines)} lines, but {lists['fileids'][0]} has {len(names)}; "
            "they must correspond"
        )
    for (number, line), name in zip(lines, names, strict=True):
        match = TRANSCRIPT.fullmatch(line)
        if match is None or match.group(2) != Path(name).name:
            raise InputError(f"{lists['transcription'][0]}: line {number} does not end with ({Path(name).name})")
        texts.append(match.group(1).strip())
    speakers = [Path(name).parent.name for name in names]

    def read(name: str) -> np.ndarray:
        return read_sphinx_features(folder / "feat" / f"{name}.mfc", size)

    return _read_each(str(folder), names, texts, speakers, read, strict)


def read_sphinx_features(path: Path | str, size: int) -> np.ndarray:
    """Reads a file of features for Sphinx: a count as a 32-bit integer, then as many floats, big-endian.

    Args:
      path: The file, which ends in ``.mfc``.
      size: Features D of a frame.

    Returns:
      ``float32 [T, D]``.

    Raises:
      InputError: If the file is missing or damaged, or its count is no multiple of the size.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from None
    count = int.from_bytes(content[:4], "big")
    if len(content) < 8 or len(content) != 4 + 4 * count:
        raise InputError(f"{path} is damaged: it does not hold as many features as its first four bytes say")
    if count % size:
        raise InputError(f"{path} holds {count} features, no multiple of {size}; change data.num_features")
    frames = np.frombuffer(content, ">f4", offset=4).astype(np.float32).reshape(-1, size)
    if not np.isfinite(frames).all():
        raise InputError(f"{path} holds features that are no finite numbers")
    return frames


def word_list(folder: Path) -> list[str]:
    """The words of the unigram language model in ARPA's format that comes with a corpus for Sphinx, ``etc/*.ug.lm``.

    Raises:
      InputError: If there is none.
    """
    found = sorted((folder / "etc").glob("*.ug.lm"))
    if not found:
        raise InputError(f"{folder / 'etc'} has no word list *.ug.lm; set model.language_model to another value")
    text = found[0].read_text(encoding="utf-8", errors="replace")
    unigrams = text.rpartition("\\1-grams:\n")[2].partition("\n\\")[0]  # The header may describe the format too.
    words = [line.split()[1] for line in unigrams.splitlines() if len(line.split()) >= 2]
    return [word for word in words if not word.startswith("<")]


def _read_each(
    source: str,
    names: list[str],
    texts: list[str],
    speakers: list[str],
    read: Callable[[str], np.ndarray],
    strict: bool,
) -> Recordings:
    """Reads each recording that can be read; remarks on the others, or refuses them if ``strict``."""
    sounds: dict[int, np.ndarray] = {}
    errors = []
    for row, name in enumerate(names):
        try:
            sounds[row] = read(name)
        except InputError as error:
            if strict:
                raise InputError(f"{error}; data.strict=False passes over such files") from None
            errors.append(str(error))
    if not sounds:
        raise InputError(f"{source}: no recording can be read{'; ' + errors[0] if errors else ''}")
    remark(errors, f"cannot be read and are not used, of {source}")
    columns = (names, texts, speakers)
    kept = [tuple(column[row] for row in sounds) for column in columns]
    return Recordings(source, kept[0], tuple(sounds.values()), kept[1], kept[2])
