"""The summarisation task: an encoder-decoder that copies, and its training, validation and test."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.run.arguments import parse
from experiments.run.parts import PARTS
from experiments.run.results import TestResult
from experiments.tasks.summarization.data import DataConfig, EncodedSummaries, SummaryBatch
from experiments.tasks.summarization.model import ModelConfig, build_summarizer
from experiments.tasks.summarization.report import (
    baseline_summaries,
    data_summary,
    examples,
    interval_lines,
    summary_measures,
    write_summaries,
)
from seqjax.data.batching import ShuffledByLength, by_length
from seqjax.data.text.summaries import Summaries
from seqjax.decoding.search import Hypothesis, Search
from seqjax.metrics.summaries import rouge_is_installed, rouge_scores
from seqjax.plots.attention import plot_attention
from seqjax.tokens import PAD
from seqjax.training.evaluation import mean_loss
from seqjax.typing import Array, PRNGKey

VALIDATED = 512  # validation texts that are summarised
VALIDATION_EXAMPLES, TEST_EXAMPLES = 4, 10  # summaries that are printed
PANELS = 4  # summaries whose attention is plotted


class Summarization:
    """A model of summaries with the texts that it is trained and tested on."""

    initial_carry = None

    def __init__(
        self,
        data: Mapping[str, Any],
        model: Mapping[str, Any],
        seed: int,
        learned: Mapping[str, Any] | None = None,
    ) -> None:
        self.data: DataConfig = parse(DataConfig, "data", data)
        self.config: ModelConfig = parse(ModelConfig, "model", model)
        self.parts = self.data.read(None if learned is None else learned["split"] or None)
        if learned is None:
            learned = {**self.data.learn(self.parts[0]), "split": self.data.split_record(self.parts)}
        self.learned: dict[str, Any] = dict(learned)
        self.summarizer = build_summarizer(self.data, self.config, seed, self.learned)
        self.initial_params = self.summarizer.initial_params
        self.search = self.config.search(self.data.longest_target)
        encoded = [
            EncodedSummaries(part, self.summarizer, self.data.longest_target, name)
            for part, name in zip(self.parts, PARTS, strict=True)
        ]
        self._training, self._valid, _ = encoded
        self.data_summary: Sequence[str] = data_summary(self.parts, encoded, self.summarizer)
        self._order = ShuffledByLength(self._training.lengths, self.data.bucket_sizes, self.data.batch_size, seed)
        self.steps_per_epoch = self._order.steps_per_epoch
        self._sums = jax.jit(lambda params, batch: self.loss_sums(params, None, batch, None)[:2])

    def train_batch(self, step: int) -> SummaryBatch:
        """The texts of a training step."""
        size, rows = self._order[step]
        return self._training.batch(rows, size, self.data.batch_size)

    def loss_sums(
        self, params: Any, carry: None, batch: SummaryBatch, key: PRNGKey | None
    ) -> tuple[Array, Array, None]:
        """Cross-entropy of the tokens of summaries in nats, EOS included, and their number.

        With a key they are smoothed, and the coverage loss is added (See et al. 2017, equation 13).
        """
        source, tgt = jax.tree.map(jnp.asarray, (batch.source, batch.tgt))
        noise = {} if key is None else {"smoothing": self.config.label_smoothing, "coverage": self.config.coverage}
        losses = self.summarizer.token_losses(params, source, tgt, key, **noise)
        return jnp.sum(losses), jnp.sum((tgt[:, 1:] != PAD).astype(losses.dtype)), None

    def validate(self, params: Any) -> dict[str, float]:
        """100 - ROUGE-L of the first 512 validation texts, summarised greedily, and the loss per token.

        Without rouge-score the loss alone. Prints a few summaries.
        """
        part = self.parts[1].take(range(min(VALIDATED, len(self.parts[1]))))
        texts = self._summarise(params, part, replace(self.search, beam=1))[1]
        for text, those in list(zip(texts, part.references, strict=True))[:VALIDATION_EXAMPLES]:
            print(f"  {those[0]} -> {text}", file=sys.stderr)
        loss = {"loss": self._mean_loss(params)}
        if not rouge_is_installed():
            return loss
        scores = rouge_scores(texts, [those[:1] for those in part.references])
        return {"rouge_l_missed": 100 - float(scores["rouge_l"].mean()), **loss}

    def test(self, params: Any) -> TestResult:
        """Measures of the test summaries, also with repeated sequences of words, and of baselines.

        See :func:`summary_measures`.
        """
        part = self.parts[2]
        best, texts = self._summarise(params, part, self.search)
        measures, intervals = summary_measures(texts, part)
        table = {"model": measures}
        if self.search.no_repeat_ngram_size:
            repeating = self._summarise(params, part, replace(self.search, no_repeat_ngram_size=0))[1]
            table["any repetition"] = summary_measures(repeating, part)[0]
        for name, others in baseline_summaries(self.summarizer, self.parts[0], part).items():
            table[name] = summary_measures(others, part)[0]
        shown = [(text, each) for text, each in zip(part.sources, best, strict=True) if len(each.ids)][:PANELS]
        panels = [self.summarizer.attention_panel(*each) for each in shown]
        plots: dict[str, Any] = {"attention.png": partial(plot_attention, panels=panels)} if panels else {}
        if panels and self.config.copying:
            copied = [self.summarizer.copy_panel(params, *each) for each in shown]
            plots["copying.png"] = partial(plot_attention, panels=copied)
        plots["summaries.tsv"] = partial(
            write_summaries, sources=part.sources, summaries=texts, references=part.references
        )
        return TestResult(
            table=table,
            extra={"texts": len(part), "intervals": {name: list(each) for name, each in intervals.items()}},
            plots=plots,
            title=f"Test, {len(part):,} texts",
            lines=[*examples(part, texts, TEST_EXAMPLES), *interval_lines(intervals)],
        )

    def _summarise(self, params: Any, part: Summaries, search: Search) -> tuple[list[Hypothesis], list[str]]:
        """The best summary of each text, and how it is written; an empty one of a text without tokens."""
        empty = Hypothesis(np.zeros(0, np.int32), 0.0, None)
        best = [(each or [empty])[0] for each in self.summarizer.translate(params, part.sources, search)]
        return best, [self.summarizer.text(each) for each in best]

    def _mean_loss(self, params: Any) -> float:
        batches = by_length(self._valid.lengths, self.data.bucket_sizes, self.data.batch_size)
        parts = (self._valid.batch(rows, size, self.data.batch_size) for size, rows in batches)
        return mean_loss(self._sums, params, parts)
