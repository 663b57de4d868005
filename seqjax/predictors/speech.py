"""A speech recogniser with its vocabulary and features: sound in, texts out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.data.audio.features import Features, normalised
from seqjax.data.audio.files import as_float, is_silent
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.automaton import Automaton
from seqjax.decoding.constraints import Step
from seqjax.decoding.ctc import Transcripts, best_path, prefix_beam_search
from seqjax.decoding.search import BatchedSearch, Search
from seqjax.models.frame_encoder import Frames
from seqjax.models.pure import pure
from seqjax.models.speech import AttentionModel, CTCModel
from seqjax.tokens import BOS, EOS, UNK
from seqjax.typing import Array

BATCH_SIZE = 16  # recordings that are recognised at once; no result depends on it
SMOOTHED = 15  # frames over which energy is averaged where a long recording is cut


class Transcript(NamedTuple):
    """A text, and its log-probability under the network in nats; of a greedy text that of its best path."""

    text: str
    score: float


@dataclass(frozen=True, kw_only=True)
class SpeechSearch:
    """Options of a search for texts.

    Attributes:
      beam: Prefixes of CTC's search, or hypotheses of the decoder's; 1 for greedy decoding.
      n_best: Texts to return, at most ``beam``.
      language_weight: Weight of the language model's log-probability in CTC's search, above 0.
      length_bonus: Score of each letter in CTC's search.
    """

    beam: int = 1
    n_best: int = 1
    language_weight: float = 1.0
    length_bonus: float = 0.0


class Recogniser:
    """Features, a model and a search, as pure functions of the model's parameters.

    Recordings are padded to one of a few bucket sizes. A recording with more frames than the last is cut at quiet
    places into pieces that are recognised one by one. So a text depends on its recording alone.

    Args:
      module: A model with CTC, or with attention.
      vocabulary: The letters; their texts are lower-cased.
      features: The features of samples; frames are taken as they are.
      statistics: Mean and standard deviation of each feature ``[2, D]``, by which all frames are normalised; None to
        normalise each recording by its own.
      bucket_sizes: Bucket sizes in frames, ascending.
      reads_frames: Whether recordings are frames of features, not samples.

    Attributes:
      model: ``model(params)``, the module with these parameters.
      initial_params: The parameters of ``module``.
      blank: The class of CTC's blank; None for a model with attention.
      reduction: Frames for each output of the encoder.
      outputs: ``outputs(frames)``, the number of the encoder's outputs of so many frames.
      is_causal: True if no output depends on later frames.
      reads_frames: True if recordings are frames of features, not samples.
    """

    def __init__(
        self,
        module: CTCModel | AttentionModel,
        vocabulary: Vocabulary,
        features: Features,
        statistics: np.ndarray | None,
        bucket_sizes: Sequence[int],
        *,
        reads_frames: bool = False,
    ) -> None:
        self.vocabulary, self.features, self.statistics = vocabulary, features, statistics
        self.bucket_sizes = tuple(bucket_sizes)
        self.blank = module.blank if isinstance(module, CTCModel) else None
        encoder: Any = module.encoder
        self.reduction: int = encoder.reduction
        self.outputs: Callable[[int], int] = encoder.outputs
        self.is_causal: bool = encoder.is_causal
        self.reads_frames = reads_frames
        self.model, self.initial_params = pure(module)
        self.logits = jax.jit(self._logits)
        self._greedy = jax.jit(self._best_path)
        self._prefixes = jax.jit(self._beam_search, static_argnames=("beam", "n_best"))
        self._attention_search = BatchedSearch(self._start, BATCH_SIZE)

    def frames(self, sound: np.ndarray) -> np.ndarray:
        """Features ``[T, D]`` of samples ``[N]``; frames ``[T, D]`` are returned as they are."""
        return self.features(as_float(sound)) if sound.ndim == 1 else sound

    def normalised(self, frames: np.ndarray) -> np.ndarray:
        """Normalised frames ``[T, D]``."""
        return normalised(frames, *(() if self.statistics is None else self.statistics))

    def reference(self, text: str) -> str:
        """A text in the form of the model's output."""
        return " ".join(self.vocabulary.normalise(text).split())

    def transcribe(
        self,
        params: Any,
        sounds: Sequence[np.ndarray],
        search: SpeechSearch,
        automaton: Automaton | None = None,
    ) -> list[list[Transcript]]:
        """Recognises N recordings.

        Args:
          params: The parameters.
          sounds: Samples ``[N]`` or frames ``[T, D]`` of each.
          search: Options of the search.
          automaton: A language model, for CTC's search with a beam above 1.

        Returns:
          Up to ``search.n_best`` texts for each, best first; one of a recording that was cut, and an empty one of a
          silent one.
        """
        texts: list[list[Transcript]] = [[Transcript("", 0.0)] for _ in sounds]
        pieces, owners = [], []
        for row, sound in enumerate(sounds):
            if not len(sound) or (sound.ndim == 1 and is_silent(as_float(sound))):
                continue
            frames = self.frames(sound)
            cut = cut_at_quiet(frames, self.bucket_sizes[-1])
            pieces += np.split(self.normalised(frames), cut)
            owners += [row] * (len(cut) + 1)
        decoded = self._decode(params, pieces, search, automaton)
        of_row: dict[int, list[list[Transcript]]] = {}
        for row, each in zip(owners, decoded, strict=True):
            of_row.setdefault(row, []).append(each)
        for row, parts in of_row.items():
            texts[row] = parts[0] if len(parts) == 1 else [_joined([part[0] for part in parts])]
        return texts

    def _decode(
        self, params: Any, pieces: Sequence[np.ndarray], search: SpeechSearch, automaton: Automaton | None
    ) -> list[list[Transcript]]:
        """The texts of each piece, which has at most as many frames as the last bucket."""
        results: list[list[Transcript]] = [[] for _ in pieces]
        place = np.searchsorted(self.bucket_sizes, [len(each) for each in pieces])
        for index, size in enumerate(self.bucket_sizes):
            rows = np.flatnonzero(place == index)
            for begin in range(0, len(rows), BATCH_SIZE):
                chosen = rows[begin : begin + BATCH_SIZE]
                batch = padded_frames([pieces[row] for row in chosen], size, BATCH_SIZE)
                for row, texts in zip(chosen, self._decode_batch(params, batch, search, automaton), strict=False):
                    results[row] = texts
        return results

    def _decode_batch(
        self, params: Any, batch: Frames, search: SpeechSearch, automaton: Automaton | None
    ) -> list[list[Transcript]]:
        if self.blank is None:
            options = Search(max_length=self.outputs(batch.mask.shape[1]) + 1, beam=search.beam, n_best=search.n_best)
            found = self._attention_search(params, batch, options)
            return [[Transcript(self._text(each.ids), each.score) for each in texts] for texts in found]
        if search.beam == 1 and automaton is None:
            tokens, scores = jax.device_get(self._greedy(params, batch))
            return [[Transcript(self._text(ids), float(score))] for ids, score in zip(tokens, scores, strict=True)]
        weights = search.language_weight, search.length_bonus
        prefixes = self._prefixes(params, batch, automaton, *weights, beam=search.beam, n_best=search.n_best)
        transcripts = jax.device_get(prefixes)
        return [
            [
                Transcript(self._text(ids), float(score))
                for ids, score in zip(tokens, scores, strict=True)
                if score > -np.inf
            ]
            for tokens, scores in zip(transcripts.tokens, transcripts.scores, strict=True)
        ]

    def _text(self, ids: np.ndarray) -> str:
        return " ".join(self.vocabulary.decode(ids).split())

    def _logits(self, params: Any, batch: Frames) -> tuple[Array, Array]:
        """CTC's logits without the special tokens, which are never written, and where they are real."""
        logits, mask = self.model(params)(batch)
        return logits.at[..., [BOS, EOS, UNK]].set(-jnp.inf), mask

    def _best_path(self, params: Any, batch: Frames) -> tuple[Array, Array]:
        assert self.blank is not None
        logits, mask = self._logits(params, batch)
        scores = jnp.where(mask, jax.nn.log_softmax(logits).max(axis=-1), 0).sum(axis=1)
        return best_path(logits, mask, blank=self.blank)[0], scores

    def _beam_search(
        self,
        params: Any,
        batch: Frames,
        automaton: Automaton | None,
        weight: Array,
        bonus: Array,
        *,
        beam: int,
        n_best: int,
    ) -> Transcripts:
        assert self.blank is not None
        logits, mask = self._logits(params, batch)
        return prefix_beam_search(
            logits,
            mask,
            blank=self.blank,
            beam=beam,
            n_best=n_best,
            max_length=mask.shape[1],
            automaton=automaton,
            weight=weight,
            bonus=bonus,
        )

    def _start(self, params: Any, batch: Frames) -> tuple[Step, Any]:
        model = self.model(params)
        context, carry = model.encode(batch)
        return partial(model.step, context), carry


