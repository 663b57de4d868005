"""Piano rolls, which key sounds when: from ``.mat`` files, folders of MIDI files, and Bach's chorales."""

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

from seqjax.data.music.midi import Note, read_midi, roll_of
from seqjax.data.music.pitches import KEYS, LOWEST
from seqjax.data.splits import random_split
from seqjax.errors import InputError

MAT_PARTS = ("traindata", "validdata", "testdata")
MIDI_ENDINGS = (".mid", ".midi")


@dataclass(frozen=True)
class Rolls:
    """Pieces of music.

    Attributes:
      name: What they were read from, for messages.
      pieces: Which of the 88 keys sounds at each frame, ``uint8 [T, 88]`` each, with two frames at least.
    """

    name: str
    pieces: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.pieces)

    @property
    def lengths(self) -> np.ndarray:
        """Frames of each piece."""
        return np.array([len(piece) for piece in self.pieces], int)


# Damage may crash SciPy's reader, so it runs in a process of its own, which hands its cells on as plain arrays.
_READER = """
import sys, warnings
import numpy, scipy.io
warnings.simplefilter("ignore")
with open(sys.argv[1], "rb") as file:
    found = scipy.io.loadmat(file, variable_names=sys.argv[2:])
cells = {}
for part in sys.argv[2:]:
    if part in found and found[part].dtype == object:
        for place, cell in enumerate(found[part].ravel()):
            cells[f"{part} {place:09}"] = numpy.zeros(0) if cell.dtype.hasobject else cell
numpy.savez(sys.stdout.buffer, allow_pickle=False, **cells)
"""


def read_mat(path: Path | str) -> tuple[Rolls, Rolls, Rolls]:
    """The training, validation and test parts of a file of Boulanger-Lewandowski et al. 2012, such as JSB_Chorales.mat.

    Such a file has a cell array for each part, whose cells are rolls ``[T, 88]`` of zeros and ones.

    Raises:
      InputError: For a file that is absent, no MATLAB file, damaged, or holds something else.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"there is no file {path}")
    done = subprocess.run([sys.executable, "-c", _READER, str(path), *MAT_PARTS], capture_output=True)
    if done.returncode:
        told = (done.stderr.decode(errors="replace").strip().splitlines() or ["it cannot be read"])[-1][:200]
        raise InputError(f"{path} is no MATLAB file of version 5, or damaged ({told}); fetch it again")
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as cells:
        training, valid, test = (
            rolls_of_cells([cells[name] for name in cells.files if name.startswith(part)], part, path)
            for part in MAT_PARTS
        )
    return training, valid, test


def rolls_of_cells(cells: Sequence[np.ndarray], part: str, path: Path) -> Rolls:
    """The pieces of the variable ``part`` of a .mat file, checked.

    Raises:
      InputError: If there are none, or one is no piano roll.
    """
    if not cells:
        raise InputError(f"{path} has no cells {part!r}; it has to hold {', '.join(MAT_PARTS)}, cells of piano rolls")
    for number, roll in enumerate(cells, 1):
        if roll.ndim != 2 or roll.shape[1] != KEYS or len(roll) < 2:
            raise InputError(
                f"{path}: piece {number} of {part!r} has the shape {roll.shape}, "
                f"but must have two frames or more of {KEYS} keys"
            )
        if roll.dtype.kind not in "biuf" or not np.isin(roll, (0, 1)).all():
            raise InputError(f"{path}: piece {number} of {part!r} holds something else than zeros and ones")
    return Rolls(f"{path}, {part}", tuple(roll.astype(np.uint8) for roll in cells))


def read_midi_folder(path: Path | str, frames_per_quarter: int) -> Rolls:
    """All MIDI files in a folder and the folders in it, by name; see :func:`~seqjax.data.music.midi.read_midi`.

    Raises:
      InputError: If there are none, or one is damaged or too short.
    """
    files = sorted(file for file in Path(path).rglob("*") if file.suffix.lower() in MIDI_ENDINGS and file.is_file())
    if not files:
        raise InputError(f"{path} holds no MIDI files; their names have to end in .mid or .midi")
    pieces = []
    for file in files:
        roll = read_midi(file, frames_per_quarter).roll
        if len(roll) < 2:
            raise InputError(f"{file} has one frame, but a piece needs two; remove it or raise data.frames_per_quarter")
        pieces.append(roll)
    return Rolls(str(path), tuple(pieces))


def read_bach(frames_per_quarter: int) -> Rolls:
    """Bach's chorales: the MusicXML files of Bach that the package music21 holds and that have four voices.

    Repeats are not played out, and a piece that is there twice is taken once. What music21 has parsed, which takes it
    half a minute, is kept in the user's cache folder.

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
        with contextlib.suppress(OSError):  # Without a cache it is parsed again the next time.
            cache.parent.mkdir(parents=True, exist_ok=True)
            beside = cache.with_suffix(f".{os.getpid()}")
            with beside.open("wb") as file:
                np.save(file, table, allow_pickle=False)
            beside.replace(cache)
    pieces: dict[bytes, np.ndarray] = {}
    for number in np.unique(table[:, 0]):
        roll = roll_of((Note(*row) for row in table[table[:, 0] == number, 1:]), frames_per_quarter)
        pieces.setdefault(roll.tobytes(), roll)
    return Rolls("music21's chorales", tuple(pieces.values()))


