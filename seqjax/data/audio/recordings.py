"""Transcribed recordings, and their division into parts."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqjax.data.splits import Record, random_split

SHOWN = 3  # names in a remark


@dataclass(frozen=True)
class Recordings:
    """N recordings and their texts.

    Attributes:
      name: Name of the source, for messages.
      names: Name of each recording, such as its file's.
      sounds: For each its samples, ``float32`` or ``int16 [N]``, or its frames of features, ``float32 [T, D]``.
      texts: The text of each.
      speakers: The speaker of each, or another group that is in one part, such as the name itself.
    """

    name: str
    names: tuple[str, ...]
    sounds: tuple[np.ndarray, ...]
    texts: tuple[str, ...]
    speakers: tuple[str, ...]

    def __len__(self) -> int:
        """Number of recordings N."""
        return len(self.texts)

    def take(self, rows: Sequence[int] | np.ndarray) -> "Recordings":
        """Selects the recordings at the indices ``rows``."""
        columns = (self.names, self.sounds, self.texts, self.speakers)
        return Recordings(self.name, *(tuple(column[row] for row in rows) for column in columns))  # type: ignore[arg-type]


def split_by_speaker(
    recordings: Recordings, sizes: Sequence[float | int], seed: int, record: Record | None = None
) -> tuple[Recordings, ...]:
    """Divides recordings randomly into parts, each speaker's into one; see :func:`~seqjax.data.splits.random_split`.

    Raises:
      ValueError: For sizes that :func:`~seqjax.data.splits.random_split` refuses.
    """
    return tuple(recordings.take(rows) for rows in random_split(recordings.speakers, sizes, seed, record=record))


def join_words(recordings: Recordings, count: int, largest: int, rate: int, rng: np.random.Generator) -> Recordings:
    """Strings of random recordings of one speaker each, with pauses of up to 0.2 seconds between them.

    Args:
      recordings: Recordings of single words, as samples.
      count: Number of strings.
      largest: Largest number of words in a string; all numbers from 1 are equally frequent.
      rate: Samples per second.
      rng: Source of the strings.
    """
    speakers = np.array(recordings.speakers)
    rows = {speaker: np.flatnonzero(speakers == speaker) for speaker in sorted(set(recordings.speakers))}
    names, sounds, texts, chosen = [], [], [], []
    for _ in range(count):
        speaker = str(rng.choice([*rows]))
        words = rng.choice(rows[speaker], int(rng.integers(1, largest + 1)))
        pieces: list[np.ndarray] = []
        for word in words:
            pause = np.zeros(int(rng.integers(0, rate // 5)) if pieces else 0, recordings.sounds[word].dtype)
            pieces += [pause, recordings.sounds[word]]
        names.append("+".join(recordings.names[word] for word in words))
        sounds.append(np.concatenate(pieces))
        texts.append(" ".join(recordings.texts[word] for word in words))
        chosen.append(speaker)
    return Recordings(recordings.name, tuple(names), tuple(sounds), tuple(texts), tuple(chosen))


def remark(names: Sequence[str], text: str) -> None:
    """Prints to standard error how many recordings a remark is about, and the first names; nothing for none.

    Args:
      names: The names of the recordings.
      text: The remark, which goes on after "recordings that".
    """
    if names:
        more = ", ..." if len(names) > SHOWN else ""
        print(f"recordings that {text}: {len(names)} ({', '.join(names[:SHOWN])}{more})", file=sys.stderr)