def padded_frames(frames: Sequence[np.ndarray], size: int, rows: int) -> Frames:
    """Sequences of at most ``size`` frames ``[T, D]``, at most ``rows`` of them, as one batch; other rows are empty."""
    features = np.zeros((rows, size, frames[0].shape[1]), np.float32)
    mask = np.zeros((rows, size), bool)
    for row, each in enumerate(frames):
        features[row, : len(each)], mask[row, : len(each)] = each, True
    return Frames(features, mask)


def cut_at_quiet(frames: np.ndarray, largest: int) -> list[int]:
    """Places at which to cut frames ``[T, D]``, before they are normalised, so that no piece has more than ``largest``.

    Each cut is the quietest place in the second half of a piece: where the mean of all features, smoothed over 0.15
    seconds, is lowest.
    """
    energy = frames.mean(axis=1)
    smooth = np.convolve(energy, np.ones(SMOOTHED) / SMOOTHED, mode="same") if len(energy) > SMOOTHED else energy
    cuts, begin = [], 0
    while len(frames) - begin > largest:
        first = begin + max(largest // 2, 1)
        begin = first + int(np.argmin(smooth[first : begin + largest + 1]))
        cuts.append(begin)
    return cuts


def _joined(parts: Sequence[Transcript]) -> Transcript:
    return Transcript(" ".join(part.text for part in parts if part.text), sum(part.score for part in parts))
