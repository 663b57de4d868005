"""The speech task: a recogniser, its training, validation and test."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from experiments.run.arguments import parse
from experiments.run.parts import PARTS
from experiments.run.results import TestResult
from experiments.tasks.speech.batches import Batches, SpeechBatch
from experiments.tasks.speech.data import DataConfig
from experiments.tasks.speech.model import ModelConfig, build_language_model, build_recogniser
from experiments.tasks.speech.report import (
    examples,
    group_errors,
    noisy,
    spectrogram_panels,
    stream_delays,
    summary,
    write_transcripts,
)
from seqjax.baselines.speech import most_frequent
from seqjax.data.audio.recordings import Recordings
from seqjax.data.batching import by_length
from seqjax.losses import ctc, token_cross_entropy
from seqjax.metrics.speech import speech_measures, word_confusions
from seqjax.models.frame_encoder import Frames
from seqjax.plots.speech import plot_confusions, plot_spectrograms
from seqjax.tokens import BOS, EOS, PAD
from seqjax.training.evaluation import mean_loss
from seqjax.typing import Array, PRNGKey

NOISY_DECIBELS = 10.0  # signal to noise, of the second test
BEAM = 16  # of the searches that a test compares
VALIDATION_EXAMPLES, TEST_EXAMPLES, PANELS, CONFUSIONS = 4, 10, 4, 12


class Speech:
    """A recogniser with the recordings that it is trained and tested on."""

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
        parse(lambda: self.data.extractor, "data", {})
        self.parts = self.data.read(None if learned is None else learned["split"])
        if learned is None:
            learned = {**self.data.learn(self.parts[0]), "split": self.data.split_record(self.parts)}
        self.learned: dict[str, Any] = dict(learned)
        self.recogniser = build_recogniser(self.data, self.config, seed, self.learned)
        self.initial_params = self.recogniser.initial_params
        self.data_summary: Sequence[str] = [
            summary(name, part, self.data.rate) for name, part in zip(PARTS, self.parts, strict=True)
        ]
        self._training = Batches(self.parts[0], self.recogniser, self.data, seed, PARTS[0])
        self._valid = Batches(self.parts[1], self.recogniser, replace(self.data, speeds=(100,)), seed, PARTS[1])
        self.steps_per_epoch = self._training.steps_per_epoch
        self._sums = jax.jit(lambda params, batch: self.loss_sums(params, None, batch, None)[:2])

    def train_batch(self, step: int) -> SpeechBatch:
        """The recordings of a training step, with noise, at random speeds and with masks."""
        return self._training.training(step)

    def loss_sums(self, params: Any, carry: None, batch: SpeechBatch, key: PRNGKey | None) -> tuple[Array, Array, None]:
        """The negative log-probability of the texts in nats, and the number of their letters.

        With attention an EOS is one of the letters, and with a key they are smoothed (Szegedy et al. 2016, section 7).
        """
        source = Frames(jnp.asarray(batch.features), jnp.asarray(batch.mask))
        letters = jnp.asarray(batch.letters)
        count = jnp.sum(letters != PAD)
        model, blank = self.recogniser.model(params), self.recogniser.blank
        if blank is not None:
            logits, mask = model(source, key=key)
            losses = ctc(logits, mask, letters, blank=blank)
            return jnp.sum(losses), count.astype(losses.dtype), None
        filled = jnp.any(source.mask, axis=1)
        tgt_in, tgt_out = targets(letters, filled)
        logits = model(source, tgt_in, key=key)
        losses = token_cross_entropy(logits, tgt_out, 0.0 if key is None else self.config.label_smoothing)
        return jnp.sum(losses), jnp.sum(tgt_out != PAD).astype(losses.dtype), None

    def validate(self, params: Any) -> dict[str, float]:
        """Error rates of the validation part, greedily, and the loss per letter; prints a few texts.

        The rate of characters comes first: unlike the loss, it is what the test measures, and unlike the rate of words
        it is fine enough to tell two checkpoints apart.
        """
        part = self.parts[1]
        texts = self._recognise(params, part, "none", beam=1)
        for text, reference in list(zip(texts, part.texts, strict=True))[:VALIDATION_EXAMPLES]:
            print(f"  {reference} -> {text}", file=sys.stderr)
        measures = speech_measures(texts, self._references(part))
        return {"cer": measures["cer"], "wer": measures["wer"], "loss": self._mean_loss(params)}

    def test(self, params: Any) -> TestResult:
        """Error rates of the test part; see :func:`~seqjax.metrics.speech.speech_measures`.

        "model" has the search and language model of the config. With CTC the other searches stand beside it; of
        recordings that are samples, the same with white noise, pink noise and other voices at 10 dB. ``errors_by`` has
        the rate of words by speaker and by kind of noise. Of a model that reads streams the delays are measured.
        """
        part = self.parts[2]
        references = self._references(part)
        texts = self._recognise(params, part, self.config.language_model)
        table = {"model": speech_measures(texts, references)}
        by_speaker = group_errors(texts, references, part.speakers)
        errors_by: dict[str, Any] = {"speaker": by_speaker}
        if part.sounds[0].ndim == 1:
            loud, kinds = noisy(part, NOISY_DECIBELS, self.data.split_seed)
            noisy_texts = self._recognise(params, loud, self.config.language_model)
            table[f"model at {NOISY_DECIBELS:.0f} dB"] = speech_measures(noisy_texts, references)
            errors_by["noise"] = group_errors(noisy_texts, references, kinds)
            errors_by["speaker at 10 dB"] = group_errors(noisy_texts, references, part.speakers)
        strings = [row for row, name in enumerate(part.names) if "+" in name]
        if strings:
            for name, rows in (("single words", sorted({*range(len(part))} - {*strings})), ("strings", strings)):
                table[name] = speech_measures([texts[row] for row in rows], [references[row] for row in rows])
        table |= self._other_searches(params, part)
        constant = most_frequent(self._references(self.parts[0]))
        table["most frequent text"] = speech_measures([constant] * len(part), references)
        confusions = word_confusions(texts, references)
        panels = spectrogram_panels(self.recogniser, params, part, texts, PANELS)
        return TestResult(
            table=table,
            extra={
                "errors_by": errors_by,
                "words": sum(len(text.split()) for text in references),
                **stream_delays(self.recogniser, params, part, references),
            },
            plots={
                "spectrograms.png": partial(plot_spectrograms, panels=panels),
                "confusions.png": partial(plot_confusions, confusions=confusions.most_common(CONFUSIONS)),
                "transcripts.tsv": partial(
                    write_transcripts, names=part.names, speakers=part.speakers, texts=texts, references=references
                ),
            },
            title=f"Test, {len(part)} recordings, {sum(len(text.split()) for text in references)} words",
            lines=examples(texts, references, TEST_EXAMPLES),
        )

    def _other_searches(self, params: Any, part: Recordings) -> dict[str, dict[str, float]]:
        """Measures of each search but that of the config: greedy, with a beam, and with each language model."""
        searches = {"greedy": ("none", 1), f"beam of {BEAM}": ("none", BEAM)}
        if self.recogniser.blank is not None:
            searches |= {"word list": ("words", BEAM), "word bigrams": ("bigrams", BEAM)}
        own = (self.config.language_model, self.config.beam)
        return {
            name: speech_measures(self._recognise(params, part, kind, beam=beam), self._references(part))
            for name, (kind, beam) in searches.items()
            if (kind, beam) != own
        }

    def _recognise(self, params: Any, part: Recordings, kind: str, beam: int | None = None) -> list[str]:
        """The best text of each recording."""
        search = self.config.search if beam is None else replace(self.config.search, beam=beam)
        automaton = build_language_model(kind, self.recogniser, self.learned)
        if kind == "none":
            search = replace(search, length_bonus=0.0)
        found = self.recogniser.transcribe(params, part.sounds, search, automaton)
        return [texts[0].text if texts else "" for texts in found]

    def _references(self, part: Recordings) -> list[str]:
        return [self.recogniser.reference(text) for text in part.texts]

    def _mean_loss(self, params: Any) -> float:
        batches = by_length(self._valid.lengths, self.data.bucket_sizes, self.data.batch_size)
        return mean_loss(self._sums, params, (self._valid.plain(rows, size) for size, rows in batches))


def targets(letters: Array, filled: Array) -> tuple[Array, Array]:
    """A decoder's inputs, after BOS, and targets, before EOS, ``int32 [B, N + 1]``, of letters ``[B, N]``.

    Rows of which ``filled [B]`` is False are all PAD.
    """
    lengths = jnp.sum(letters != PAD, axis=1)
    tgt_in = jnp.pad(letters, ((0, 0), (1, 0)), constant_values=BOS)
    at_end = jnp.arange(letters.shape[1] + 1) == lengths[:, None]
    tgt_out = jnp.where(at_end, EOS, jnp.pad(letters, ((0, 0), (0, 1))))
    return jnp.where(filled[:, None], tgt_in, PAD), jnp.where(filled[:, None], tgt_out, PAD)
