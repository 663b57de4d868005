"""Data of the summarisation task: texts with their summaries, their division into parts, and batches."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from experiments.run.arguments import at_least, counts_within, path_given, rising, shares_or_counts
from experiments.run.fingerprint import Sources, files_at
from experiments.run.parts import PARTS, require_examples
from seqjax.data.batching import padded
from seqjax.data.splits import Record, random_split, split_record
from seqjax.data.text.copying import CopyText
from seqjax.data.text.summaries import Summaries, distributions_of, docstring_summaries, read_summaries
from seqjax.data.text.words import one_line
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.predictors.summarization import Summarizer
from seqjax.tokens import BOS, EOS

DOCSTRINGS = "docstrings"


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/summarization/docstrings.py explains them."""

    path: str
    train_packages: tuple[str, ...]
    valid_packages: tuple[str, ...]
    test_packages: tuple[str, ...]
    source_column: str
    target_column: str
    references_column: str
    part_column: str
    split: tuple[float, ...]
    split_seed: int
    lowercase: bool
    vocabulary_size: int
    min_count: int
    bucket_sizes: tuple[int, ...]
    longest_target: int
    batch_size: int

    def __post_init__(self) -> None:
        path_given("data.path", self.path, "a table of texts and summaries")
        sizes = ("min_count", "longest_target", "batch_size")
        at_least(1, "data", **{name: getattr(self, name) for name in sizes})
        at_least(5, "data", vocabulary_size=self.vocabulary_size)
        shares_or_counts("data.split", self.split)
        rising("data.bucket_sizes", self.bucket_sizes)
        for key in ("source_column", "target_column"):
            if not getattr(self, key).strip():
                raise InputError(f"config key 'data.{key}' is empty; give the name of a column")
        packages = [*self.train_packages, *self.valid_packages, *self.test_packages]
        if self.is_docstrings and not (self.train_packages and self.valid_packages and self.test_packages):
            raise InputError("name at least one package in data.train_packages, valid_packages and test_packages each")
        twice = sorted({name for name in packages if packages.count(name) > 1})
        if twice:
            raise InputError(f"the package {twice[0]!r} is named twice; it must be in one part")

    @property
    def is_docstrings(self) -> bool:
        """True if the texts are docstrings, False if they are in a file."""
        return self.path == DOCSTRINGS

    @property
    def sources(self) -> Sources:
        """The file of the texts, or the distributions whose docstrings they are."""
        if not self.is_docstrings:
            return Sources(files_at(self.path))
        return Sources((), distributions_of((*self.train_packages, *self.valid_packages, *self.test_packages)))

    def read(self, record: Record | None = None) -> tuple[Summaries, Summaries, Summaries]:
        """Reads the training, validation and test part. A text of one part is in no other.

        With ``record``, the result of :meth:`split_record` for an earlier run, known texts keep their part.
        """
        if self.is_docstrings:
            named = (self.train_packages, self.valid_packages, self.test_packages)
            return self._apart([docstring_summaries(packages).distinct() for packages in named])
        everything, place = read_summaries(
            self.path,
            source_column=self.source_column,
            target_column=self.target_column,
            references_column=self.references_column,
            part_column=self.part_column,
        )
        rows = np.array([row for row in range(len(everything)) if _is_complete(everything, row)], int)
        _remark(len(everything) - len(rows), f"rows of {self.path} have an empty text or summary: not used")
        texts = everything.take(rows)
        if place is not None:
            return self._apart([texts.take(np.flatnonzero(place[rows] == part)) for part in range(3)])
        if record is None:
            counts_within("data.split", self.split, len(texts), f"texts of {self.path}")
        divided = random_split(texts.groups, self.split, self.split_seed, record=record)
        training, valid, test = (texts.take(each) for each in divided)
        require_examples((training, valid, test), self.path, "texts", recorded=record is not None)
        return training, valid, test

    def split_record(self, parts: Sequence[Summaries]) -> list[list[str]]:
        """Records a random division of the texts, as JSON values; nothing where packages or a column divide them."""
        is_given = self.is_docstrings or self.part_column
        return [] if is_given else split_record([part.groups for part in parts])

    def learn(self, training: Summaries) -> dict[str, Any]:
        """Learns the vocabulary of the training part's texts and summaries, as JSON values."""
        texts = [one_line(text) for text in training.sources] + [those[0] for those in training.references]
        vocabulary = Vocabulary.learn(
            texts,
            kind="word",
            normalization="NFC",
            spacing=True,
            lowercase=self.lowercase,
            size=self.vocabulary_size,
            min_count=self.min_count,
        )
        return {"vocabulary": vocabulary.to_json()}

    def _apart(self, parts: Sequence[Summaries]) -> tuple[Summaries, Summaries, Summaries]:
        """The parts, of which training has no text of the others, and validation none of the test."""
        training, valid, test = parts
        kept = training.without(valid, test), valid.without(test), test
        for name, before, after in zip(PARTS, parts, kept, strict=True):
            _remark(len(before) - len(after), f"{name} texts are in another part too: not used")
        require_examples(kept, self.path, "texts", recorded=False, advice="give more, or divide them otherwise")
        return kept


