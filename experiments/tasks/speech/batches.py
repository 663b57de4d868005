"""Batches of the speech task: recordings with noise, at other speeds and with masks, as frames and letters."""

from typing import NamedTuple

import numpy as np

from experiments.tasks.speech.data import DataConfig
from seqjax.data.audio.augment import NOISES, VOICES, add_noise, babble, change_speed, mask_blocks, noise, speed_length
from seqjax.data.audio.files import as_float, is_silent
from seqjax.data.audio.recordings import Recordings, remark
from seqjax.data.batching import ShuffledByLength, padded
from seqjax.decoding.ctc import frames_needed
from seqjax.errors import InputError
from seqjax.predictors.speech import Recogniser, padded_frames

BABBLE = 0.25  # share of the noise that is other voices
LETTERS_MULTIPLE = 8  # numbers of letters that batches are padded to are multiples of it


class SpeechBatch(NamedTuple):
    """Recordings padded to one length, and their letters.

    Attributes:
      features: Normalised features, ``float32 [B, S, D]``.
      mask: ``bool [B, S]``, True where a frame is real; a row that only fills the batch has none.
      letters: Token ids of the texts, ``int32 [B, N]``, padded with PAD.
    """

    features: np.ndarray
    mask: np.ndarray
    letters: np.ndarray


class Batches:
    """The recordings of a part that can be trained on, as batches.

    Left out are recordings that are longer than the last bucket, silent, without a text, or too short for their
    letters, with a remark on standard error.

    Args:
      recordings: The part.
      recogniser: The recogniser with its features.
      config: The keys of ``config.data``.
      seed: Source of the order and of the augmentation.
      name: Name of the part, for remarks.

    Raises:
      InputError: If no recording is left.
    """

    def __init__(
        self, recordings: Recordings, recogniser: Recogniser, config: DataConfig, seed: int, name: str
    ) -> None:
        self._recogniser, self._config, self._seed = recogniser, config, seed
        letters = [recogniser.vocabulary.encode(text) for text in recordings.texts]
        fastest, slowest = max(config.speeds), min(config.speeds)
        longest = np.array([self._frames(sound, slowest) for sound in recordings.sounds])
        outputs = [recogniser.outputs(self._frames(sound, fastest)) for sound in recordings.sounds]
        fits = longest <= config.bucket_sizes[-1]
        if recogniser.blank is None:
            written = np.array([len(each) > 0 for each in letters])
        else:
            needed = [frames_needed(each) for each in letters]
            written = np.array([0 < need <= have for need, have in zip(needed, outputs, strict=True)])
        silent = np.array([sound.ndim == 1 and is_silent(as_float(sound)) for sound in recordings.sounds])
        for rows, text in (
            (silent, "are silent"),
            (~fits & ~silent, f"have more than {config.bucket_sizes[-1]} frames at {slowest} percent of their speed"),
            (fits & ~written & ~silent, "are too short for their texts"),
        ):
            remark(
                [recordings.names[row] for row in np.flatnonzero(rows)], f"{text}, and are not in the loss of {name}"
            )
        kept = np.flatnonzero(fits & written & ~silent)
        if not len(kept):
            raise InputError(
                f"no recording of the {name} part fits data.bucket_sizes, {config.bucket_sizes}, and its text; "
                "change data.bucket_sizes or model.joins"
            )
        self._sounds, self._letters = [recordings.sounds[row] for row in kept], [letters[row] for row in kept]
        self._num_letters = -(-max(map(len, self._letters)) // LETTERS_MULTIPLE) * LETTERS_MULTIPLE
        self._order = ShuffledByLength(longest[kept], config.bucket_sizes, config.batch_size, seed)
        self.lengths = longest[kept]
        self.steps_per_epoch = self._order.steps_per_epoch

    def training(self, step: int) -> SpeechBatch:
        """The recordings of a training step, augmented: a pure function of the step."""
        size, rows = self._order[step]
        rng = np.random.default_rng((self._seed, step))
        return self._batch([self._augmented(self._sounds[row], size, rng) for row in rows], rows, size)

    def plain(self, rows: np.ndarray, size: int) -> SpeechBatch:
        """The recordings at the indices ``rows`` as they are, padded to ``size`` frames."""
        normalise, frames = self._recogniser.normalised, self._config.frames
        return self._batch([normalise(frames(self._sounds[row])) for row in rows], rows, size)

    def _batch(self, frames: list[np.ndarray], rows: np.ndarray, size: int) -> SpeechBatch:
        empty = [np.zeros(0, np.int32)] * (self._config.batch_size - len(rows))
        letters = padded([self._letters[row] for row in rows] + empty, self._num_letters)
        features, mask = padded_frames(frames, size, self._config.batch_size)
        return SpeechBatch(np.asarray(features), np.asarray(mask), letters)

    def _augmented(self, sound: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
        """The normalised frames of a recording at another speed, with noise and with masks."""
        config = self._config
        if sound.ndim == 1:
            sound = as_float(sound)
        sound = change_speed(sound, int(rng.choice(config.speeds)))
        if sound.ndim == 1 and rng.random() < config.noise:
            sound = add_noise(sound, self._noise(len(sound), rng), float(rng.uniform(*config.noise_decibels)))
        frames = self._recogniser.normalised(config.frames(sound)[:size])
        return mask_blocks(frames, rng, time=config.time_masks, features=config.feature_masks)

    def _noise(self, samples: int, rng: np.random.Generator) -> np.ndarray:
        """Noise of any slope from white to brown or, a quarter of the time, of other recordings."""
        if rng.random() < BABBLE:
            others = rng.integers(0, len(self._sounds), VOICES)
            return babble([as_float(self._sounds[other]) for other in others], samples)
        return noise(samples, float(rng.uniform(0, max(NOISES.values()))), rng)

    def _frames(self, sound: np.ndarray, percent: int) -> int:
        """Number of frames of a recording at so many percent of its speed."""
        length = speed_length(sound, percent)
        return self._config.extractor.frames(length) if sound.ndim == 1 else length
