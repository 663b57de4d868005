"""The captioning task: a model of captions, its training, validation and test."""

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
from experiments.tasks.captioning.data import CaptionBatch, DataConfig, EncodedCaptions
from experiments.tasks.captioning.model import ModelConfig, build_writer
from experiments.tasks.captioning.report import caption_panel, data_summary, examples, write_captions
from seqjax.baselines.captions import most_frequent_caption, nearest_pictures
from seqjax.data.batching import in_order, shuffled
from seqjax.data.pictures.captioned import Captioned
from seqjax.decoding.search import Hypothesis
from seqjax.losses import token_cross_entropy
from seqjax.metrics.captions import caption_measures
from seqjax.models.captioner import attention_penalty
from seqjax.models.grid_encoder import Clips
from seqjax.plots.captions import plot_caption_attention, plot_sheet
from seqjax.tokens import PAD
from seqjax.training.evaluation import mean_loss
from seqjax.typing import Array, PRNGKey

VALIDATION_EXAMPLES, TEST_EXAMPLES = 4, 12  # captions that are printed
SHEET, PANELS = 12, 4  # pictures of the sheet, and those whose attention is plotted


class Captioning:
    """A model of captions with the pictures that it is trained and tested on."""

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
        self.writer = build_writer(self.data, self.config, seed, self.learned)
        self.initial_params = self.writer.initial_params
        self.search = self.config.search(self.data.longest_caption)
        self._training, self._valid = (
            EncodedCaptions(part, self.writer, self.data, name)
            for part, name in zip(self.parts[:2], PARTS, strict=False)
        )
        self.data_summary: Sequence[str] = data_summary(self.parts, self.writer, PARTS)
        self._seed = seed
        self._order = shuffled(len(self._training.pairs), self.data.batch_size, seed)
        self.steps_per_epoch = -(-len(self._training.pairs) // self.data.batch_size)
        self._sums = jax.jit(lambda params, batch: self.loss_sums(params, None, batch, None)[:2])

    def train_batch(self, step: int) -> CaptionBatch:
        """The captions of a training step with their pictures, shifted and flipped at random."""
        return self._training.batch(np.asarray(self._order[step]), np.random.default_rng((self._seed, step)))

    def loss_sums(
        self, params: Any, carry: None, batch: CaptionBatch, key: PRNGKey | None
    ) -> tuple[Array, Array, None]:
        """The negative log-probability of the captions in nats, and the number of their tokens, EOS included.

        With a key they are smoothed, and attention's penalty is added.
        """
        tokens = jnp.asarray(batch.tokens)
        tgt_in, tgt_out = tokens[:, :-1], tokens[:, 1:]
        source = Clips(jnp.asarray(batch.source.pixels), jnp.asarray(batch.source.mask))
        logits, weights = self.writer.model(params).logits_and_weights(source, tgt_in, key=key)
        losses = token_cross_entropy(logits, tgt_out, 0.0 if key is None else self.config.label_smoothing)
        summed = jnp.sum(losses)
        if key is not None and weights is not None and self.config.attention_penalty:
            mask = jnp.asarray(source.mask) if self.config.reader == "frames" else jnp.ones(weights.shape[::2], bool)
            penalties = attention_penalty(weights, tgt_out, mask)
            summed += self.config.attention_penalty * jnp.sum(penalties)
        return summed, jnp.sum(tgt_out != PAD).astype(losses.dtype), None

    def validate(self, params: Any) -> dict[str, float]:
        """One minus CIDEr / 10, the share of wrong captions, and the loss per token; prints a few captions.

        CIDEr comes first: unlike the loss, it is what the test measures.
        """
        part = self.parts[1]
        texts, references = self._caption(params, part)[1], self._references(part)
        for text, those in list(zip(texts, references, strict=True))[:VALIDATION_EXAMPLES]:
            print(f"  {those[0]} -> {text}", file=sys.stderr)
        measures, _ = caption_measures(texts, references)
        return {
            "cider_missed": 1 - measures["cider"] / 10,
            "caption_error": 1 - measures["exact_match"],
            "loss": self._mean_loss(params),
        }

    def test(self, params: Any) -> TestResult:
        """Measures of the test captions and of baselines; see :func:`~seqjax.metrics.captions.caption_measures`."""
        part = self.parts[2]
        references = self._references(part)
        best, texts = self._caption(params, part)
        measures, remarks = caption_measures(texts, references)
        training = self.parts[0]
        near = nearest_pictures(part.frames, training.frames)
        constant = most_frequent_caption(self._references(training))
        baselines = {
            "nearest picture": [self.writer.reference(training.captions[row][0]) for row in near],
            "most frequent caption": [constant] * len(part),
        }
        table = {"model": measures}
        table |= {name: caption_measures(each, references)[0] for name, each in baselines.items()}
        panels = [
            caption_panel(self.writer, *each)
            for each in zip(part.frames[:SHEET], best, [those[0] for those in references], strict=False)
        ]
        plots: dict[str, Any] = {"sheet.png": partial(plot_sheet, panels=panels)}
        if self.writer.attends:
            plots["attention.png"] = partial(plot_caption_attention, panels=panels[:PANELS])
        plots["captions.tsv"] = partial(write_captions, names=part.names, captions=texts, references=references)
        return TestResult(
            table=table,
            extra={"pictures": len(part)},
            plots=plots,
            title=f"Test, {len(part):,} pictures",
            lines=[*examples(part.names, texts, references, TEST_EXAMPLES), *remarks],
        )

    def _caption(self, params: Any, part: Captioned) -> tuple[list[Hypothesis], list[str]]:
        """The best caption of each picture, and its text."""
        empty = Hypothesis(np.zeros(0, np.int32), 0.0, None)
        best = [(each or [empty])[0] for each in self.writer.caption(params, part.frames, self.search)]
        return best, [self.writer.text(each) for each in best]

    def _references(self, part: Captioned) -> list[list[str]]:
        return [[self.writer.reference(caption) for caption in those] for those in part.captions]

    def _mean_loss(self, params: Any) -> float:
        batches = in_order(np.arange(len(self._valid.pairs)), self.data.batch_size)
        return mean_loss(self._sums, params, map(self._valid.batch, batches))
