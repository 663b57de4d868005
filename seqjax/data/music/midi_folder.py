"""Folders of MIDI files as piano rolls."""

from pathlib import Path

from seqjax.data.files import is_hidden
from seqjax.data.music.midi import Piece, read_midi
from seqjax.data.music.notes import NO_NOTES
from seqjax.data.music.piano_rolls import Rolls
from seqjax.errors import InputError

MIDI_ENDINGS = (".mid", ".midi", ".kar")  # in small letters; capitals are read too
NAMED = 3  # files that an error names


def midi_files(path: Path | str) -> tuple[Path, ...]:
    """The MIDI files in a folder and its subfolders, sorted by path; hidden files and folders are left out."""
    folder = Path(path)
    files = (file for file in folder.rglob("*") if file.suffix.lower() in MIDI_ENDINGS and file.is_file())
    return tuple(sorted(file for file in files if not is_hidden(file.relative_to(folder))))


def read_midi_folder(path: Path | str, frames_per_quarter: int, *, strict: bool = False) -> Rolls:
    """Reads the files of :func:`midi_files`; see :func:`~seqjax.data.music.midi.read_midi`.

    Args:
      path: The folder.
      frames_per_quarter: Frames per quarter note, at least 1.
      strict: True to refuse a file that cannot be used; otherwise it is passed over and named in the result.

    Raises:
      InputError: If there are no MIDI files, none can be used, or ``strict`` refuses one.
    """
    files = midi_files(path)
    if not files:
        raise InputError(f"{path} has no MIDI files; their names must end in {', '.join(MIDI_ENDINGS)}")
    rolls, counts, faults = [], NO_NOTES, list[str]()
    for file in files:
        try:
            piece = _read(file, frames_per_quarter)
        except InputError as error:
            if strict:
                raise InputError(f"{error}; data.strict=False passes over such files") from None
            faults.append(str(error))
            continue
        rolls.append(piece.roll)
        counts = counts.plus(piece.counts)
    if not rolls:
        more = f"; and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
        raise InputError(f"{path} has no MIDI file that can be used: {'; '.join(faults[:NAMED])}{more}")
    return Rolls(str(path), tuple(rolls), counts, tuple(faults))


def _read(file: Path, frames_per_quarter: int) -> Piece:
    piece = read_midi(file, frames_per_quarter)
    if len(piece.roll) < 2:
        raise InputError(f"{file} has one frame, but a piece needs two; remove it or raise data.frames_per_quarter")
    return piece
