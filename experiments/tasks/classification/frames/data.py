"""Data of the classification of frames: labelled sequences and their division into parts."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from experiments.run.arguments import (
    at_least,
    choice,
    counts_within,
    path_given,
    rising,
    shares_or_counts,
)
from experiments.run.fingerprint import Sources, files_at
from experiments.run.parts import require_examples
from seqjax.data.audio.features import Features
from seqjax.data.audio.files import ENDINGS
from seqjax.data.audio.folders import TABLES
from seqjax.data.audio.labelled import LABELS, generated_sounds, read_labelled_sounds
from seqjax.data.labelled_frames import (
    FrameColumns,
    LabelledFrames,
    digit_rows,
    parse_frames,
    read_frames,
    split_frames,
)
from seqjax.data.pictures import emoji as emoji_pictures
from seqjax.data.pictures import files as picture_files
from seqjax.data.pictures import folders as picture_folders
from seqjax.data.pictures import labelled as pictures
from seqjax.data.pictures.captioned import Captioned
from seqjax.data.splits import Record, split_record
from seqjax.data.synthetic import movements
from seqjax.errors import InputError
from seqjax.predictors.classification import TRUNCATIONS
from seqjax.predictors.frame_classification import FrameInputs

KINDS = ("table", "sounds", "clips")
RECORDINGS = 1200  # that are generated
CLIPS = {"moving_emoji": 4000, "moving_shapes": 300}


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/classification/series.py explains them."""

    inputs: str
    kind: str
    path: str
    test_path: str
    id_column: str
    time_column: str
    value_columns: tuple[str, ...]
    label_column: str
    rate: int
    num_features: int
    size: int
    strict: bool
    split: tuple[float, ...]
    split_seed: int
    bucket_sizes: tuple[int, ...]
    truncation: str
    batch_size: int

    def __post_init__(self) -> None:
        choice("data.kind", self.kind, KINDS)
        choice("data.truncation", self.truncation, TRUNCATIONS)
        at_least(1, "data", batch_size=self.batch_size, num_features=self.num_features)
        at_least(8000, "data", rate=self.rate)
        at_least(8, "data", size=self.size)
        if self.size > 64:
            raise InputError(f"config key 'data.size' is {self.size}: too many values a frame; give at most 64")
        if self.kind == "sounds":
            choice("data.label_column", self.label_column, LABELS)
        if self.kind == "clips":
            choice("data.label_column", self.label_column, pictures.LABELS)
            if max((0, *self.bucket_sizes)) < 4 and self.path in pictures.MOVING:
                raise InputError(f"config key 'data.bucket_sizes' is {self.bucket_sizes}, but clips need 4 frames")
        shares_or_counts("data.split", self.split)
        rising("data.bucket_sizes", self.bucket_sizes)
        named = [name for name in (self.id_column, self.time_column, self.label_column, *self.value_columns) if name]
        if twice := [name for name in named if named.count(name) > 1]:
            raise InputError(f"the keys of config.data name the column {twice[0]!r} twice; give each its own")

    @property
    def sources(self) -> Sources:
        """The files of the sequences, and the package that brings or generates them."""
        named = (self.path, self.test_path)
        paths = [path for path in named if path not in ("digits", "generated", *pictures.MOVING)]
        endings = {
            "table": (),
            "sounds": (*ENDINGS, *TABLES),
            "clips": (*picture_files.ENDINGS, *picture_folders.TABLES),
        }[self.kind]
        packages = emoji_pictures.PACKAGES if "moving_emoji" in named else ()
        return Sources(files_at(*paths, endings=endings), ("scikit-learn",) if "digits" in named else packages)

    @property
    def features(self) -> Features:
        """From samples of sound to frames."""
        return Features("log_mel", self.num_features, self.rate)

    def read(self, record: Record | None = None) -> tuple[LabelledFrames, LabelledFrames, LabelledFrames]:
        """Reads the training, validation and test parts. A sequence of one part is in no other.

        With ``record``, the result of :meth:`split_record` for an earlier run, known sequences keep their part.

        Raises:
          InputError: If the data cannot be read, the labels are no classes, or a part has no sequences.
        """
        rest, test = self._read(path_given("data.path", self.path, "a table or a folder of recordings or clips"))
        rest.require_shared_labels()
        given = []
        if self.test_path:
            test, _ = self._read(self.test_path)
        if test is not None:
            if test.columns != rest.columns:
                raise InputError(f"{test.name} has other columns of values than {rest.name}; set data.value_columns")
            left = rest.without(test)
            if not len(left):
                raise InputError(f"all {len(rest):,} sequences of {rest.name} are in {test.name}; name another file")
            if removed := len(rest) - len(left):
                print(f"{removed:,} sequences of {rest.name} are in {test.name} too: not used", file=sys.stderr)
            rest, given = left, [test]
        sizes = self.split[: 3 - len(given)]
        if record is None:
            counts_within("data.split", sizes, len(rest), f"sequences of {rest.name}")
        parts = (*split_frames(rest, sizes, self.split_seed, record), *given)
        require_examples(parts, rest.name, "sequences", recorded=record is not None)
        training, validation, test = parts
        return training, validation, test

    def split_record(self, parts: tuple[LabelledFrames, ...]) -> list[list[str]]:
        """Records the parts, as JSON values."""
        return split_record([part.contents() for part in parts])

    def learn(self, training: LabelledFrames) -> dict[str, Any]:
        """Learns classes, columns, means and standard deviations of the training part, as JSON values."""
        inputs = FrameInputs.fit(training.frames)
        return {"classes": list(training.classes()), "columns": list(training.columns), "inputs": inputs.to_json()}

    def parse(self, text: StringIO, name: str, values: Sequence[str]) -> LabelledFrames:
        """Sequences of a table that may lack the labels, with the columns ``values`` of the training part."""
        return parse_frames(text, name, FrameColumns(self.id_column, self.time_column, "", tuple(values)))

    def _read(self, path: str) -> tuple[LabelledFrames, LabelledFrames | None]:
        """The sequences at a path and, if they have one, their official test part."""
        if self.kind == "sounds":
            if path == "generated":
                return generated_sounds(RECORDINGS // 4, self.label_column, self.features), None
            return read_labelled_sounds(path, self.label_column, self.features, strict=self.strict)
        if self.kind == "clips":
            return pictures.labelled_clips(self._clips(path), self.label_column), None
        if path == "digits":
            return digit_rows(), None
        if path == "generated":
            return movements(RECORDINGS), None
        for key in ("id_column", "label_column"):
            if not getattr(self, key):
                raise InputError(f"config key 'data.{key}' is empty; name a column of {Path(path).name}")
        columns = FrameColumns(self.id_column, self.time_column, self.label_column, self.value_columns)
        return read_frames(path, columns), None

    def _clips(self, path: str) -> Captioned:
        """The clips at a path; of a folder, files that cannot be read are passed over unless ``strict``."""
        frames = self.bucket_sizes[-1]
        if path in pictures.MOVING:
            return pictures.generated_clips(path, CLIPS[path], self.size, frames)
        clips = picture_folders.read_captioned(path, self.size, frames, strict=self.strict)
        if clips.skipped:
            count = len(clips.skipped)
            print(
                f"{count:,} files of {clips.name} cannot be read and are not used: {clips.skipped[0]}", file=sys.stderr
            )
        return clips
