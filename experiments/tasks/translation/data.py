"""The pairs of the translation task: where they come from, and how they are divided."""

import importlib.util
import sys
from dataclasses import dataclass

from experiments.run.arguments import at_least, choice
from seqjax.data.text.pairs import Pairs, read_aligned, read_cmudict, read_tabbed, split_pairs
from seqjax.data.vocabulary import KINDS, Vocabulary
from seqjax.errors import InputError

PARTS = ("training", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/translation/dates.py says what they mean."""

    path: str
    pairs: int
    languages: tuple[str, ...]
    stress: bool
    source_column: int
    target_column: int
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
    source_lowercase: bool
    target_lowercase: bool
    source_vocabulary_size: int
    target_vocabulary_size: int
    min_count: int
    widths: tuple[int, ...]
    batch_size: int

    def __post_init__(self) -> None:
        choice("data.source_tokens", self.source_tokens, KINDS)
        choice("data.target_tokens", self.target_tokens, KINDS)
        at_least(1, "data", pairs=self.pairs, min_count=self.min_count, batch_size=self.batch_size)
        at_least(1, "data", widths=min(self.widths, default=0))
        at_least(0, "data", source_column=self.source_column, target_column=self.target_column)
        sizes = ("source_vocabulary_size", "target_vocabulary_size")
        at_least(5, "data", **{name: getattr(self, name) for name in sizes})
        if not self.languages:
            raise InputError("config key 'data.languages' is empty; name some, such as ('fr','de')")
        if len(self.split) != 3 or min(self.split) <= 0:
            raise InputError(
                f"config key 'data.split' is {self.split}, but must be three shares, such as (0.8,0.1,0.1)"
            )
        if list(self.widths) != sorted(set(self.widths)):
            raise InputError(f"config key 'data.widths' is {self.widths}; widths have to rise")
        for part in ("", "valid_", "test_"):
            given = {name: getattr(self, name) for name in (f"{part}source_path", f"{part}target_path")}
            if len([path for path in given.values() if path]) == 1:
                missing = next(name for name, path in given.items() if not path)
                raise InputError(f"config key 'data.{missing}' is empty; sources and targets are two files")
        if bool(self.path) == bool(self.source_path):
            raise InputError(
                f"config key 'data.path' is {self.path!r} and 'data.source_path' is {self.source_path!r}; "
                "name the one or the other"
            )

    def read(self) -> tuple[Pairs, Pairs, Pairs]:
        """The training, validation and test parts. No source of one stands in another."""
        known = _filled(self._read())
        test = self._read_part(self.test_source_path, self.test_target_path)
        valid = self._read_part(self.valid_source_path, self.valid_target_path)
        if valid is not None and test is not None:
            valid = _without(valid, test)
        for part in (valid, test):
            known = known if part is None else _without(known, part)
        cut = [share for share, part in zip(self.split, (None, valid, test), strict=True) if part is None]
        parts = list(split_pairs(known, tuple(cut), self.split_seed))
        read = tuple(parts.pop(0) if part is None else part for part in (None, valid, test))
        for name, each in zip(PARTS, read, strict=True):
            if not len(each):
                raise InputError(f"the {name} part of {each.name} has no pairs; give more, or change data.split")
        return read[0], read[1], read[2]

    def vocabularies(self, training: Pairs) -> tuple[Vocabulary, Vocabulary]:
        """Those of the sources and of the targets."""
        source = Vocabulary.learn(
            training.sources,
            kind=self.source_tokens,
            lowercase=self.source_lowercase,
            size=self.source_vocabulary_size,
            min_count=self.min_count,
        )
        target = Vocabulary.learn(
            training.targets,
            kind=self.target_tokens,
            lowercase=self.target_lowercase,
            size=self.target_vocabulary_size,
            min_count=self.min_count,
        )
        return source, target

    def _read(self) -> Pairs:
        if not self.path:
            return read_aligned(self.source_path, self.target_path)
        if self.path == "dates":
            if importlib.util.find_spec("babel") is None:
                raise InputError("the generated dates need the package 'Babel'; install seqjax with its extra 'data'")
            from seqjax.data.text.dates import dates

            return dates(self.pairs, languages=self.languages)
        if self.path == "cmudict":
            return read_cmudict(stress=self.stress)
        return read_tabbed(self.path, source_column=self.source_column, target_column=self.target_column)

    def _read_part(self, source_path: str, target_path: str) -> Pairs | None:
        return _filled(read_aligned(source_path, target_path)) if source_path else None


def _filled(pairs: Pairs) -> Pairs:
    """The pairs of which neither side is empty."""
    rows = [row for row in range(len(pairs)) if pairs.sources[row] and pairs.targets[row]]
    _remark(len(pairs) - len(rows), f"pairs of {pairs.name} have an empty side: not used")
    return pairs.take(rows)


def _without(pairs: Pairs, others: Pairs) -> Pairs:
    """The pairs whose source does not stand among ``others``, but for capitals and spaces."""
    known = set(others.groups)
    rows = [row for row, group in enumerate(pairs.groups) if group not in known]
    _remark(len(pairs) - len(rows), f"sources of {pairs.name} stand in {others.name}: not used")
    return pairs.take(rows)


def _remark(count: int, text: str) -> None:
    if count:
        print(f"{count} {text}", file=sys.stderr)
