"""Clips as labelled sequences of frames: what moves, how it moves, or a caption as a label."""

from itertools import product

import numpy as np

from seqjax.data.labelled_frames import LabelledFrames
from seqjax.data.pictures.captioned import Captioned
from seqjax.data.pictures.moving import DIRECTIONS, MOVES, OBJECT, SPEEDS, Event, emoji_objects, moving_clips
from seqjax.data.pictures.shapes import shape_objects
from seqjax.errors import InputError

LABELS = ("caption", "thing", "motion")
MOVING = ("moving_emoji", "moving_shapes")


def flat(clip: np.ndarray) -> np.ndarray:
    """The frames ``uint8 [T, S, S, 3]`` of a clip as rows of values ``[T, 3 S S]`` from 0 to 1."""
    return clip.reshape(len(clip), -1).astype(np.float32) / 255


def labelled_clips(clips: Captioned, label: str) -> LabelledFrames:
    """Clips with a label each.

    Args:
      clips: The clips; of several captions the first one counts.
      label: "caption"; or of clips by rule "thing", what moves, or "motion", where to and how fast.

    Raises:
      InputError: For a caption that does not say what moves, and how.
    """
    labels = [captions[0] for captions in clips.captions]
    if label != "caption":
        parts = [caption.partition(MOVES) for caption in labels]
        if odd := [caption for caption, (_, verb, _) in zip(labels, parts, strict=True) if not verb]:
            raise InputError(
                f"config key 'data.label_column' is {label!r}, but the caption {odd[0]!r} of {clips.name} does not say "
                "what moves; set it to 'caption'"
            )
        labels = [thing if label == "thing" else motion for thing, _, motion in parts]
    size = clips.frames[0].shape[1]
    columns = tuple(f"pixel{row}_{column}_{colour}" for row, column, colour in product(range(size), range(size), "rgb"))
    return LabelledFrames(clips.name, columns, clips.names, tuple(map(flat, clips.frames)), tuple(labels))


def generated_clips(path: str, count: int, size: int, frames: int) -> Captioned:
    """So many clips of one object: any thing of "moving_emoji" or "moving_shapes", in any direction and speed."""
    side = round(OBJECT * size)
    objects = emoji_objects(side) if path == "moving_emoji" else shape_objects(side)
    events = [Event(*each) for each in product(sorted(objects), DIRECTIONS, SPEEDS)]
    return moving_clips(events, objects, count, size, frames, 0, most=1)
