"""The translation task: an encoder-decoder, and its training, validation and test."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.run.parts import PARTS
from experiments.run.results import TestResult
from experiments.tasks.translation.data import DataConfig, EncodedPairs, PairBatch
from experiments.tasks.translation.report import attention_panel, data_summary, examples, write_translations
from seqjax.data.batching import ShuffledByLength, by_length
from seqjax.data.text.pairs import folded
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.search import Hypothesis, Search
from seqjax.errors import InputError
from seqjax.layers.attention import Score
from seqjax.layers.recurrent import LAYERS
from seqjax.losses import token_cross_entropy
from seqjax.metrics.text import edit_measures, measures_by_length, sacrebleu_measures
from seqjax.models.decoder import Conditioning
from seqjax.models.seq2seq import Seq2Seq
from seqjax.plots.attention import plot_attention
from seqjax.plots.text import plot_score_by_length
from seqjax.predictors.translation import Translator
from seqjax.tokens import PAD
from seqjax.training.evaluation import mean_loss
from seqjax.typing import Array, PRNGKey

BATCH_SIZE = 64  # pairs that are evaluated at once; no result depends on it
VALIDATION_EXAMPLES, TEST_EXAMPLES = 4, 10  # translations that are printed
PANELS = 4  # translations whose attention is plotted
GROUPS = 8  # groups of source lengths in the plot


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/translation/dates.py explains them."""

    cell: str
    embed_features: int
    encoder_features: int
    decoder_features: int
    encoder_layers: int
    decoder_layers: int
    bidirectional: bool
    conditioning: Conditioning
    score: Score
    input_feeding: bool
    tie_embeddings: bool
    dropout: float
    label_smoothing: float
    sampling_rate: float
    sampling_steps: int
    beam: int
    length_penalty: float
    copying: bool

    def __post_init__(self) -> None:
        choice("model.cell", self.cell, LAYERS)
        choice("model.conditioning", self.conditioning, ("carry", "vector", "attention"))
        choice("model.score", self.score, ("additive", "dot", "general"))
        sizes = ("embed_features", "encoder_features", "decoder_features", "encoder_layers", "decoder_layers")
        at_least(1, "model", **{name: getattr(self, name) for name in (*sizes, "sampling_steps", "beam")})
        probability("model.label_smoothing", self.label_smoothing, below_one=True)
        probability("model.sampling_rate", self.sampling_rate, below_one=True)
        if self.copying and self.sampling_rate:
            raise InputError("config key 'model.sampling_rate' must be 0 with model.copying=True, which reads targets")

    def build(self, src_size: int, tgt_size: int, seed: int) -> nnx.Module:
        """Builds the model for vocabularies of two sizes."""
        return Seq2Seq(
            src_size,
            tgt_size,
            cell=self.cell,
            embed_features=self.embed_features,
            encoder_features=self.encoder_features,
            decoder_features=self.decoder_features,
            encoder_layers=self.encoder_layers,
            decoder_layers=self.decoder_layers,
            bidirectional=self.bidirectional,
            reverse_source=False,
            conditioning=self.conditioning,
            score=self.score,
            input_feeding=self.input_feeding,
            tie_embeddings=self.tie_embeddings,
            copying=self.copying,
            dropout=self.dropout,
            rngs=nnx.Rngs(params=seed),
        )

    def search(self, bucket_sizes: Sequence[int]) -> Search:
        """The options of the search: translations may be as long as the longest training targets."""
        return Search(beam=self.beam, length_penalty=self.length_penalty, max_length=bucket_sizes[-1] + 1)


def build_translator(data: DataConfig, model: ModelConfig, seed: int, learned: Mapping[str, Any]) -> Translator:
    """Builds the translator of a config with the vocabularies of its training part."""
    for key in ("tokens", "normalization", "lowercase") if model.copying else ():
        if getattr(data, f"source_{key}") != getattr(data, f"target_{key}") or data.source_tokens == "subword":
            raise InputError(
                f"config keys 'data.source_{key}' and 'data.target_{key}' must be the same with model.copying=True, "
                "and the tokens words or characters"
            )
    source, target = (Vocabulary.from_json(learned[name]) for name in ("source", "target"))
    module = parse(model.build, "model", {}, src_size=len(source), tgt_size=len(target), seed=seed)
    return Translator(module, source, target, data.bucket_sizes)


