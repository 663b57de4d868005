"""Coloured shapes drawn by rule, which need no font: pictures of one or two of them, and objects of clips."""

import numpy as np
from PIL import Image, ImageDraw

from seqjax.data.pictures.captioned import Captioned
from seqjax.data.pictures.files import fitted

COLOURS = {"red": "#d22f27", "blue": "#1e50a0", "green": "#5c9e31", "yellow": "#f1b31c", "black": "#222222"}
CORNERS = {"triangle": 3, "square": 4, "hexagon": 6}  # of regular polygons
SHAPES = (*CORNERS, "circle", "ring")
DRAWN = 64  # pixels at which a shape is drawn before it is scaled


def draw_shape(colour: str, shape: str, size: int) -> np.ndarray:
    """A shape on white, ``uint8 [size, size, 3]``, such as ``draw_shape("red", "circle", 32)``."""
    square = Image.new("RGB", (DRAWN, DRAWN), "white")
    pen, ink = ImageDraw.Draw(square), COLOURS[colour]
    middle, radius = DRAWN // 2, DRAWN // 2 - 4
    box = (middle - radius, middle - radius, middle + radius, middle + radius)
    if shape in CORNERS:
        pen.regular_polygon((middle, middle, radius), CORNERS[shape], fill=ink)
    elif shape == "circle":
        pen.ellipse(box, fill=ink)
    else:
        pen.ellipse(box, outline=ink, width=radius // 2)
    return fitted(square, size)


def shape_objects(size: int) -> dict[str, np.ndarray]:
    """All shapes ``uint8 [size, size, 3]`` by their names, such as "red circle"."""
    return {f"{colour} {shape}": draw_shape(colour, shape, size) for colour in COLOURS for shape in SHAPES}


def shape_pictures(count: int, size: int, seed: int) -> Captioned:
    """Random pairs of shapes side by side, captioned "red circle and blue square"; equal captions are of one group."""
    rng = np.random.default_rng(seed)
    objects = shape_objects(size // 2)
    keys = list(objects)
    names, frames, captions = [], [], []
    for row in range(count):
        pair = [keys[index] for index in rng.integers(0, len(keys), 2)]
        picture = np.full((size, size, 3), 255, np.uint8)
        for place, key in enumerate(pair):
            half = size // 2
            top = int(rng.integers(0, size - half + 1))
            picture[top : top + half, place * half : place * half + half] = objects[key]
        names.append(f"shapes{row}")
        frames.append(picture[None])
        captions.append(" and ".join(pair))
    return Captioned("shapes", tuple(names), tuple(frames), tuple((each,) for each in captions), tuple(captions))
