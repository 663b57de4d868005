"""The translation task: pairs of texts, a model that turns the one into the other, and its test."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from experiments.run.arguments import bind, call
from experiments.run.results import print_table
from experiments.tasks.translation.data import PARTS, DataConfig
from seqjax.data.batching import ShuffledByLength, by_length, padded
from seqjax.data.text.pairs import Pairs
from seqjax.errors import InputError
from seqjax.losses import token_cross_entropy
from seqjax.metrics.text import by_length as scores_by_length
from seqjax.metrics.text import score
from seqjax.plots.attention import plot_attention
from seqjax.plots.text import plot_score_by_length
from seqjax.plots.training import plot_losses
from seqjax.predictors.translation import ROWS, Hypothesis, ModelConfig, Translator
from seqjax.tokens import BOS, EOS, PAD
from seqjax.training.writer import read_metrics, write_text
from seqjax.typing import Array, PRNGKey

SAMPLES = 4  # Translations that are shown at each validation.
SHOWN = 10  # The same in the test, the first ones.
DRAWN = 4  # Those whose attention is drawn.
STRETCHES = 8  # Stretches of source lengths in the picture.


class Batch(NamedTuple):
    """Pairs of one width W.

    Attributes:
      src: Tokens of the sources, ``int32 [B, W]``, PAD behind the end and in rows that fill the batch up.
      tgt: Tokens of the targets between BOS and EOS, ``int32 [B, W + 2]``, PAD likewise.
      own_tokens: The probability that the decoder reads its own last token, ``float32``.
    """

    src: np.ndarray
    tgt: np.ndarray
    own_tokens: np.ndarray


class EncodedPairs(NamedTuple):
    """The pairs of a part that fit the last width.

    Attributes:
      sources: Tokens of each source, ``int32 [S]``.
      targets: Tokens of each target, between BOS and EOS, ``int32 [T + 2]``.
      lengths: How many tokens the longer one of the two has, ``[N]``; it decides on the width of both.
    """

    sources: list[np.ndarray]
    targets: list[np.ndarray]
    lengths: np.ndarray

    def gather(self, rows: np.ndarray, width: int, batch_size: int, own_tokens: float = 0.0) -> Batch:
        """The pairs ``rows`` as a batch of one shape."""
        nothing = [np.zeros(0, np.int32)] * (batch_size - len(rows))
        return Batch(
            padded([self.sources[row] for row in rows] + nothing, width),
            padded([self.targets[row] for row in rows] + nothing, width + 2),
            np.array(own_tokens, np.float32),
        )


class Translation:
    """A translator with the pairs that it is trained and tested on."""

    initial_carry = None

    def __init__(self, data: Mapping[str, Any], model: Mapping[str, Any], seed: int) -> None:
        if seed < 0:
            raise InputError(f"config key 'seed' is {seed}, but must be at least 0")
        bind(ModelConfig, "model", model)
        self.data: DataConfig = call(DataConfig, "data", data)
        self.network: ModelConfig = call(ModelConfig, "model", model)
        self.parts = self.data.read()
        vocabularies = self.data.vocabularies(self.parts[0])
        self.model = Translator(self.data.widths, self.network, seed, *vocabularies)
        self.initial_params = self.model.initial_params
        self.train_pairs, self.valid_pairs, self.test_pairs = map(self._encoded, self.parts, PARTS)
        self._order = ShuffledByLength(self.train_pairs.lengths, self.data.widths, self.data.batch_size, seed)
        self._loss_sums = jax.jit(lambda params, batch: self._sums(params, batch, None, 0.0, sampled=False))

    def save(self, workdir: Path) -> None:
        """Writes ``vocabulary.json``, the two vocabularies."""
        record = {"source": self.model.source.to_json(), "target": self.model.target.to_json()}
        write_text(workdir / "vocabulary.json", json.dumps(record) + "\n")

    def train_batch(self, step: int) -> Batch:
        """The pairs of a training step, and how often the decoder reads its own tokens in it."""
        width, rows = self._order[step]
        own_tokens = self.network.own_tokens * min(step / self.network.own_tokens_steps, 1.0)
        return self.train_pairs.gather(rows, width, self.data.batch_size, own_tokens)

    def loss(self, params: Any, batch: Batch, key: PRNGKey | None) -> Array:
        """Cross-entropy per target token in nats, EOS included and padding left out, to smoothed targets."""
        smoothing, sampled = self.network.label_smoothing, self.network.own_tokens > 0
        nats, tokens = self._sums(params, batch, key, smoothing, sampled=sampled)
        return nats / jnp.maximum(tokens, 1)

    def validate(self, params: Any) -> dict[str, float]:
        """The loss per target token, without smoothing; shows a few translations on standard error."""
        sources = self.parts[1].sources[:SAMPLES]
        for source, said in zip(sources, self._translated(params, sources), strict=True):
            print(f"  {source} -> {self.model.text(said.ids)}", file=sys.stderr)
        return {"loss": self._mean_loss(params, self.valid_pairs)}

    def test(self, params: Any, workdir: Path) -> dict[str, float]:
        """Tests on the test part, beside copying; writes ``test.json``, ``translations.tsv`` and pictures.

        Returns:
          ``exact_match``, the share of sources whose translation is one of their targets; ``symbol_error``, edits per
          token of the nearest target (of phonemes, this is the phoneme error, and the rest of ``exact_match`` the word
          error); ``bleu`` and ``chrf`` of sacreBLEU where it is installed; ``perplexity`` per target token.
        """
        references: dict[str, list[str]] = {}
        for source, target in zip(self.parts[2].sources, self.parts[2].targets, strict=True):
            references.setdefault(source, []).append(self.model.written(target))
        sources, truths = list(references), list(references.values())
        found = self._translated(params, sources)
        said = [self.model.text(each.ids) for each in found]
        measures, signatures = score(said, truths, self.model.target.split)
        measures["perplexity"] = float(np.exp(self._mean_loss(params, self.test_pairs)))
        copied, _ = score([self.model.written(source) for source in sources], truths, self.model.target.split)
        table = {"model": measures, "copying the source": copied}
        write_text(workdir / "test.json", json.dumps(measures, indent=2) + "\n")
        write_text(workdir / "table.json", json.dumps(table, indent=2) + "\n")
        rows = [("source", "translation", "target"), *zip(sources, said, (truth[0] for truth in truths), strict=True)]
        cells = (" ".join(cell.split()) + end for row in rows for cell, end in zip(row, "\t\t\n", strict=True))
        write_text(workdir / "translations.tsv", "".join(cells))

        plot_losses(workdir / "loss.png", read_metrics(workdir))
        curve = self._by_length(sources, said, truths)
        write_text(workdir / "score_by_length.json", json.dumps(curve, indent=2) + "\n")
        plot_score_by_length(workdir / "score_by_length.png", {"model": curve})
        names = ["score_by_length.png", "loss.png"]
        if self.model.attends:
            names.insert(0, "attention.png")
            drawn = zip(sources[:DRAWN], found, strict=False)
            plot_attention(workdir / "attention.png", [self.model.panel(*each) for each in drawn])
        for source, translated, targets in list(zip(sources, said, truths, strict=True))[:SHOWN]:
            print(f"{source} -> {translated}" + ("" if translated in targets else f" (target: {targets[0]})"))
        print_table(f"Test, {len(sources)} sources", table, tuple(measures))
        for signature in signatures:
            print(signature)
        print(f"{workdir}: test.json, {', '.join(names)}")
        return measures

    def _encoded(self, part: Pairs, name: str) -> EncodedPairs:
        """The pairs of a part that fit the last width, as tokens."""
        sources = self.model.encode(part.sources)
        targets = [np.array([BOS, *self.model.target.encode(text), EOS], np.int32) for text in part.targets]
        lengths = np.array([max(len(a), len(b) - 2) for a, b in zip(sources, targets, strict=True)])
        widest = self.model.widths[-1]
        rows = np.flatnonzero(lengths <= widest)
        if not len(rows):
            raise InputError(f"no pair of the {name} part has {widest} tokens or fewer; make data.widths wider")
        if len(rows) < len(lengths):
            print(f"{len(lengths) - len(rows)} {name} pairs have more than {widest} tokens: no loss", file=sys.stderr)
        return EncodedPairs([sources[row] for row in rows], [targets[row] for row in rows], lengths[rows])

    def _sums(
        self, params: Any, batch: Batch, key: PRNGKey | None, smoothing: float, *, sampled: bool
    ) -> tuple[Array, Array]:
        """The loss summed over the target tokens of a batch, and how many there are."""
        src, tgt = jnp.asarray(batch.src), jnp.asarray(batch.tgt)
        own_tokens = jnp.asarray(batch.own_tokens) if sampled else None
        logits = self.model.logits(params, src, tgt[:, :-1], key, own_tokens)
        nats = token_cross_entropy(logits, tgt[:, 1:], smoothing)
        return jnp.sum(nats), jnp.sum((tgt[:, 1:] != PAD).astype(nats.dtype))

    def _mean_loss(self, params: Any, pairs: EncodedPairs) -> float:
        total = np.zeros(2)
        for width, rows in by_length(pairs.lengths, self.model.widths, ROWS):
            total += np.asarray(self._loss_sums(params, pairs.gather(rows, width, ROWS)), np.float64)
        return float(total[0] / total[1])

    def _translated(self, params: Any, sources: Sequence[str]) -> list[Hypothesis]:
        return [found[0] for found in self.model.translate(params, self.model.encode(sources), self.model.search)]

    def _by_length(
        self, sources: Sequence[str], said: Sequence[str], truths: list[list[str]]
    ) -> dict[str, list[float]]:
        split = self.model.target.split
        pieces = [[split(truth) for truth in targets] for targets in truths]
        lengths = np.array([len(each) for each in self.model.encode(sources)])
        return scores_by_length([split(each) for each in said], pieces, lengths, STRETCHES)
