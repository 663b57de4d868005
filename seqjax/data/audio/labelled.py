"""Recordings as labelled sequences of frames: what is said, or who says it."""

from pathlib import Path

import numpy as np

from seqjax.data.audio.features import Features
from seqjax.data.audio.files import as_float
from seqjax.data.audio.folders import OFFICIAL_TEST, TABLES, digit_index, read_digits, read_table
from seqjax.data.audio.recordings import Recordings
from seqjax.data.audio.tones import tones
from seqjax.data.labelled_frames import LabelledFrames
from seqjax.errors import InputError

LABELS = ("text", "speaker")


def read_labelled_sounds(
    path: Path | str, label: str, features: Features, *, strict: bool = False
) -> tuple[LabelledFrames, LabelledFrames | None]:
    """Reads the recordings of a folder and, if it has an official one, the test part.

    Args:
      path: A folder with ``transcripts.csv`` or ``transcripts.tsv`` (columns path, text and perhaps speaker), or of
        files ``DIGIT_SPEAKER_INDEX.wav`` such as FSDD's, whose indices 0 to 4 are the test part.
      label: "text" or "speaker".
      features: From samples to frames.
      strict: True to refuse a file that cannot be read; False to leave it out with a remark on standard error.

    Raises:
      InputError: If there is no such folder, or none of its files can be read.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise InputError(f"{path} is no folder; name a folder of recordings")
    if any((folder / name).exists() for name in TABLES):
        return _framed(read_table(folder, features.rate, strict=strict), label, features), None
    recordings = read_digits(folder, features.rate, strict=strict)
    is_test = np.array([digit_index(name) < OFFICIAL_TEST for name in recordings.names])
    rest, test = (_framed(recordings.take(np.flatnonzero(rows)), label, features) for rows in (~is_test, is_test))
    return rest, test if len(test) else None


def generated_sounds(count: int, label: str, features: Features) -> LabelledFrames:
    """So many recordings of tones by rule, of which the text is the first word; see :func:`tones`."""
    recordings = tones(count, features.rate, 0)
    first = tuple(text.split()[0] for text in recordings.texts)
    return _framed(
        Recordings(recordings.name, recordings.names, recordings.sounds, first, recordings.speakers), label, features
    )


def _framed(recordings: Recordings, label: str, features: Features) -> LabelledFrames:
    frames = tuple(features(as_float(sound)) for sound in recordings.sounds)
    labels = {"text": recordings.texts, "speaker": recordings.speakers}[label]
    columns = tuple(f"{features.kind}{number}" for number in range(features.size))
    return LabelledFrames(recordings.name, columns, recordings.names, frames, labels)
