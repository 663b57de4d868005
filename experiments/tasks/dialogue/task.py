"""The dialogue task with texts: a model of small talk, its training, validation and test."""

import importlib.util
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.run.arguments import parse
from experiments.run.parts import PARTS
from experiments.run.results import TestResult
from experiments.tasks.dialogue.data import DataConfig, EncodedTurns, Part, TurnBatch
from experiments.tasks.dialogue.model import ModelConfig, build_chatter
from experiments.tasks.dialogue.report import data_summary, examples, turn_panel, write_replies
from seqjax.baselines.nearest_texts import nearest_texts
from seqjax.data.batching import ShuffledByLength, by_length
from seqjax.decoding.search import Hypothesis
from seqjax.losses import token_cross_entropy
from seqjax.metrics.dialogue import copied_share, distinct, word_f1
from seqjax.plots.attention import plot_attention
from seqjax.predictors.dialogue import conversation
from seqjax.tokens import PAD
from seqjax.training.evaluation import mean_loss
from seqjax.typing import Array, PRNGKey

BATCH_SIZE = 64  # exchanges that are evaluated at once; no result depends on it
VALIDATION_EXAMPLES, TEST_EXAMPLES, PANELS = 4, 12, 4  # replies that are printed, and plotted
KNOWN = 200  # training prompts that are asked again in the test


class Dialogue:
    """A model of small talk with the conversations that it is trained and tested on."""

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
        self.parts = self.data.read(None if learned is None else learned["split"])
        if learned is None:
            learned = {**self.data.learn(self.parts[0]), "split": self.data.split_record(self.parts)}
        self.learned: dict[str, Any] = dict(learned)
        self.chatter = build_chatter(self.data, self.config, seed, self.learned)
        self.initial_params = self.chatter.initial_params
        self.search = self.config.search(self.data.bucket_sizes)
        self._training, self._valid, self._test = (
            EncodedTurns(part, self.chatter, self.data, name) for part, name in zip(self.parts, PARTS, strict=True)
        )
        self.data_summary: Sequence[str] = data_summary(self.parts, self.chatter, PARTS, self.data.path)
        self._order = ShuffledByLength(self._training.lengths, self.data.bucket_sizes, self.data.batch_size, seed)
        self.steps_per_epoch = self._order.steps_per_epoch
        self._sums = jax.jit(lambda params, batch: self.loss_sums(params, None, batch, None)[:2])

    def train_batch(self, step: int) -> TurnBatch:
        """The exchanges of a training step."""
        size, rows = self._order[step]
        return self._training.batch(rows, size, self.data.batch_size)

    def loss_sums(self, params: Any, carry: None, batch: TurnBatch, key: PRNGKey | None) -> tuple[Array, Array, None]:
        """Cross-entropy of the tokens of the replies in nats, EOS included, and their number; smoothed with a key."""
        src, tgt = jnp.asarray(batch.src), jnp.asarray(batch.tgt)
        logits = self.chatter.logits(params, src, tgt[:, :-1], key)
        losses = token_cross_entropy(logits, tgt[:, 1:], 0.0 if key is None else self.config.label_smoothing)
        return jnp.sum(losses), jnp.sum((tgt[:, 1:] != PAD).astype(losses.dtype)), None

    def validate(self, params: Any) -> dict[str, float]:
        """One minus the F1 of words, and the loss per token; prints a few replies on standard error.

        F1 comes first: the loss is least when the model has learned nothing but what is often said.
        """
        part = self.parts[1]
        texts = [self.chatter.text(each) for each in self._reply(params, part)]
        for each, text in list(zip(part, texts, strict=True))[:VALIDATION_EXAMPLES]:
            print(f"  {each.turns[-1]} -> {text}", file=sys.stderr)
        f1 = word_f1(texts, [[each.reply] for each in part])
        return {"f1_missed": 1 - f1, "loss": self._mean_loss(params, self._valid)}

    def test(self, params: Any) -> TestResult:
        """Tests on the test part, beside the reply to the nearest training prompt and the most frequent reply.

        A conversation counts once, with all its replies. ``f1`` is the F1 of the words; ``exact_match`` the share of
        replies that are a reference; ``copied`` the share that are replies of the training part; ``distinct1`` and
        ``distinct2`` are different words and pairs of words; ``perplexity`` is per token. ``known_exact_match`` is the
        share of up to 200 training conversations that get one of their own replies: what was learned by heart.
        """
        training = self.parts[0]
        asked, references = _merged(self.parts[2])
        best = self._reply(params, asked)
        texts = [self.chatter.text(each) for each in best]
        measures = self._measures(texts, references)
        measures["perplexity"] = float(np.exp(self._mean_loss(params, self._test)))
        table = {"model": measures}
        constant = Counter(each.reply for each in training).most_common(1)[0][0]
        if importlib.util.find_spec("sklearn") is None:
            print("No nearest training prompt: install seqjax with its extra 'dialogue'", file=sys.stderr)
        else:
            near = nearest_texts([each.turns[-1] for each in asked], [each.turns[-1] for each in training])
            table["nearest training prompt"] = self._measures([training[row].reply for row in near], references)
        table["most frequent reply"] = self._measures([constant] * len(asked), references)
        known, own = _merged(training)
        known, own = known[:KNOWN], own[:KNOWN]
        again = [self.chatter.text(each) for each in self._reply(params, known)]
        extra = {"replies": len(asked), "known_exact_match": _exact_match(again, own)}
        panels = [
            turn_panel(self.chatter, conversation(each.turns, self.data.history), found)
            for each, found in zip(asked[:PANELS], best[:PANELS], strict=True)
            if found.attention is not None
        ]
        plots: dict[str, Any] = {
            "replies.tsv": partial(write_replies, part=asked, replies=texts, references=references),
        }
        if panels:
            plots["attention.png"] = partial(plot_attention, panels=panels)
        return TestResult(
            table=table,
            extra=extra,
            plots=plots,
            title=f"Test, {len(asked):,} conversations",
            lines=examples(asked, texts, references, TEST_EXAMPLES),
        )

    def _reply(self, params: Any, part: Part) -> list[Hypothesis]:
        """The best reply to each conversation."""
        empty = Hypothesis(np.zeros(0, np.int32), 0.0, None)
        sources = [conversation(each.turns, self.data.history) for each in part]
        return [(each or [empty])[0] for each in self.chatter.translate(params, sources, self.search)]

    def _measures(self, texts: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
        return {
            "f1": word_f1(texts, references),
            "exact_match": _exact_match(texts, references),
            "copied": copied_share(texts, {each.reply for each in self.parts[0]}),
            "distinct1": distinct(texts, 1),
            "distinct2": distinct(texts, 2),
        }

    def _mean_loss(self, params: Any, part: EncodedTurns) -> float:
        batches = by_length(part.lengths, self.data.bucket_sizes, BATCH_SIZE)
        return mean_loss(self._sums, params, (part.batch(rows, size, BATCH_SIZE) for size, rows in batches))


def _exact_match(texts: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """The share of texts that are one of their references."""
    return float(np.mean([text in those for text, those in zip(texts, references, strict=True)]))


def _merged(part: Part) -> tuple[Part, list[list[str]]]:
    """The exchanges with different conversations, and all replies to each."""
    replies: dict[tuple[str, ...], list[str]] = {}
    for each in part:
        replies.setdefault(each.turns, []).append(each.reply)
    first = {each.turns: each for each in reversed(part)}
    return [first[turns] for turns in replies], [*replies.values()]
