"""Clips made by rule: one or two objects that move; the caption says which, where to, how fast and in what order.

"cat moves left slowly" is a clip of one object; in "cat moves left slowly then car moves up quickly" two are seen, and
the second one waits until the first has arrived.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
from PIL import Image

from seqjax.data.pictures.captioned import Captioned
from seqjax.data.pictures.emoji import openmoji
from seqjax.data.pictures.files import fitted
from seqjax.data.splits import uniform_hash
from seqjax.errors import InputError

DIRECTIONS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}  # rows and columns
SPEEDS = {"slowly": (0.2, 0.28), "quickly": (0.48, 0.6)}  # ways in a whole clip, in sides of it
MOVES = " moves "  # between what moves and how
OBJECT = 0.36  # side of an object, in sides of the clip
DRAWN = 72  # pixels at which an emoji is drawn before it is scaled
INK = 240  # values below it belong to a drawing
TRIES = 1000  # random places until two objects do not touch
EMOJI = {
    "cat": "\N{CAT FACE}",
    "dog": "\N{DOG FACE}",
    "frog": "\N{FROG FACE}",
    "pig": "\N{PIG FACE}",
    "apple": "\N{RED APPLE}",
    "banana": "\N{BANANA}",
    "car": "\N{AUTOMOBILE}",
    "train": "\N{STEAM LOCOMOTIVE}",
    "rocket": "\N{ROCKET}",
    "ball": "\N{SOCCER BALL}",
    "star": "\N{WHITE MEDIUM STAR}",
    "heart": "\N{BLUE HEART}",
    "tree": "\N{EVERGREEN TREE}",
    "rose": "\N{ROSE}",
    "key": "\N{KEY}",
    "bell": "\N{BELL}",
}


class Event(NamedTuple):
    """An object that moves."""

    thing: str
    direction: str
    speed: str

    @property
    def caption(self) -> str:
        """The event in words."""
        return f"{self.thing}{MOVES}{self.direction} {self.speed}"


def emoji_objects(size: int) -> dict[str, np.ndarray]:
    """The objects of clips as OpenMoji draws them, without margins, ``uint8 [size, size, 3]`` by their names."""
    drawings = openmoji(DRAWN)
    return {name: fitted(Image.fromarray(trimmed(drawings[text])), size) for name, text in EMOJI.items()}


def trimmed(drawing: np.ndarray) -> np.ndarray:
    """A drawing ``uint8 [S, S, 3]`` on white without its white margins; one that is all white stays as it is."""
    inked = np.any(drawing < INK, axis=2)
    rows, columns = np.flatnonzero(np.any(inked, axis=1)), np.flatnonzero(np.any(inked, axis=0))
    return drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else drawing


def divide_events(things: Sequence[str], sizes: Sequence[float], seed: int) -> list[list[Event]]:
    """Divides all combinations of an object, a direction and a speed randomly into parts of these shares.

    Raises:
      InputError: If a word of another part is in no combination of the first.
    """
    events = [Event(*each) for each in product(things, DIRECTIONS, SPEEDS)]
    events.sort(key=lambda event: (uniform_hash(event.caption, seed), event))
    ends = np.round(np.cumsum([0, *sizes]) * len(events)).astype(int)
    parts = [events[begin:end] for begin, end in pairwise(ends)]
    known = {word for event in parts[0] for word in event}
    if not all(parts) or known != {*things, *DIRECTIONS, *SPEEDS}:
        raise InputError(
            f"data.split={tuple(sizes)} leaves a part without a combination, or the training part without a word; "
            "give it a larger share, or another data.split_seed"
        )
    return parts


def moving_clips(
    events: Sequence[Event],
    objects: Mapping[str, np.ndarray],
    count: int,
    size: int,
    frames: int,
    seed: int,
    *,
    most: int = 2,
) -> Captioned:
    """Random clips of some events: of one, or one and two in turn.

    Args:
      events: The combinations that may occur.
      objects: The drawings ``uint8 [O, O, 3]`` of the objects, on white.
      count: Number of clips.
      size: Height and width S in pixels.
      frames: Frames T of each, at least 4.
      seed: Source of events, places and speeds.
      most: The largest number of events of a clip, 1 or 2.

    Returns:
      Clips ``uint8 [T, S, S, 3]``; the group of each is its caption.
    """
    rng = np.random.default_rng(seed)
    clips, captions = [], []
    for number in range(count):
        chosen = [events[int(rng.integers(len(events)))]]
        others = [event for event in events if event.thing != chosen[0].thing]
        if number % most and others:
            chosen.append(others[int(rng.integers(len(others)))])
        clips.append(film(chosen, objects, size, frames, rng))
        captions.append(" then ".join(event.caption for event in chosen))
    names = tuple(f"clip{number}" for number in range(count))
    return Captioned("moving objects", names, tuple(clips), tuple((each,) for each in captions), tuple(captions))


def film(
    events: Sequence[Event], objects: Mapping[str, np.ndarray], size: int, frames: int, rng: np.random.Generator
) -> np.ndarray:
    """A clip ``uint8 [T, S, S, 3]`` of events that follow each other, in equal times; the objects do not touch."""
    side = len(next(iter(objects.values())))
    for _ in range(TRIES):
        tracks = [_track(event, size, side, frames, turn, len(events), rng) for turn, event in enumerate(events)]
        gaps = np.abs(tracks[0] - tracks[-1]).max(axis=1)
        if len(events) == 1 or gaps.min() >= side:
            break
    clip = np.full((frames, size, size, 3), 255, np.uint8)
    for event, track in zip(events, tracks, strict=True):
        for frame, (row, column) in zip(clip, track, strict=True):
            place = frame[row : row + side, column : column + side]
            np.minimum(place, objects[event.thing], out=place)
    return clip


def _track(
    event: Event, size: int, side: int, frames: int, turn: int, turns: int, rng: np.random.Generator
) -> np.ndarray:
    """The place of an object's upper left corner in each frame, ``int [T, 2]``; it moves in one of some turns."""
    begin, end = turn * (frames - 1) / turns, (turn + 1) * (frames - 1) / turns
    done = np.clip((np.arange(frames) - begin) / (end - begin), 0, 1)
    way = rng.uniform(*SPEEDS[event.speed]) * size / turns * np.array(DIRECTIONS[event.direction])
    room = size - side
    low, high = np.maximum(-way, 0), room - np.maximum(way, 0)
    start = rng.uniform(low, np.maximum(high, low))
    places: np.ndarray = np.clip(np.round(start + done[:, None] * way), 0, room).astype(int)
    return places
