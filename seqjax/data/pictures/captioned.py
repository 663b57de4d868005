"""Captioned pictures and clips, and their division into parts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqjax.data.splits import Record, random_split, uniform_hash


@dataclass(frozen=True)
class Captioned:
    """N pictures or clips and their captions.

    Attributes:
      name: Name of the source, for messages.
      names: Name of each picture, such as its file's.
      frames: Of each its frames, ``uint8 [T, S, S, 3]``; a picture has one.
      captions: One or more captions of each.
      groups: Pictures of one group are in one part, such as several drawings of one emoji.
      skipped: A sentence on each file that could not be read.
    """

    name: str
    names: tuple[str, ...]
    frames: tuple[np.ndarray, ...]
    captions: tuple[tuple[str, ...], ...]
    groups: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of pictures N."""
        return len(self.names)

    def take(self, rows: Sequence[int] | np.ndarray) -> "Captioned":
        """Selects the pictures at the indices ``rows``."""
        columns = (self.names, self.frames, self.captions, self.groups)
        names, frames, captions, groups = (tuple(column[row] for row in rows) for column in columns)
        return Captioned(self.name, names, frames, captions, groups)  # type: ignore[arg-type]


def split_pictures(
    pictures: Captioned, sizes: Sequence[float | int], seed: int, record: Record | None = None
) -> tuple[Captioned, ...]:
    """Divides pictures randomly into parts, each group into one; see :func:`~seqjax.data.splits.random_split`."""
    rows = random_split(pictures.groups, tuple(sizes), seed, record=record)
    return tuple(pictures.take(each) for each in rows)


def split_combinations(
    pictures: Captioned, sizes: Sequence[float], seed: int, record: Record | None = None
) -> tuple[Captioned, ...]:
    """Divides pictures whose groups are captions so that the others hold no word that the first part does not.

    The groups are taken in random order. One whose words all occur in a further group of the first part goes to another
    part, until those have their shares; the rest is the first part. So the words of each test caption were seen, and
    their combination was not.

    Args:
      pictures: The pictures; a group is a caption.
      sizes: Shares of the training part and the others, which add up to 1.
      seed: Source of randomness.
      record: The result of :func:`~seqjax.data.splits.split_record` for an earlier split, which is repeated.
    """
    if record is not None:
        return split_pictures(pictures, sizes, seed, record)
    groups = sorted(set(pictures.groups), key=lambda group: (uniform_hash(group, seed), group))
    words = {group: set(group.lower().split()) for group in groups}
    left = Counter(word for group in groups for word in words[group])
    others = range(1, len(sizes))
    wanted = [round(size * len(groups)) for size in sizes]
    part_of: dict[str, int] = {}
    counts = [0] * len(sizes)
    for group in groups:
        part = min(others, key=lambda index: counts[index] / max(wanted[index], 1))
        if counts[part] < wanted[part] and all(left[word] > 1 for word in words[group]):
            part_of[group], counts[part] = part, counts[part] + 1
            left.subtract(words[group])
    place = np.array([part_of.get(group, 0) for group in pictures.groups])
    return tuple(pictures.take(np.flatnonzero(place == index)) for index in range(len(sizes)))
