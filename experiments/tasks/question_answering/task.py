"""The question answering task: a model of stories, its training, validation and test."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from experiments.run.arguments import parse
from experiments.run.parts import PARTS
from experiments.run.results import TestResult
from experiments.tasks.question_answering.data import DataConfig, EncodedPart, Part
from experiments.tasks.question_answering.model import ModelConfig, build_answerer
from experiments.tasks.question_answering.report import (
    by_skill,
    data_summary,
    examples,
    is_right,
    measures,
    skill_lines,
    story_panel,
    write_answers,
)
from seqjax.baselines.answers import most_frequent_answers, nearest_answers
from seqjax.data.batching import ShuffledByLength, by_length
from seqjax.data.text.story_encoding import BatchSize, StoryBatch, StoryVocabulary
from seqjax.losses import token_cross_entropy
from seqjax.models.story_answerer import support_loss
from seqjax.plots.stories import plot_stories
from seqjax.predictors.question_answering import Answer
from seqjax.tokens import PAD
from seqjax.training.evaluation import summed
from seqjax.typing import Array, PRNGKey

BATCH_SIZE = 32  # questions that are evaluated at once; no result depends on it
VALIDATION_EXAMPLES, TEST_EXAMPLES, PANELS = 3, 10, 4  # answers that are printed, and plotted


class QuestionAnswering:
    """A model of stories with the questions that it is trained and tested on."""

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
            vocabulary = self.data.learn(self.parts[0])
        else:
            vocabulary = StoryVocabulary.from_json(learned["vocabulary"])
        encoded = [EncodedPart(part, vocabulary, self.data, name) for part, name in zip(self.parts, PARTS, strict=True)]
        self._training, self._valid, self._test = encoded
        if learned is None:
            split = self.data.split_record(self.parts)
            learned = {"vocabulary": vocabulary.to_json(), "longest": list(self._training.longest), "split": split}
        self.learned: dict[str, Any] = dict(learned)
        self.answerer = build_answerer(self.data, self.config, seed, self.learned)
        self.initial_params = self.answerer.initial_params
        self.data_summary: Sequence[str] = data_summary(self.parts, encoded, vocabulary, PARTS, self.data.path)
        self._longest = [max(pair) for pair in zip(self._training.longest, self._valid.longest, strict=True)]
        buckets = self._training.bucket_sizes
        self._seed = seed
        self._order = ShuffledByLength(self._training.lengths, buckets, self.data.batch_size, seed)
        self.steps_per_epoch = self._order.steps_per_epoch
        self._sums = jax.jit(self._validation_sums)

    def train_batch(self, step: int) -> StoryBatch:
        """The questions of a training step; the placeholders are drawn anew at every step."""
        size, rows = self._order[step]
        return self._training.batch(
            rows,
            BatchSize(self.data.batch_size, size, *self._longest),
            anonymised=self.data.anonymised,
            rng=np.random.default_rng((self._seed, step)),
        )

    def loss_sums(self, params: Any, carry: None, batch: StoryBatch, key: PRNGKey | None) -> tuple[Array, Array, None]:
        """Cross-entropy of the words of the answers in nats, their ends included, and their number.

        With a key, that of the hops with the supporting sentences is added, by ``support_weight``.
        """
        losses, weights = self._losses(params, batch, key)
        total = jnp.sum(losses)
        if key is not None and self.config.support_weight:
            total += self.config.support_weight * jnp.sum(support_loss(weights, jnp.asarray(batch.support)))
        return total, jnp.sum((jnp.asarray(batch.tgt)[:, 1:] != PAD).astype(losses.dtype)), None

    def validate(self, params: Any) -> dict[str, float]:
        """One minus the mean probability of the right answer, and the loss per word; prints a few answers.

        The probability comes first: the loss is high where a model is right in most cases but sure in all.
        """
        part = self.parts[1]
        asked = part[:VALIDATION_EXAMPLES]
        for each, answer in zip(asked, self._answers(params, asked), strict=True):
            print(f"  {each.question} -> {' '.join(answer.words)} ({' '.join(each.answer)})", file=sys.stderr)
        batches = (
            self._valid.batch(rows, BatchSize(BATCH_SIZE, size, *self._longest))
            for size, rows in by_length(self._valid.lengths, self._valid.bucket_sizes, BATCH_SIZE)
        )
        right, loss, count = summed(self._sums, params, batches)
        return {"missed": float(1 - right / len(part)), "loss": float(loss / count)}

    def test(self, params: Any) -> TestResult:
        """Tests on the test part, beside the most frequent answer and the answer to the nearest training question.

        ``exact_match`` is the share of answers whose words are all right and in order, also by skill, and for stories
        with and without words that the training part does not have, where there are both.
        """
        training, part, unseen = self.parts[0], self.parts[2], self._test.unseen
        answers = self._answers(params, part)
        words = [each.words for each in answers]
        vocabulary = self.answerer.vocabulary
        table = {"model": measures(words, part, unseen, vocabulary)}
        if importlib.util.find_spec("sklearn") is None:
            print("No nearest question: install scikit-learn", file=sys.stderr)
        else:
            table["nearest question"] = measures(nearest_answers(training, part), part, unseen, vocabulary)
        table["most frequent answer"] = measures(most_frequent_answers(training, part), part, unseen, vocabulary)
        right = is_right(words, part, vocabulary)
        skills = by_skill(right, part, unseen)
        panels = [story_panel(each) for each in answers[:PANELS]]
        return TestResult(
            table=table,
            extra={
                "mean_over_skills": float(np.mean([each["exact_match"] for each in skills.values()])),
                **{f"{skill}_{name}": value for skill, each in skills.items() for name, value in each.items()},
            },
            plots={
                "hops.png": partial(plot_stories, panels=panels),
                "answers.tsv": partial(write_answers, part=part, answers=words),
            },
            title=f"Test, {len(part):,} questions",
            lines=[*skill_lines(skills), *examples(part, words, right, TEST_EXAMPLES)],
        )

    def _losses(self, params: Any, batch: StoryBatch, key: PRNGKey | None) -> tuple[Array, Array]:
        """The cross-entropy of each word of the answers ``[B, T + 1]``, and the weights of the hops ``[B, K, S]``."""
        logits, weights = self.answerer.logits_and_weights(params, batch, key)
        return token_cross_entropy(logits, jnp.asarray(batch.tgt)[:, 1:]), weights

    def _validation_sums(self, params: Any, batch: StoryBatch) -> Array:
        """The probabilities of the right answers, the cross-entropy of their words, and the number of words."""
        losses, _ = self._losses(params, batch, None)
        real = jnp.asarray(batch.tgt)[:, 1:] != PAD
        right = jnp.where(jnp.any(real, axis=1), jnp.exp(-jnp.sum(losses, axis=1)), 0)
        return jnp.stack([jnp.sum(right), jnp.sum(losses), jnp.sum(real)])

    def _answers(self, params: Any, part: Part) -> list[Answer]:
        """The best answer to each question; an empty one to a question or story without words."""
        found = self.answerer.answer(params, part, self.answerer.search)
        return [
            those[0] if those else Answer((), 0.0, each, (), np.zeros((self.config.hops, 0)))
            for each, those in zip(part, found, strict=True)
        ]
