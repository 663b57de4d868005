"""Data of the music task: piano rolls from files, music21 or a generator."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.run.arguments import at_least, counts_within, path_given, shares_or_counts
from experiments.run.fingerprint import Sources, files_at
from experiments.run.parts import PARTS, require_examples
from seqjax.data.music.midi_folder import MIDI_ENDINGS, midi_files, read_midi_folder
from seqjax.data.music.piano_rolls import Rolls, read_bach, read_mat, split_rolls
from seqjax.data.splits import Record, split_record
from seqjax.data.synthetic import progressions
from seqjax.errors import InputError

GENERATED = 60  # pieces of data.path "generated"
KIND = f"a .mat file or a folder of MIDI files ({', '.join(MIDI_ENDINGS)})"
ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
NAMED = 10  # files passed over that are named


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/music/bach.py explains them."""

    path: str
    frames_per_quarter: int
    strict: bool
    split: tuple[float, ...]
    split_seed: int
    transpose: tuple[int, int]
    num_buckets: int
    batch_size: int

    def __post_init__(self) -> None:
        positive = ("frames_per_quarter", "num_buckets", "batch_size")
        at_least(1, "data", **{name: getattr(self, name) for name in positive})
        if self.frames_per_quarter > 48:
            raise InputError(
                f"config key 'data.frames_per_quarter' is {self.frames_per_quarter}, but must be at most 48"
            )
        shares_or_counts("data.split", self.split)
        if len(self.transpose) != 2 or not -87 <= self.transpose[0] <= 0 <= self.transpose[1] <= 87:
            raise InputError(
                f"config key 'data.transpose' is {self.transpose}, but must be two numbers of semitones, such as (-5,6)"
            )

    @property
    def sources(self) -> Sources:
        """The files of the pieces, or the package that brings them."""
        packages = {"bach": ("music21",), "generated": ()}
        if self.path in packages:
            return Sources(packages=packages[self.path])
        path = Path(self.path).expanduser()
        return Sources(midi_files(path) if self.path and path.is_dir() else files_at(self.path))

    def read(self, record: Record | None = None) -> tuple[Rolls, ...]:
        """The training, validation and test parts; see :meth:`read_and_describe`."""
        return self.read_and_describe(record)[0]

    def read_and_describe(self, record: Record | None = None) -> tuple[tuple[Rolls, ...], list[str]]:
        """The training, validation and test parts, and their :func:`summary`.

        With ``record``, the result of :meth:`split_record` for an earlier run, known pieces keep their part.

        Raises:
          InputError: If the data cannot be read, or a part has no pieces.
        """
        path = Path(path_given("data.path", self.path, KIND)).expanduser()
        if path.suffix.lower() == ".mat":
            parts: tuple[Rolls, ...] = read_mat(path)
            return parts, summary(Rolls(self.path, ()), parts, self.frames_per_quarter)
        rolls = self._rolls(path)
        if record is None:
            counts_within("data.split", self.split, len(rolls), f"pieces of {rolls.name}")
        parts = split_rolls(rolls, self.split, self.split_seed, record)
        require_examples(parts, rolls.name, "pieces", recorded=record is not None)
        return parts, summary(rolls, parts, self.frames_per_quarter)

    def split_record(self, parts: Sequence[Rolls]) -> list[list[str]] | None:
        """Records the parts that :meth:`read` divided, as JSON values; None for the parts of a .mat file."""
        return None if self.path.lower().endswith(".mat") else split_record([part.keys for part in parts])

    def _rolls(self, path: Path) -> Rolls:
        if self.path == "generated":
            return progressions(GENERATED)
        if self.path == "bach":
            return read_bach(self.frames_per_quarter)
        if path.is_dir():
            return read_midi_folder(path, self.frames_per_quarter, strict=self.strict)
        if not path.exists():
            fault = f"does not exist; name {KIND}"
        elif path.name.lower().endswith(ARCHIVES):
            fault = "is an archive; unpack it, and name the folder with its MIDI files"
        elif path.suffix.lower() in MIDI_ENDINGS:
            fault = "is a single piece; name a folder of MIDI files"
        else:
            fault = f"is neither a .mat file nor a folder of MIDI files; name {KIND}"
        raise InputError(f"data.path {self.path} {fault}")


def summary(rolls: Rolls, parts: Sequence[Rolls], frames_per_quarter: int) -> list[str]:
    """Describes what was read, a line for each fact.

    Args:
      rolls: All pieces, with the counts of their notes and the files that were passed over.
      parts: The training, validation and test parts.
      frames_per_quarter: Frames per quarter note.
    """
    sizes = (
        f"{len(part):,} pieces ({part.lengths.sum():,} frames) for {name}"
        for name, part in zip(PARTS, parts, strict=True)
    )
    lines = [f"{rolls.name}: {', '.join(sizes)}"]
    notes, outside, between = rolls.counts
    if between:
        lines.append(
            f"{between:,} of {notes:,} notes lie between frames and are not heard "
            f"at data.frames_per_quarter={frames_per_quarter}"
        )
    if outside:
        lines.append(f"{outside:,} of {notes:,} notes are outside the range of a piano and left out")
    if rolls.passed_over:
        count = len(rolls.passed_over)
        lines.append(f"{count:,} of {len(rolls) + count:,} files are passed over (data.strict=True refuses them):")
        lines += [f"  {fault}" for fault in rolls.passed_over[:NAMED]]
        if count > NAMED:
            lines.append(f"  and {count - NAMED:,} more")
    return lines
