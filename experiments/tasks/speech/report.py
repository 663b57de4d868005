"""Report on recognised speech: a table of texts, errors by group, noise, and spectrograms with letters."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.data.audio.augment import NOISES, VOICES, add_noise, babble, noise
from seqjax.data.audio.features import HOP
from seqjax.data.audio.files import as_float
from seqjax.data.audio.recordings import Recordings
from seqjax.decoding.ctc import NONE, align
from seqjax.metrics.speech import speech_measures
from seqjax.plots.speech import SpectrogramPanel
from seqjax.predictors.speech import Recogniser, padded_frames
from seqjax.training.writer import write_text

BABBLE = "babble"  # noise of other voices


def summary(name: str, part: Recordings, rate: int) -> str:
    """The size of a part in words."""
    seconds = sum(len(sound) / rate if sound.ndim == 1 else len(sound) * HOP for sound in part.sounds)
    speakers = len(set(part.speakers))
    return f"{name}: {len(part)} recordings, {seconds / 60:.1f} minutes, {speakers} speakers"


def noisy(part: Recordings, decibels: float, seed: int) -> tuple[Recordings, list[str]]:
    """The recordings of a part with noise at a ratio of signal to noise in decibels, and the kind of each one's noise.

    In turn it is white, pink, brown, and babble: the sum of four other recordings of the part.
    """
    rng = np.random.default_rng(seed)
    sounds, kinds = [], []
    for row, sound in enumerate(part.sounds):
        kind = (*NOISES, BABBLE)[row % (len(NOISES) + 1)]
        if kind == BABBLE:
            others = rng.integers(0, len(part), VOICES)
            added = babble([as_float(part.sounds[other]) for other in others], len(sound))
        else:
            added = noise(len(sound), NOISES[kind], rng)
        sounds.append(add_noise(as_float(sound), added, decibels))
        kinds.append(kind)
    return replace(part, sounds=tuple(sounds)), kinds


def group_errors(texts: Sequence[str], references: Sequence[str], groups: Sequence[str]) -> dict[str, float]:
    """The rate of wrong words of the recordings in each group, highest first."""
    rows: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        rows.setdefault(group, []).append(row)
    errors = {
        group: speech_measures([texts[row] for row in those], [references[row] for row in those])["wer"]
        for group, those in rows.items()
    }
    return dict(sorted(errors.items(), key=lambda item: (-item[1], item[0])))


def examples(texts: Sequence[str], references: Sequence[str], count: int) -> list[str]:
    """The first ``count`` texts, one a line, with the reference where it differs."""
    pairs = list(zip(texts, references, strict=True))[:count]
    return [text if text == reference else f"{text}  (reference: {reference})" for text, reference in pairs]


def write_transcripts(
    path: Path, names: Sequence[str], speakers: Sequence[str], texts: Sequence[str], references: Sequence[str]
) -> None:
    """Writes a table of recordings, speakers, recognised texts and references, separated by tabs."""
    rows = [("recording", "speaker", "text", "reference"), *zip(names, speakers, texts, references, strict=True)]
    write_text(path, "".join("\t".join(row) + "\n" for row in rows))


def spectrogram_panels(
    recogniser: Recogniser, params: Any, part: Recordings, texts: Sequence[str], count: int
) -> list[SpectrogramPanel]:
    """The features of the first ``count`` recordings, with the seconds at which each letter of its text was written.

    Only CTC writes at a time; with attention there are no letters.
    """
    panels = []
    for sound, text in list(zip(part.sounds, texts, strict=True))[:count]:
        frames = recogniser.frames(as_float(sound) if sound.ndim == 1 else sound)[: recogniser.bucket_sizes[-1]]
        letters: list[tuple[float, str]] = []
        if recogniser.blank is not None and text:
            seconds = recogniser.reduction * HOP
            letters = [(seconds * place, letter) for place, letter in _written(recogniser, params, frames, text)]
        panels.append(SpectrogramPanel(text, frames, HOP, letters))
    return panels


def _written(recogniser: Recogniser, params: Any, frames: np.ndarray, text: str) -> list[tuple[float, str]]:
    """The middle of the outputs that write each letter of a text, and the letter."""
    assert recogniser.blank is not None
    size = next(size for size in recogniser.bucket_sizes if size >= len(frames))
    logits, mask = recogniser.logits(params, padded_frames([recogniser.normalised(frames)], size, 1))
    ids = recogniser.vocabulary.encode(text)
    (path,) = jax.device_get(align(logits, mask, jnp.asarray(ids[None]), blank=recogniser.blank))
    places = [np.flatnonzero(path == position) for position in range(len(ids))]
    if (path == NONE).all():
        return []
    return [(float(place.mean()) + 0.5, letter) for place, letter in zip(places, text, strict=True)]
