"""The dialogue task with dialogue acts: a model of replies, its training, validation and test."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.run.arguments import parse
from experiments.run.results import TestResult
from experiments.tasks.dialogue.acts.data import ActBatch, DataConfig, EncodedActs
from experiments.tasks.dialogue.acts.model import ModelConfig, build_replier
from experiments.tasks.dialogue.acts.report import act_panel, data_summary, examples, write_replies
from seqjax.baselines.nearest_texts import nearest_texts
from seqjax.data.batching import ShuffledByLength, by_length
from seqjax.data.text.dialogue_acts import ActReply, delexicalise, lexicalise, references
from seqjax.losses import token_cross_entropy
from seqjax.metrics.dialogue import bleu4, copied_share, distinct, slot_errors
from seqjax.plots.attention import plot_attention
from seqjax.predictors.dialogue_acts import Reply
from seqjax.tokens import PAD
from seqjax.training.evaluation import mean_loss
from seqjax.typing import Array, PRNGKey

BATCH_SIZE = 64  # acts that are evaluated at once; no result depends on it
VALIDATION_EXAMPLES, TEST_EXAMPLES, PANELS = 4, 12, 4  # replies that are printed, and plotted
TOP = 5  # replies to each act that the toolkit's BLEU counts


class Dialogue:
    """A model of replies with the dialogue acts that it is trained and tested on."""

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
        self.parts = self.data.read()
        self.learned: dict[str, Any] = dict(self.data.learn(self.parts["training"]) if learned is None else learned)
        self.replier = build_replier(self.data, self.config, seed, self.learned)
        self.initial_params = self.replier.initial_params
        self.search = self.config.search(self.data.bucket_sizes[-1])
        self._training, self._valid, self._test = (
            EncodedActs(part, self.replier, self.data, name) for name, part in self.parts.items()
        )
        self.data_summary: Sequence[str] = data_summary(self.parts, self.replier, self.data.path)
        self._order = ShuffledByLength(self._training.lengths, self.data.bucket_sizes, self.data.batch_size, seed)
        self.steps_per_epoch = self._order.steps_per_epoch
        self._seed = seed
        self._training_patterns = {delexicalise(entry.reply, entry.act) for entry in self.parts["training"]}
        self._sums = jax.jit(lambda params, batch: self.loss_sums(params, None, batch, None)[:2])

    def train_batch(self, step: int) -> ActBatch:
        """The acts of a training step with their replies."""
        size, rows = self._order[step]
        return self._training.batch(rows, size, self.data.batch_size)

    def loss_sums(self, params: Any, carry: None, batch: ActBatch, key: PRNGKey | None) -> tuple[Array, Array, None]:
        """Cross-entropy of the words in nats, the end included, and their number.

        With a key they are smoothed, and the cost of the act vectors is added.
        """
        acts, tokens = jnp.asarray(batch.acts), jnp.asarray(batch.tokens)
        tgt_in, tgt_out = tokens[:, :-1], tokens[:, 1:]
        logits, costs = self.replier.model(params).logits_and_cost(acts, tgt_in, tgt_out, key=key)
        losses = token_cross_entropy(logits, tgt_out, 0.0 if key is None else self.config.label_smoothing)
        summed = jnp.sum(losses)
        if key is not None and self.config.act_cost:
            summed += self.config.act_cost * jnp.sum(jnp.where(jnp.any(tgt_out != PAD, axis=1), costs, 0))
        return summed, jnp.sum(tgt_out != PAD).astype(losses.dtype), None

    def validate(self, params: Any) -> dict[str, float]:
        """One minus BLEU-4 plus the slot error rate, both, and the loss per token; prints a few replies.

        The first decides which checkpoint is the best: unlike the loss, it is what the test measures.
        """
        part = self.parts["validation"]
        replies = self._reply(params, part)
        for entry, those in list(zip(part, replies, strict=True))[:VALIDATION_EXAMPLES]:
            print(f"  {entry.reply} -> {those[0].text}", file=sys.stderr)
        measures = self._measures(part, [[each.pattern for each in those] for those in replies])
        return {
            "missed": 1 - measures["bleu"] + measures["slot_error"],
            "bleu4": measures["bleu"],
            "slot_error": measures["slot_error"],
            "loss": self._mean_loss(params, self._valid),
        }

    def test(self, params: Any) -> TestResult:
        """Tests on the test part beside the reply of rules and that of the nearest training act.

        Each act has all replies to acts with its features as references, with its own values.

        ``bleu`` is BLEU-4 of the best reply, ``bleu_top5`` that of the five best, as the toolkit counts it;
        ``slot_error`` is the slot error rate, ``value_error`` that of slots with values alone, and ``slot_error_top5``
        that of the five best replies; ``exact_match`` the share of replies that are a reference; ``copied`` that of
        replies which, with placeholders, are a training reply; ``distinct1`` and ``distinct2`` are of replies with
        placeholders; ``perplexity`` is per word.
        """
        part, training = self.parts["test"], self.parts["training"]
        replies = self._reply(params, part)
        patterns = [[each.pattern for each in those] for those in replies]
        measures = self._measures(part, patterns)
        measures["perplexity"] = float(np.exp(self._mean_loss(params, self._test)))
        table = {"model": measures}
        if all(entry.rule for entry in part):
            table["rules"] = self._measures(part, [[delexicalise(entry.rule, entry.act)] for entry in part])
        if importlib.util.find_spec("sklearn") is None:
            print("No nearest training act: install seqjax with its extra 'dialogue'", file=sys.stderr)
        else:
            acts = [" ".join(entry.act.features) for entry in training]
            near = nearest_texts([" ".join(entry.act.features) for entry in part], acts)
            found = [[delexicalise(training[row].reply, training[row].act)] for row in near]
            table["nearest training act"] = self._measures(part, found)
        best = [those[0] for those in replies]
        shown = zip(part[:PANELS], best[:PANELS], strict=True)
        panels = [act_panel(self.replier, entry.act, each) for entry, each in shown]
        plots: dict[str, Any] = {
            "replies.tsv": partial(write_replies, part=part, replies=[each.text for each in best]),
        }
        if drawn := [each for each in panels if each is not None]:
            plots["acts.png"] = partial(plot_attention, panels=drawn)
        return TestResult(
            table=table,
            extra={"acts": len(part)},
            plots=plots,
            title=f"Test, {len(part):,} acts",
            lines=examples(part, best, TEST_EXAMPLES),
        )

    def _reply(self, params: Any, part: Sequence[ActReply]) -> list[list[Reply]]:
        """Replies to each act, best first. Acts with the same features are answered once."""
        first = {entry.act.features: entry.act for entry in part}
        keys = jax.random.split(jax.random.key(self._seed), len(first)) if self.search.temperature else None
        options: dict[str, Any] = {"slot_penalty": self.config.slot_penalty, "keys": keys}
        found = dict(zip(first, self.replier.reply(params, [*first.values()], self.search, **options), strict=True))
        empty = Reply("", "", 0.0, 0, None)
        return [
            [each._replace(text=lexicalise(each.pattern, entry.act)) for each in found[entry.act.features] or [empty]]
            for entry in part
        ]

    def _measures(self, part: Sequence[ActReply], patterns: Sequence[Sequence[str]]) -> dict[str, float]:
        """Measures of replies with placeholders, the best of each act first."""
        texts = [[lexicalise(each, entry.act) for each in those] for entry, those in zip(part, patterns, strict=True)]
        by_features = references(part)
        targets = [[lexicalise(each, entry.act) for each in by_features[entry.act.features]] for entry in part]
        errors = [
            [slot_errors(entry.act, each) for each in those[:TOP]] for entry, those in zip(part, patterns, strict=True)
        ]
        slots = max(sum(each.slots for each, *_ in errors), 1)
        every = [each for those in errors for each in those]
        measures = {
            "bleu": bleu4([those[:1] for those in texts], targets),
            "slot_error": sum(each.errors for each, *_ in errors) / slots,
            "value_error": sum(each.values for each, *_ in errors) / slots,
            "exact_match": float(np.mean([those[0] in refs for those, refs in zip(texts, targets, strict=True)])),
            "distinct1": distinct([those[0] for those in patterns], 1),
            "distinct2": distinct([those[0] for those in patterns], 2),
            "copied": copied_share([those[0] for those in patterns], self._training_patterns),
        }
        if any(len(those) > 1 for those in patterns):
            measures["bleu_top5"] = bleu4([those[:TOP] for those in texts], targets)
            measures["slot_error_top5"] = sum(each.errors for each in every) / max(sum(e.slots for e in every), 1)
        return measures

    def _mean_loss(self, params: Any, part: EncodedActs) -> float:
        batches = by_length(part.lengths, self.data.bucket_sizes, BATCH_SIZE)
        return mean_loss(self._sums, params, (part.batch(rows, size, BATCH_SIZE) for size, rows in batches))
