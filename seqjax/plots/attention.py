"""Attention weights."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure


class AttentionPanel(NamedTuple):
    """Where a model looked.

    Attributes:
      read: The S pieces of the source.
      said: The T pieces that were made of it.
      weights: The weight of each source piece while each of the others was made, ``[T, S]``.
    """

    read: Sequence[str]
    said: Sequence[str]
    weights: np.ndarray


def plot_attention(path: Path, panels: Sequence[AttentionPanel]) -> None:
    """Draws the weights of each panel, dark for much: a row for each piece said, a column for each piece read."""
    sizes = [(max(len(panel.read), 8), max(len(panel.said), 2)) for panel in panels]
    letter = 0.24 if max(len(piece) for panel in panels for piece in ("", *panel.read)) < 2 else 0.4
    wide = letter * max(width for width, _ in sizes) + 1.2
    figure = Figure(figsize=(wide, sum(letter * height + 0.9 for _, height in sizes)), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=[height for _, height in sizes])[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        if panel.weights.size:
            axis.imshow(panel.weights, cmap="Blues", vmin=0, vmax=1)
        # A piece may be a dollar sign, which would begin a formula.
        upright = 0 if letter < 0.3 else 60
        axis.set_xticks(range(len(panel.read)), panel.read, rotation=upright, parse_math=False)
        axis.set_yticks(range(len(panel.said)), panel.said, parse_math=False)
        axis.xaxis.tick_top()
        axis.tick_params(length=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # Few fonts have every script.
        figure.savefig(path, dpi=120, bbox_inches="tight")
