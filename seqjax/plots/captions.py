"""Figures of captions: a sheet of pictures, and a picture or the frames of a clip under the attention of each word."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqjax.plots.colors import INK, MODEL
from seqjax.plots.figure import new_figure, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 4  # of a sheet
FRAMES = 8  # of a clip that are shown
LINE = 26  # letters of a title's line
DIMMED = 0.25  # brightness of what attention does not look at


class CaptionPanel(NamedTuple):
    """A picture or clip and its caption.

    Attributes:
      frames: ``uint8 [T, S, S, 3]``.
      caption: The caption of the model.
      reference: A caption that it should have; "" if none is known.
      words: The tokens of the caption.
      weights: Attention's weights of each token, over the positions of a picture, row by row, or the frames of a clip,
        ``[len(words), positions]``; None without attention.
    """

    frames: np.ndarray
    caption: str
    reference: str = ""
    words: Sequence[str] = ()
    weights: np.ndarray | None = None


def sheet_figure(panels: Sequence[CaptionPanel]) -> "Figure":
    """Draws pictures with their captions; the reference stands below where it differs. Of a clip its frames."""
    is_clip = any(len(panel.frames) > 1 for panel in panels)
    columns = 1 if is_clip else min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(9 if is_clip else 2.4 * columns, (1.5 if is_clip else 2.7) * rows)
    axes = figure.subplots(rows, columns, squeeze=False).reshape(-1)
    for axis in axes:
        axis.axis("off")
    for axis, panel in zip(axes, panels, strict=False):
        axis.imshow(strip(panel.frames))
        is_right = panel.caption == panel.reference or not panel.reference
        text = panel.caption if is_right else f"{panel.caption}\n({panel.reference})"
        width = 3 * LINE if is_clip else LINE
        axis.set_title(_wrapped(text, width), fontsize=8, color=INK if is_right else MODEL, parse_math=False)
    return figure


def plot_sheet(path: Path, panels: Sequence[CaptionPanel]) -> None:
    """Writes :func:`sheet_figure` to ``path``."""
    save(sheet_figure(panels), path)


def attention_figure(panels: Sequence[CaptionPanel]) -> "Figure":
    """Draws each caption as a row: its picture, and for each word the picture lit up where attention looks.

    Of a clip a row has its frames, and below them the attention of each word over time.
    """
    shown = [panel for panel in panels if panel.weights is not None and len(panel.words)]
    is_clip = any(len(panel.frames) > 1 for panel in shown)
    if is_clip:
        return _strips(shown)
    columns = 1 + max((len(panel.words) for panel in shown), default=0)
    figure = new_figure(1.4 * columns, 1.7 * max(len(shown), 1))
    axes = figure.subplots(max(len(shown), 1), columns, squeeze=False)
    for axis in axes.reshape(-1):
        axis.axis("off")
    for row, panel in zip(axes, shown, strict=False):
        assert panel.weights is not None
        row[0].imshow(panel.frames[0])
        for axis, word, weights in zip(row[1:], panel.words, panel.weights, strict=False):
            axis.imshow(lit_up(panel.frames[0], weights))
            _title(axis, word)
    return figure


def plot_caption_attention(path: Path, panels: Sequence[CaptionPanel]) -> None:
    """Writes :func:`attention_figure` to ``path``."""
    save(attention_figure(panels), path)


def lit_up(picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A picture as ``float [S, S, 3]`` from 0 to 1, dark but where the weights of its positions are large.

    Args:
      picture: ``uint8 [S, S, 3]``.
      weights: Those of its positions, row by row, ``[n * n]``.
    """
    side, size = round(len(weights) ** 0.5), len(picture)
    grid = weights.reshape(side, side) / max(float(weights.max()), 1e-9)
    place = np.minimum(np.arange(size) * side // size, side - 1)
    light = DIMMED + (1 - DIMMED) * grid[place][:, place]
    return np.asarray(picture / 255 * light[..., None])


def strip(frames: np.ndarray) -> np.ndarray:
    """Frames ``[T, S, S, 3]`` side by side with lines between them, at most eight of them, ``uint8 [S, W, 3]``."""
    if len(frames) == 1:
        return np.asarray(frames[0])
    chosen = frames[np.linspace(0, len(frames) - 1, min(len(frames), FRAMES)).round().astype(int)]
    line = np.full((frames.shape[1], 1, 3), 128, np.uint8)
    pieces = [piece for frame in chosen for piece in (line, frame)]
    return np.concatenate([*pieces, line], axis=1)


def _strips(panels: Sequence[CaptionPanel]) -> "Figure":
    figure = new_figure(9, sum(1.4 + 0.22 * len(panel.words) for panel in panels))
    heights = [each for panel in panels for each in (1.1, 0.22 * len(panel.words) + 0.1)]
    axes = figure.subplots(2 * len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for index, panel in enumerate(panels):
        assert panel.weights is not None
        picture, heat = axes[2 * index : 2 * index + 2]
        picture.imshow(np.concatenate(list(panel.frames), axis=1), aspect="auto")
        picture.axis("off")
        _title(picture, panel.caption)
        heat.imshow(panel.weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        heat.set_xticks([])
        heat.set_yticks(range(len(panel.words)), panel.words, fontsize=7, parse_math=False)
        heat.tick_params(length=0)
    return figure


def _title(axis: "Axes", text: str) -> None:
    axis.set_title(text, fontsize=8, color=INK, parse_math=False)


def _wrapped(text: str, width: int) -> str:
    import textwrap

    return "\n".join(line for part in text.split("\n") for line in textwrap.wrap(part, width) or [""])