def _bach_notes() -> np.ndarray:
    """A row for each note: the number of its piece, where it starts and ends in quarter notes, and its pitch."""
    from music21 import corpus

    files = [file for file in corpus.getComposer("bach") if file.suffix == ".mxl"]
    return np.array([(number, *note) for number, file in enumerate(files) for note in _four_voices(file)])


def _four_voices(file: Path) -> list[Note]:
    """The notes of a score, if it has four voices; else none."""
    from music21 import converter

    # Without these options music21 would keep a pickle of the piece, and read that the next time.
    score = converter.parse(file, forceSource=True, storePickle=False)
    if len(score.parts) != 4:
        return []
    return [
        Note(float(note.offset), float(note.offset + note.quarterLength), each.midi)
        for note in score.flatten().notes
        for each in note.pitches
    ]


def split_rolls(rolls: Rolls, shares: tuple[float, ...], seed: int) -> tuple[Rolls, ...]:
    """Random parts of the pieces, sized about in the ratio of ``shares``; see :func:`~seqjax.data.splits.random_split`.

    Equal pieces are in one part.

    Raises:
      ValueError: If a share is not positive.
    """
    keys = [piece.tobytes().hex() for piece in rolls.pieces]
    return tuple(
        Rolls(rolls.name, tuple(rolls.pieces[row] for row in rows)) for rows in random_split(keys, shares, seed)
    )


def transposed(roll: np.ndarray, semitones: int) -> np.ndarray:
    """The roll ``[T, 88]`` so many semitones higher, or as far as the piano's keys go."""
    used = np.flatnonzero(roll.any(axis=0))
    if len(used):
        semitones = int(np.clip(semitones, -used[0], KEYS - 1 - used[-1]))
    return np.roll(roll, semitones, axis=1)


def chord_roll(numbers: Iterable[int]) -> np.ndarray:
    """One frame in which the notes with these numbers sound, ``uint8 [1, 88]``."""
    roll = np.zeros((1, KEYS), np.uint8)
    roll[0, np.array([*numbers], int) - LOWEST] = 1
    return roll


def padded_rolls(pieces: list[np.ndarray], frames: int) -> np.ndarray:
    """Pieces of at most ``frames`` frames as one array, ``uint8 [B, frames, 88]``, silence behind each."""
    array = np.zeros((len(pieces), frames, KEYS), np.uint8)
    for row, piece in enumerate(pieces):
        array[row, : len(piece)] = piece
    return array
