"""Piano rolls, read from ``.mat`` files and the Bach chorales of music21."""

import contextlib
import importlib.metadata
import io
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from seqjax.data.music.notes import NO_NOTES, Note, NoteCounts, count_notes, roll_from_notes
from seqjax.data.music.pitches import KEYS, LOWEST
from seqjax.data.splits import Record, random_split
from seqjax.errors import InputError

MAT_PARTS = ("traindata", "validdata", "testdata")


@dataclass(frozen=True)
class Rolls:
    """Pieces of music as piano rolls.

    Attributes:
      name: Source of the pieces, for messages.
      pieces: For each piece 1 where one of the 88 keys sounds, ``uint8 [T, 88]``, T at least 2.
      counts: Numbers of the notes that the pieces were made of; zeros if they were not made of notes.
      passed_over: A sentence for each file that cannot be used.
    """

    name: str
    pieces: tuple[np.ndarray, ...]
    counts: NoteCounts = NO_NOTES
    passed_over: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pieces)

    @property
    def keys(self) -> tuple[str, ...]:
        """The notes of each piece as text; equal pieces have equal keys."""
        return tuple(piece.tobytes().hex() for piece in self.pieces)

    @property
    def lengths(self) -> np.ndarray:
        """Frames T of each piece."""
        return np.array([len(piece) for piece in self.pieces], int)


# A damaged file may crash SciPy's reader, so it runs in a separate process, which returns the cells as plain arrays.
_READER = """
import sys, warnings
import numpy, scipy.io
warnings.simplefilter("ignore")
with open(sys.argv[1], "rb") as file:
    variables = scipy.io.loadmat(file, variable_names=sys.argv[2:])
cells = {}
for part in sys.argv[2:]:
    if part in variables and variables[part].dtype == object:
        for index, cell in enumerate(variables[part].ravel()):
            cells[f"{part} {index:09}"] = numpy.zeros(0) if cell.dtype.hasobject else cell
numpy.savez(sys.stdout.buffer, allow_pickle=False, **cells)
"""


