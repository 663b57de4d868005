"""Pictures of which sentences of a story a model looked at, hop by hop."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqjax.plots.figure import new_figure, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST = 70  # characters of a sentence or title that are shown
ROW = 0.24  # height of a sentence in inches


class StoryPanel(NamedTuple):
    """A question about a story of S sentences, and the weights with which K hops looked at them.

    Attributes:
      sentences: The sentences.
      title: The question and the answer.
      weights: Weights, ``[K, S]``, from 0 to 1.
      support: Indices of the sentences that the answer should rest on.
    """

    sentences: Sequence[str]
    title: str
    weights: np.ndarray
    support: Sequence[int] = ()


def stories_figure(panels: Sequence[StoryPanel]) -> "Figure":
    """Draws each panel as a heat map: sentences as rows, hops as columns; supporting sentences are bold."""
    heights = [ROW * max(len(panel.sentences), 2) + 0.6 for panel in panels]
    figure = new_figure(7, sum(heights))
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        hops = panel.weights.shape[0]
        axis.imshow(panel.weights.T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        # Without parse_math a dollar sign in a sentence would begin a formula.
        labels = [_short(text) for text in panel.sentences]
        axis.set_yticks(range(len(labels)), labels, parse_math=False)
        for row in panel.support:
            axis.get_yticklabels()[row].set_fontweight("bold")
        axis.set_xticks(range(hops), [f"hop {hop + 1}" for hop in range(hops)])
        axis.set_title(_short(panel.title), fontsize="medium", parse_math=False)
        axis.tick_params(length=0)
    return figure


def plot_stories(path: Path, panels: Sequence[StoryPanel]) -> None:
    """Writes :func:`stories_figure` to ``path``."""
    save(stories_figure(panels), path)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
