"""Attention weights as heat maps."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqjax.plots.figure import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class AttentionPanel(NamedTuple):
    """Attention weights of one generated sequence.

    Attributes:
      source: Labels of the S source positions, such as tokens.
      tokens: The T generated tokens.
      weights: The weights with which each token was generated, ``[T, S]``, between 0 and 1.
    """

    source: Sequence[str]
    tokens: Sequence[str]
    weights: np.ndarray


def attention_figure(panels: Sequence[AttentionPanel]) -> "Figure":
    """Draws each panel as a heat map: generated tokens as rows, source positions as columns."""
    sizes = [(max(len(panel.source), 8), max(len(panel.tokens), 2)) for panel in panels]
    is_character = max(len(label) for panel in panels for label in ("", *panel.source)) < 2
    cell = 0.24 if is_character else 0.4  # inches
    width, height = cell * max(width for width, _ in sizes), sum(cell * height + 0.9 for _, height in sizes)
    figure = new_figure(width + 1.2, height)
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=[height for _, height in sizes])[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        if panel.weights.size:
            axis.imshow(panel.weights, cmap="Blues", vmin=0, vmax=1)
        # Without parse_math a dollar sign among the tokens would begin a formula.
        axis.set_xticks(range(len(panel.source)), panel.source, rotation=0 if is_character else 60, parse_math=False)
        axis.set_yticks(range(len(panel.tokens)), panel.tokens, parse_math=False)
        axis.xaxis.tick_top()
        axis.tick_params(length=0)
    return figure


def plot_attention(path: Path, panels: Sequence[AttentionPanel]) -> None:
    """Writes :func:`attention_figure` to ``path``."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # Few fonts have every script.
        attention_figure(panels).savefig(path, dpi=120, bbox_inches="tight")