def read_mat(path: Path | str) -> tuple[Rolls, Rolls, Rolls]:
    """Reads a file of Boulanger-Lewandowski et al. 2012, such as JSB_Chorales.mat.

    Such a file has three cell arrays, ``traindata``, ``validdata`` and ``testdata``, whose cells are rolls ``[T, 88]``
    of zeros and ones.

    Returns:
      The training, validation and test parts.

    Raises:
      InputError: For a file that does not exist, is not a MATLAB file, is damaged, or holds something else.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"there is no file {path}")
    done = subprocess.run([sys.executable, "-c", _READER, str(path), *MAT_PARTS], capture_output=True)
    if done.returncode:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["it cannot be read"])[-1][:200]
        raise InputError(f"{path} is not a MATLAB file of version 5, or is damaged ({reason}); download it again")
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as cells:
        training, validation, test = (
            rolls_from_cells([cells[name] for name in cells.files if name.startswith(part)], part, path)
            for part in MAT_PARTS
        )
    return training, validation, test


def rolls_from_cells(cells: Sequence[np.ndarray], part: str, path: Path) -> Rolls:
    """Checks the cells of the variable ``part`` of a ``.mat`` file, and returns them as rolls.

    Raises:
      InputError: If there are no cells, or one is not a piano roll.
    """
    if not cells:
        raise InputError(f"{path} has no cells {part!r}; it must have {', '.join(MAT_PARTS)}, cells of piano rolls")
    for number, roll in enumerate(cells, 1):
        if roll.ndim != 2 or roll.shape[1] != KEYS or len(roll) < 2:
            raise InputError(
                f"{path}: piece {number} of {part!r} has the shape {roll.shape}, "
                f"but must have at least two frames of {KEYS} keys"
            )
        if roll.dtype.kind not in "biuf" or not np.isin(roll, (0, 1)).all():
            raise InputError(f"{path}: piece {number} of {part!r} has values other than 0 and 1")
    return Rolls(f"{path}, {part}", tuple(roll.astype(np.uint8) for roll in cells))


def read_bach(frames_per_quarter: int) -> Rolls:
    """Reads Bach's chorales: the MusicXML files of Bach in the package music21 that have four voices.

    Repeats are not expanded, and duplicates are read once. Parsing takes music21 half a minute, so the notes are cached
    in the user's cache folder.

    Raises:
      InputError: If music21 is not installed.
    """
    if find_spec("music21") is None:
        raise InputError("Bach's chorales need the package 'music21'; install seqjax with its extra 'music'")
    version = importlib.metadata.version("music21")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seqjax" / f"bach-{version}.npy"
    try:
        table = np.load(cache, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        table = _bach_notes()
        with contextlib.suppress(OSError):  # If the cache cannot be written, music21 parses again the next time.
            cache.parent.mkdir(parents=True, exist_ok=True)
            temporary = cache.with_suffix(f".{os.getpid()}")
            with temporary.open("wb") as file:
                np.save(file, table, allow_pickle=False)
            temporary.replace(cache)
    pieces: dict[bytes, np.ndarray] = {}
    counts = NO_NOTES
    for number in np.unique(table[:, 0]):
        rows = table[table[:, 0] == number, 1:].tolist()
        notes = [Note(start, end, int(pitch)) for start, end, pitch in rows]
        roll = roll_from_notes(notes, frames_per_quarter)
        if roll.tobytes() not in pieces:
            counts = counts.plus(count_notes(notes, frames_per_quarter))
        pieces.setdefault(roll.tobytes(), roll)
    return Rolls("music21's chorales", tuple(pieces.values()), counts)


def _bach_notes() -> np.ndarray:
    """All notes ``[N, 4]``: number of the piece, start and end in quarter notes, and MIDI number."""
    from music21 import corpus

    files = [file for file in corpus.getComposer("bach") if file.suffix == ".mxl"]
    return np.array([(number, *note) for number, file in enumerate(files) for note in _four_voices(file)])


def _four_voices(file: Path) -> list[Note]:
    """The notes of a score with four voices; an empty list for any other score."""
    from music21 import converter

    # By default music21 would pickle the piece, and read the pickle the next time.
    score = converter.parse(file, forceSource=True, storePickle=False)
    if len(score.parts) != 4:
        return []
    return [
        Note(float(note.offset), float(note.offset + note.quarterLength), each.midi)
        for note in score.flatten().notes
        for each in note.pitches
    ]


def split_rolls(
    rolls: Rolls, sizes: Sequence[float | int], seed: int, record: Record | None = None
) -> tuple[Rolls, ...]:
    """Divides pieces randomly into parts, shares or numbers of pieces; equal pieces are in one part.

    With the record of an earlier split known pieces keep their part; see :func:`~seqjax.data.splits.random_split`.

    Raises:
      ValueError: For sizes that :func:`~seqjax.data.splits.random_split` refuses.
    """
    rows = random_split(rolls.keys, sizes, seed, record=record)
    return tuple(Rolls(rolls.name, tuple(rolls.pieces[row] for row in each)) for each in rows)


def transpose(roll: np.ndarray, semitones: int) -> np.ndarray:
    """A roll ``[T, 88]`` moved up by ``semitones``, or as far as the range of the piano allows."""
    used = np.flatnonzero(roll.any(axis=0))
    if len(used):
        semitones = int(np.clip(semitones, -used[0], KEYS - 1 - used[-1]))
    return np.roll(roll, semitones, axis=1)


def chord_roll(numbers: Iterable[int]) -> np.ndarray:
    """A roll of one frame in which the notes with these MIDI numbers sound, ``uint8 [1, 88]``."""
    roll = np.zeros((1, KEYS), np.uint8)
    roll[0, np.array([*numbers], int) - LOWEST] = 1
    return roll