class Translation:
    """A translator with the pairs that it is trained and tested on."""

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
        self.translator = build_translator(self.data, self.config, seed, self.learned)
        self.initial_params = self.translator.initial_params
        self.search = self.config.search(self.data.bucket_sizes)
        self.train_pairs, self.valid_pairs, self.test_pairs = (
            EncodedPairs.of(part, self.translator, name) for part, name in zip(self.parts, PARTS, strict=True)
        )
        encoded = (self.train_pairs, self.valid_pairs, self.test_pairs)
        self.data_summary: Sequence[str] = data_summary(self.parts, encoded, self.translator)
        self._order = ShuffledByLength(self.train_pairs.lengths, self.data.bucket_sizes, self.data.batch_size, seed)
        self.steps_per_epoch = self._order.steps_per_epoch

        def validation_sums(params: Any, batch: PairBatch) -> tuple[Array, Array]:
            return self.loss_sums(params, None, batch, None)[:2]

        self._validation_sums = jax.jit(validation_sums)

    def train_batch(self, step: int) -> PairBatch:
        """The pairs of a training step, and its rate of scheduled sampling."""
        size, rows = self._order[step]
        rate = self.config.sampling_rate * min(step / self.config.sampling_steps, 1.0)
        return self.train_pairs.batch(rows, size, self.data.batch_size, rate)

    def loss_sums(self, params: Any, carry: None, batch: PairBatch, key: PRNGKey | None) -> tuple[Array, Array, None]:
        """Cross-entropy of the target tokens in nats, EOS included, and their number.

        With a key the targets are smoothed (Szegedy et al. 2016, section 7), and the decoder reads its own predictions
        at the batch's sampling rate.
        """
        src, tgt = jax.tree.map(jnp.asarray, batch.src), jnp.asarray(batch.tgt)
        is_sampled = key is not None and self.config.sampling_rate > 0
        sampling_rate = jnp.asarray(batch.sampling_rate) if is_sampled else None
        smoothing = 0.0 if key is None else self.config.label_smoothing
        if self.config.copying:
            losses = self.translator.token_losses(params, src, tgt, key, smoothing=smoothing)
        else:
            logits = self.translator.logits(params, src, tgt[:, :-1], key, sampling_rate)
            losses = token_cross_entropy(logits, tgt[:, 1:], smoothing)
        return jnp.sum(losses), jnp.sum((tgt[:, 1:] != PAD).astype(losses.dtype)), None

    def validate(self, params: Any) -> dict[str, float]:
        """Loss per target token of the validation part; prints a few translations on standard error."""
        sources = self.parts[1].sources[:VALIDATION_EXAMPLES]
        for source, best in zip(sources, self._translate(params, sources), strict=True):
            print(f"  {source} -> {self.translator.text(best)}", file=sys.stderr)
        return {"loss": self._mean_loss(params, self.valid_pairs)}

    def test(self, params: Any) -> TestResult:
        """Tests on the test part, with copying the source as a baseline.

        A source counts once, with all its targets; capitals and spaces do not make another one. Translations and
        targets are compared as they are written, with letters composed, and lower-cased if the targets are.

        ``exact_match`` is the share of sources whose translation is one of their targets; ``symbol_error`` the edits
        per token of the nearest target (for pronunciation these are 1 - the word error rate, and the phoneme error
        rate); ``bleu`` and ``chrf`` are sacreBLEU's, if it is installed; ``perplexity`` is per target token;
        ``score_by_length`` has measures by the length of the source.
        """
        by_source: dict[str, tuple[str, list[str]]] = {}
        for source, target in zip(self.parts[2].sources, self.parts[2].targets, strict=True):
            _, targets = by_source.setdefault(folded(source), (source, []))
            if (reference := self.translator.reference(target)) not in targets:
                targets.append(reference)
        sources, references = map(list, zip(*by_source.values(), strict=True))
        best = self._translate(params, sources)
        translations = [self.translator.text(hypothesis) for hypothesis in best]
        copies = [self.translator.reference(source) for source in sources]
        measures, signatures = self._measures(translations, references)
        measures["perplexity"] = float(np.exp(self._mean_loss(params, self.test_pairs)))
        curve = self._score_by_length(sources, translations, references)
        texts: dict[str, Any] = {"sources": sources, "translations": translations, "references": references}
        shown = zip(sources[:PANELS], best[:PANELS], strict=True)
        panels = [attention_panel(self.translator, *each) for each in shown if each[1].attention is not None]
        plots = {"attention.png": partial(plot_attention, panels=panels)} if panels else {}
        plots |= {
            "score_by_length.png": partial(plot_score_by_length, curves={"model": curve}),
            "translations.tsv": partial(write_translations, **texts),
        }
        return TestResult(
            table={"model": measures, "copying the source": self._measures(copies, references)[0]},
            extra={"score_by_length": curve},
            plots=plots,
            title=f"Test, {len(sources)} sources",
            lines=[*examples(**texts, count=TEST_EXAMPLES), *signatures],
        )

    def _measures(
        self, translations: Sequence[str], references: Sequence[Sequence[str]]
    ) -> tuple[dict[str, float], list[str]]:
        """Measures of translations, and the signatures of those that sacreBLEU computes."""
        target = self.translator.target
        measures = edit_measures(translations, references, target.tokenise)
        if importlib.util.find_spec("sacrebleu") is None:
            print("No BLEU, no chrF: install seqjax with its extra 'translation'", file=sys.stderr)
            return measures, []
        tokenizer = self.learned.get("bleu_tokenizer", "13a")
        scores, signatures = sacrebleu_measures(translations, references, tokenizer, lowercase=target.lowercase)
        return measures | scores, signatures

    def _mean_loss(self, params: Any, pairs: EncodedPairs) -> float:
        batches = by_length(pairs.lengths, self.data.bucket_sizes, BATCH_SIZE)
        return mean_loss(self._validation_sums, params, (pairs.batch(rows, size, BATCH_SIZE) for size, rows in batches))

    def _translate(self, params: Any, sources: Sequence[str]) -> list[Hypothesis]:
        """The best translation of each source; an empty one of a source without tokens."""
        empty = Hypothesis(np.zeros(0, np.int32), 0.0, None)
        return [(each or [empty])[0] for each in self.translator.translate(params, sources, self.search)]

    def _score_by_length(
        self, sources: Sequence[str], translations: Sequence[str], references: Sequence[Sequence[str]]
    ) -> dict[str, list[float]]:
        split = self.translator.target.tokenise
        tokens = [[split(reference) for reference in those] for those in references]
        lengths = np.array([len(ids) for ids in self.translator.encode(sources)])
        return measures_by_length([split(each) for each in translations], tokens, lengths, GROUPS)
