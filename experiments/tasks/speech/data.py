"""Data of the speech task: transcribed recordings, their parts, and what is learned from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments.run.arguments import (
    at_least,
    choice,
    counts_within,
    path_given,
    probability,
    rising,
    shares_or_counts,
)
from experiments.run.fingerprint import Sources, files_at
from experiments.run.parts import PARTS, require_examples
from seqjax.data.audio.features import KINDS, Features
from seqjax.data.audio.files import ENDINGS, as_float
from seqjax.data.audio.folders import (
    DIGIT_NAME,
    OFFICIAL_TEST,
    TABLES,
    digit_index,
    read_digits,
    read_sphinx,
    read_table,
    word_list,
)
from seqjax.data.audio.recordings import Recordings, join_words, split_by_speaker
from seqjax.data.audio.synthesis import PACKAGE, spoken
from seqjax.data.audio.tones import tones
from seqjax.data.splits import Record, split_record
from seqjax.data.vocabulary import Vocabulary, normalise
from seqjax.errors import InputError

GENERATED = ("espeak", "generated")
LARGEST_VOCABULARY = 1000  # letters
NORMALIZATION = "plain"
HIGHEST_RATE = 192_000  # samples per second


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/speech/digits.py explains them."""

    path: str
    strict: bool
    utterances: int
    split: tuple[float, ...]
    split_seed: int
    held_out: str
    strings: int
    longest_string: int
    rate: int
    features: str
    num_features: int
    normalisation: str
    speeds: tuple[int, ...]
    noise: float
    noise_decibels: tuple[float, float]
    time_masks: tuple[int, int]
    feature_masks: tuple[int, int]
    bucket_sizes: tuple[int, ...]
    batch_size: int

    def __post_init__(self) -> None:
        choice("data.features", self.features, KINDS)
        choice("data.normalisation", self.normalisation, ("recording", "training"))
        at_least(1, "data", utterances=self.utterances, num_features=self.num_features, batch_size=self.batch_size)
        at_least(0, "data", strings=self.strings)
        at_least(1, "data", longest_string=self.longest_string)
        at_least(8000, "data", rate=self.rate)
        if self.rate > HIGHEST_RATE:
            raise InputError(f"config key 'data.rate' is {self.rate}, but must be at most {HIGHEST_RATE}")
        probability("data.noise", self.noise)
        shares_or_counts("data.split", self.split)
        rising("data.bucket_sizes", self.bucket_sizes)
        if not self.speeds or not all(50 <= speed <= 200 for speed in self.speeds):
            raise InputError(
                f"config key 'data.speeds' is {self.speeds}, but must be percentages from 50 to 200, "
                "such as (90,100,110)"
            )
        for name, value in (("time_masks", self.time_masks), ("feature_masks", self.feature_masks)):
            if len(value) != 2 or min(value) < 0:
                raise InputError(
                    f"config key 'data.{name}' is {value}, but must be a number of masks and their largest size, "
                    "such as (2,20)"
                )
        if self.feature_masks[1] > self.num_features:
            raise InputError(
                f"config key 'data.feature_masks' is {self.feature_masks}, but there are {self.num_features} features"
            )
        if len(self.noise_decibels) != 2 or self.noise_decibels[0] > self.noise_decibels[1]:
            raise InputError(
                f"config key 'data.noise_decibels' is {self.noise_decibels}, but must be two rising numbers, "
                "such as (0,30)"
            )

    @property
    def sources(self) -> Sources:
        """The files of the recordings, or the package that speaks."""
        if self.path in GENERATED:
            return Sources(packages=(PACKAGE,) if self.path == "espeak" else ())
        return Sources(files_at(self.path, endings=(*ENDINGS, *TABLES, ".mfc", ".fileids", ".transcription", ".lm")))

    @property
    def extractor(self) -> Features:
        """The features of samples."""
        return Features(self.features, self.num_features, self.rate)

    def read(self, record: Record | None = None) -> tuple[Recordings, ...]:
        """The training, validation and test parts, their texts lower-cased.

        With ``record``, the result of :meth:`split_record` for an earlier run, known speakers keep their part.

        Raises:
          InputError: If the data cannot be read, or a part has no recordings.
        """
        path = path_given("data.path", self.path, "a folder of recordings")
        if path == "espeak":
            counts = (self.utterances, max(self.utterances // 10, 1), max(self.utterances // 10, 1))
            parts: Sequence[Recordings] = [
                spoken(part, count, self.rate, self.split_seed) for part, count in zip(PARTS, counts, strict=True)
            ]
        elif path == "generated":
            counts = (self.utterances, max(self.utterances // 5, 1), max(self.utterances // 5, 1))
            seeds = np.random.SeedSequence(self.split_seed).generate_state(3)
            parts = [tones(count, self.rate, int(seed)) for count, seed in zip(counts, seeds, strict=True)]
        else:
            parts = self._read_folder(Path(path).expanduser(), record)
        texts = [tuple(" ".join(normalise(text, NORMALIZATION, True).split()) for text in part.texts) for part in parts]
        named = [replace(part, texts=those) for part, those in zip(parts, texts, strict=True)]
        require_examples(named, self.path, "recordings", recorded=record is not None)
        return tuple(named)

    def split_record(self, parts: Sequence[Recordings]) -> list[list[str]] | None:
        """Records the parts that :meth:`read` divided randomly, as JSON values; None if there are none."""
        folder = Path(self.path).expanduser()
        if self.path in GENERATED or not (_has_table(folder) or _is_sphinx(folder)):
            return None
        return split_record([part.speakers for part in (parts if _has_table(folder) else parts[:2])])

    def learn(self, training: Recordings) -> dict[str, Any]:
        """The vocabulary, the texts and words for a language model and, if needed, the features' statistics."""
        letters = Vocabulary.learn(
            training.texts,
            kind="character",
            normalization=NORMALIZATION,
            lowercase=True,
            size=LARGEST_VOCABULARY,
            min_count=1,
        )
        words = sorted({word for text in training.texts for word in text.split()})
        folder = Path(self.path).expanduser()
        if self.path not in GENERATED and _is_sphinx(folder):
            words = sorted({word.lower() for word in word_list(folder)})
        known = set(letters.tokens)
        learned: dict[str, Any] = {
            "vocabulary": letters.to_json(),
            "words": [word for word in words if known.issuperset(word)],
            "texts": sorted(training.texts),
        }
        learned["reads_frames"] = training.sounds[0].ndim == 2
        if self.normalisation == "training":
            frames = np.concatenate([self.frames(sound) for sound in training.sounds])
            learned["statistics"] = [frames.mean(axis=0).tolist(), frames.std(axis=0).tolist()]
        return learned

    def frames(self, sound: np.ndarray) -> np.ndarray:
        """The features ``[T, D]`` of samples, or the frames that a recording is."""
        return self.extractor(as_float(sound)) if sound.ndim == 1 else sound

    def _read_folder(self, folder: Path, record: Record | None) -> Sequence[Recordings]:
        if not folder.is_dir():
            raise InputError(f"data.path {self.path} is no folder; name a folder of recordings")
        if _has_table(folder):
            return self._divide(read_table(folder, self.rate, strict=self.strict), self.split, record)
        if _is_sphinx(folder):
            known, test = (
                read_sphinx(folder, part, self.num_features, strict=self.strict) for part in ("train", "test")
            )
            return *self._divide(known, self.split[:2], record), test
        if any(DIGIT_NAME.fullmatch(path.name) for path in folder.iterdir()):
            return self._divide_digits(read_digits(folder, self.rate, strict=self.strict))
        raise InputError(
            f"data.path {self.path} has neither a table {' or '.join(TABLES)}, nor a folder etc, nor files such as "
            "7_jackson_32.wav; name a folder of recordings"
        )

    def _divide(self, recordings: Recordings, sizes: Sequence[float], record: Record | None) -> tuple[Recordings, ...]:
        """Random parts of these sizes; a speaker is in one."""
        if record is None:
            counts_within("data.split", sizes, len(recordings), f"recordings of {recordings.name}")
        parts = split_by_speaker(recordings, sizes, self.split_seed, record)
        require_examples(parts, recordings.name, "recordings", recorded=record is not None)
        return parts

    def _divide_digits(self, recordings: Recordings) -> Sequence[Recordings]:
        """The official test part of FSDD, or a speaker held out; as many others for validation.

        Strings of digits are added to the training part, and to the others.
        """
        if self.held_out and self.held_out not in recordings.speakers:
            speakers = ", ".join(map(repr, sorted(set(recordings.speakers))))
            raise InputError(f"config key 'data.held_out' is {self.held_out!r}, but the speakers are {speakers}")
        index = np.array([digit_index(name) for name in recordings.names])
        is_held_out = np.array([speaker == self.held_out for speaker in recordings.speakers])
        test = is_held_out if self.held_out else index < OFFICIAL_TEST
        valid = ~test & (index >= OFFICIAL_TEST) & (index < 2 * OFFICIAL_TEST)
        parts = [recordings.take(np.flatnonzero(rows)) for rows in (~test & ~valid, valid, test)]
        if not self.strings:
            return parts
        rng = np.random.default_rng(self.split_seed)
        counts = (self.strings, max(self.strings // 10, 1), max(self.strings // 10, 1))
        return [
            combined(part, join_words(part, count, self.longest_string, self.rate, rng))
            for part, count in zip(parts, counts, strict=True)
        ]


def _has_table(folder: Path) -> bool:
    return any((folder / name).exists() for name in TABLES)


def _is_sphinx(folder: Path) -> bool:
    return (folder / "etc").is_dir()


def combined(first: Recordings, second: Recordings) -> Recordings:
    """The recordings of both."""
    return Recordings(
        first.name,
        first.names + second.names,
        first.sounds + second.sounds,
        first.texts + second.texts,
        first.speakers + second.speakers,
    )
