"""Data of the music task: piano rolls from files, music21 or a generator."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.run.arguments import at_least, counts_within, path_given, recorded_parts, shares_or_counts
from experiments.run.fingerprint import Sources, files_at
from seqjax.data.music.piano_rolls import MIDI_ENDINGS, Rolls, read_bach, read_mat, read_midi_folder, split_rolls
from seqjax.data.splits import Record, split_record
from seqjax.data.synthetic import progressions
from seqjax.errors import InputError

PARTS = ("training", "validation", "test")
GENERATED = 60  # pieces of data.path "generated"


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/music/bach.py explains them."""

    path: str
    frames_per_quarter: int
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
        return Sources(files_at(self.path, endings=MIDI_ENDINGS))

    def read(self, record: Record | None = None) -> tuple[Rolls, ...]:
        """The training, validation and test parts.

        With ``record``, the result of :meth:`split_record` for an earlier run, known pieces keep their part.

        Raises:
          InputError: If the data cannot be read, or a part has no pieces.
        """
        if self.path.endswith(".mat"):
            return read_mat(self.path)
        rolls = self._rolls()
        if record is None:
            counts_within("data.split", self.split, len(rolls), f"pieces of {rolls.name}")
        parts = split_rolls(rolls, self.split, self.split_seed, record)
        if record is not None:
            recorded_parts(parts, PARTS, rolls.name)
        for name, part in zip(PARTS, parts, strict=True):
            if not len(part):
                raise InputError(
                    f"{rolls.name}: none of the {len(rolls)} pieces is in the {name} part; "
                    "give more pieces, or change data.split or data.split_seed"
                )
        return parts

    def split_record(self, parts: Sequence[Rolls]) -> list[list[str]] | None:
        """Records the parts that :meth:`read` divided, as JSON values; None for the parts of a .mat file."""
        return None if self.path.endswith(".mat") else split_record([part.keys for part in parts])

    def _rolls(self) -> Rolls:
        path = Path(path_given("data.path", self.path, "a .mat file or a folder of MIDI files"))
        if self.path == "generated":
            return progressions(GENERATED)
        if self.path == "bach":
            return read_bach(self.frames_per_quarter)
        if path.is_dir():
            return read_midi_folder(path, self.frames_per_quarter)
        fault = "is neither a .mat file nor a folder of MIDI files" if path.exists() else "does not exist"
        raise InputError(
            f"data.path {self.path} {fault}; name a .mat file or a folder of MIDI files ({', '.join(MIDI_ENDINGS)})"
        )
