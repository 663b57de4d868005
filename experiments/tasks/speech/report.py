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
from seqjax.tokens import PAD
from seqjax.training.writer import write_text

BABBLE = "babble"  # noise of other voices
QUIET_DECIBELS = 30.0  # below the loudest block of a recording, at which a block is no sound of speech


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


def stream_delays(recogniser: Recogniser, params: Any, part: Recordings, references: Sequence[str]) -> dict[str, float]:
    """Seconds from sound to letter, if each recording were a stream: medians and 95th percentiles.

    ``stream_first`` is the time from the beginning of a recording's sound to its first letter, ``stream_last`` that
    from the end of its sound to its last letter, which is below 0 where the letter is written before its sound has
    ended. A letter is written when the last frame of its output has arrived, computing time not counted; see
    :func:`sound_bounds` for the sound. Only recordings whose text is that of their reference count,
    ``stream_counted`` of them: a wrong letter has no sound. A model that cannot read a stream has no delays.
    """
    if recogniser.blank is None or not recogniser.is_causal or recogniser.statistics is None or recogniser.reads_frames:
        return {}
    features, size = recogniser.features, recogniser.bucket_sizes[-1]
    delays = []
    for sound, reference in zip(map(as_float, part.sounds), references, strict=True):
        frames = recogniser.normalised(recogniser.frames(sound))
        if len(frames) > size:
            continue
        logits, mask = recogniser.logits(params, padded_frames([frames], size, 1))
        path = np.asarray(logits[0].at[:, PAD].set(-jnp.inf).argmax(axis=-1))[np.asarray(mask[0])]
        places = np.flatnonzero((path != recogniser.blank) & (path != np.concatenate([[recogniser.blank], path[:-1]])))
        if len(places) and " ".join(recogniser.vocabulary.decode(path[places]).split()) == reference:
            written = ((places[[0, -1]] + 1) * recogniser.reduction - 1) * features.hop + features.window
            delays.append((written - sound_bounds(sound, features.hop)) / features.rate)
    if not delays:
        return {}
    measures = zip(
        ("first", "first_95", "last", "last_95"), np.percentile(delays, [50, 95], axis=0).T.ravel(), strict=True
    )
    return {"stream_counted": len(delays), **{f"stream_{name}": float(value) for name, value in measures}}


def sound_bounds(sound: np.ndarray, hop: int) -> np.ndarray:
    """The first and the last sample ``[2]`` of a sound: of blocks of ``hop`` samples within 30 dB of the loudest."""
    blocks = np.pad(sound, (0, -len(sound) % hop)).reshape(-1, hop)
    energy = np.mean(np.square(blocks, dtype=np.float64), axis=1)
    loud = np.flatnonzero(energy >= energy.max() * 10 ** (-QUIET_DECIBELS / 10))
    return np.array([loud[0] * hop, min((loud[-1] + 1) * hop, len(sound))])


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
