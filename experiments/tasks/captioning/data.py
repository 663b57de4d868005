"""Data of the captioning task: captioned pictures and clips, their parts, vocabulary and batches."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.run.arguments import (
    at_least,
    counts_within,
    path_given,
    shares_or_counts,
)
from experiments.run.fingerprint import Sources, files_at
from experiments.run.parts import PARTS, named, require_examples
from seqjax.data.batching import padded
from seqjax.data.pictures.captioned import Captioned, split_combinations, split_pictures
from seqjax.data.pictures.emoji import PACKAGES, emoji_pictures, noto_font
from seqjax.data.pictures.files import ENDINGS
from seqjax.data.pictures.folders import TABLES, read_captioned
from seqjax.data.pictures.moving import OBJECT, divide_events, emoji_objects, moving_clips
from seqjax.data.pictures.shapes import shape_objects, shape_pictures
from seqjax.data.splits import Record, is_counts, split_record
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.models.grid_encoder import Clips
from seqjax.predictors.captioning import CaptionWriter, padded_clips
from seqjax.tokens import BOS, EOS

MOVING = ("moving_emoji", "moving_shapes")
DRAWN = ("emoji", "shapes", *MOVING)


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/captioning/emoji.py explains them."""

    path: str
    strict: bool
    second_font: bool
    pictures: int
    split: tuple[float, ...]
    split_seed: int
    size: int
    frames: int
    shift: int
    flip: bool
    lowercase: bool
    vocabulary_size: int
    min_count: int
    longest_caption: int
    batch_size: int

    def __post_init__(self) -> None:
        at_least(8, "data", size=self.size)
        names = ("pictures", "frames", "min_count", "longest_caption", "batch_size")
        at_least(1, "data", **{name: getattr(self, name) for name in names})
        at_least(0, "data", shift=self.shift, split_seed=self.split_seed)
        at_least(5, "data", vocabulary_size=self.vocabulary_size)
        shares_or_counts("data.split", self.split)
        if self.size > 512 or self.size * self.size * self.frames > 2**22:
            raise InputError(
                f"config keys 'data.size' and 'data.frames' are {self.size} and {self.frames}: too many pixels for a "
                "model to read; give a size of at most 512, and fewer frames"
            )
        if self.path in DRAWN and is_counts(self.split):
            raise InputError(f"config key 'data.split' is {self.split}, but data.path={self.path} needs shares")
        if self.path in MOVING and self.frames < 4:
            raise InputError(f"config key 'data.frames' is {self.frames}, but clips need at least 4")

    @property
    def sources(self) -> Sources:
        """The files of the pictures, and the packages that draw."""
        if self.path not in DRAWN:
            return Sources(files_at(self.path, endings=(*ENDINGS, *TABLES)))
        noto = self._noto if self.path == "emoji" else None
        return Sources((noto,) if noto else (), PACKAGES if "emoji" in self.path else ())

    def read(self, record: Record | None = None) -> tuple[Captioned, ...]:
        """The training, validation and test parts.

        With ``record``, the result of :meth:`split_record` for an earlier run, known pictures keep their part.

        Raises:
          InputError: If the data cannot be read, or a part has no pictures.
        """
        path = path_given("data.path", self.path, "a folder of pictures with captions")
        if path in MOVING:
            parts: tuple[Captioned, ...] = self._film()
        elif path in DRAWN:
            if path == "emoji" and self.second_font and self._noto is None:
                _remark("Noto Color Emoji is not on this system: each emoji has one drawing, OpenMoji's")
            drawn = (
                emoji_pictures(self.size, self._noto)
                if path == "emoji"
                else shape_pictures(self.pictures, self.size, self.split_seed)
            )
            parts = split_combinations(drawn, self.split, self.split_seed, record)
        else:
            pictures = read_captioned(Path(path), self.size, self.frames, strict=self.strict)
            if pictures.skipped:
                count, faults = len(pictures.skipped), named(pictures.skipped)
                _remark(f"{count:,} files or lines of {pictures.name} cannot be read and are not used: {faults}")
            if record is None:
                counts_within("data.split", self.split, len(pictures), f"pictures of {pictures.name}")
            parts = split_pictures(pictures, self.split, self.split_seed, record)
        require_examples(parts, parts[0].name, "pictures", recorded=record is not None)
        return parts

    def split_record(self, parts: Sequence[Captioned]) -> list[list[str]]:
        """Records the parts that :meth:`read` divided, as JSON values."""
        return split_record([part.groups for part in parts])

    def learn(self, training: Captioned) -> dict[str, Any]:
        """Learns the vocabulary of the training captions, as JSON values."""
        vocabulary = Vocabulary.learn(
            [caption for those in training.captions for caption in those],
            kind="word",
            normalization="NFC",
            spacing=True,
            lowercase=self.lowercase,
            size=self.vocabulary_size,
            min_count=self.min_count,
        )
        return {"vocabulary": vocabulary.to_json()}

    @property
    def _noto(self) -> Path | None:
        return noto_font() if self.second_font else None

    def _film(self) -> tuple[Captioned, ...]:
        """Clips of other combinations for each part; a tenth as many for validation and test as for training."""
        side = round(OBJECT * self.size)
        objects = emoji_objects(side) if self.path == "moving_emoji" else shape_objects(side)
        things = sorted(objects)
        parts = divide_events(things, self.split, self.split_seed)
        counts = (self.pictures, max(self.pictures // 10, 1), max(self.pictures // 10, 1))
        seeds = np.random.SeedSequence(self.split_seed).generate_state(len(PARTS))
        clips = [
            moving_clips(events, objects, count, self.size, self.frames, int(seed))
            for events, count, seed in zip(parts, counts, seeds, strict=True)
        ]
        return tuple(replace(each, name=self.path) for each in clips)


class CaptionBatch(NamedTuple):
    """Pictures or clips with one caption each.

    Attributes:
      source: The pictures.
      tokens: Token ids of the captions between BOS and EOS, ``int32 [B, L + 2]``, padded with PAD; a row that only
        fills the batch is all PAD.
    """

    source: Clips
    tokens: np.ndarray


class EncodedCaptions:
    """The pairs of a picture and one of its captions that fit the longest caption.

    Attributes:
      pairs: Row of the picture, and token ids of the caption between BOS and EOS, ``int32 [L + 2]``.
      dropped: Number of captions that are longer.

    Raises:
      InputError: If no caption fits.
    """

    def __init__(self, part: Captioned, writer: CaptionWriter, config: DataConfig, name: str) -> None:
        self._part, self._config = part, config
        encoded = [
            (row, np.array([BOS, *writer.vocabulary.encode(caption), EOS], np.int32))
            for row, those in enumerate(part.captions)
            for caption in those
        ]
        largest = config.longest_caption
        self.pairs = [(row, ids) for row, ids in encoded if 0 < len(ids) - 2 <= largest]
        self.dropped = len(encoded) - len(self.pairs)
        if not self.pairs:
            raise InputError(
                f"no caption of the {name} part has {largest} tokens or fewer; give a larger data.longest_caption"
            )
        if self.dropped:
            _remark(f"{self.dropped:,} {name} captions have more than {largest} tokens: not in the loss")

    def batch(self, rows: np.ndarray, rng: np.random.Generator | None = None) -> CaptionBatch:
        """The pairs at the indices ``rows``; with ``rng`` their pictures are shifted and flipped at random."""
        config = self._config
        chosen = [self.pairs[row] for row in rows]
        clips = [self._part.frames[picture] for picture, _ in chosen]
        if rng is not None:
            clips = [changed(clip, config.shift, config.flip, rng) for clip in clips]
        empty = [np.zeros(0, np.int32)] * (config.batch_size - len(rows))
        return CaptionBatch(
            padded_clips(clips, config.frames, config.batch_size),
            padded([ids for _, ids in chosen] + empty, config.longest_caption + 2),
        )


def changed(clip: np.ndarray, shift: int, flip: bool, rng: np.random.Generator) -> np.ndarray:
    """A clip ``uint8 [T, S, S, 3]``, moved by up to ``shift`` pixels over white, and flipped half of the time."""
    if flip and rng.random() < 0.5:
        clip = clip[:, :, ::-1]
    if not shift:
        return clip
    down, right = (int(way) for way in rng.integers(0, 2 * shift + 1, 2))
    size = clip.shape[1]
    room = np.full((len(clip), size + 2 * shift, size + 2 * shift, 3), 255, np.uint8)
    room[:, shift : shift + size, shift : shift + size] = clip
    return room[:, down : down + size, right : right + size]


def _remark(text: str) -> None:
    print(text, file=sys.stderr)