def _is_complete(texts: Summaries, row: int) -> bool:
    return bool(texts.sources[row].strip() and texts.references[row][0].strip())


def _remark(count: int, text: str) -> None:
    if count:
        print(f"{count} {text}", file=sys.stderr)


class SummaryBatch(NamedTuple):
    """Encoded texts padded to one length S, with their summaries.

    Attributes:
      source: Token ids ``int32 [B, S]``, or a :class:`~seqjax.models.encoder.CopySource`; a row that only fills the
        batch is all PAD.
      tgt: Token ids of the summaries between BOS and EOS, ``int32 [B, T + 2]``.
    """

    source: Any
    tgt: np.ndarray


class EncodedSummaries:
    """The N texts of a part whose summary is not too long to be learned; long texts are cut.

    Args:
      part: The part.
      summarizer: The model with its vocabulary.
      longest_target: Most tokens of a summary.
      name: Name of the part, for messages.

    Attributes:
      targets: Ids of each summary between BOS and EOS; those above the vocabulary stand for words of its text.
      lengths: Number of tokens of each text after the cut, ``[N]``.
      cut: Number of texts that are cut.
      dropped: Number of summaries that are too long.

    Raises:
      InputError: If no summary is short enough.
    """

    def __init__(self, part: Summaries, summarizer: Summarizer, longest_target: int, name: str) -> None:
        texts = summarizer.encode_sources(part.sources)
        firsts = [those[0] for those in part.references]
        ids = [summarizer.encode_target(target, text) for target, text in zip(firsts, texts, strict=True)]
        rows = [row for row, each in enumerate(ids) if len(each) <= longest_target]
        if not rows:
            raise InputError(f"no summary of the {name} part has {longest_target} tokens or fewer")
        self._summarizer, self._longest = summarizer, longest_target
        self._texts = [texts[row] for row in rows]
        self.targets = [np.array([BOS, *ids[row], EOS], np.int32) for row in rows]
        self.lengths = np.array([len(text.ids) for text in self._texts])
        largest = summarizer.bucket_sizes[-1]
        self.cut = sum(text.total > largest for text in texts)
        self.dropped = len(ids) - len(rows)
        _remark(self.dropped, f"{name} summaries have more than {longest_target} tokens: not in the loss")

    def batch(self, rows: np.ndarray, size: int, batch_size: int) -> SummaryBatch:
        """The texts at the indices ``rows`` as a batch of ``batch_size`` rows of ``size`` tokens."""
        none = np.zeros(0, np.int32)
        missing = batch_size - len(rows)
        texts = [self._texts[row] for row in rows] + [CopyText(none, none, (), 0)] * missing
        targets = [self.targets[row] for row in rows] + [none] * missing
        return SummaryBatch(self._summarizer.batch(texts, size), padded(targets, self._longest + 2))
