"""Plots of speech: spectrograms with the letters that were written, and the words that are confused."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqjax.plots.colors import INK, MODEL
from seqjax.plots.figure import new_figure, open_frame, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class SpectrogramPanel(NamedTuple):
    """The features of a recording, and the letters of its text.

    Attributes:
      title: The text.
      frames: Features ``[T, D]``.
      hop: Seconds between two frames.
      letters: Seconds and letter, for each letter that was written.
    """

    title: str
    frames: np.ndarray
    hop: float
    letters: Sequence[tuple[float, str]]


def spectrogram_figure(panels: Sequence[SpectrogramPanel]) -> "Figure":
    """Draws each panel: time to the right, features upwards, and each letter above the time at which it was written."""
    figure = new_figure(9, 1.9 * len(panels))
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        seconds = len(panel.frames) * panel.hop
        extent = (0, seconds, 0, panel.frames.shape[1])
        axis.imshow(panel.frames.T, aspect="auto", origin="lower", extent=extent, cmap="Greys")
        for second, letter in panel.letters:
            axis.axvline(second, color=MODEL, lw=0.5, alpha=0.5)
            axis.annotate(
                "\u2423" if letter == " " else letter,
                (second, 1.02),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="bottom",
                color=MODEL,
                parse_math=False,
            )
        axis.set_title(panel.title or "(no words)", loc="left", pad=18, fontsize=10, parse_math=False)
        axis.set_yticks([])
    axes[-1].set_xlabel("seconds")
    return figure


def plot_spectrograms(path: Path, panels: Sequence[SpectrogramPanel]) -> None:
    """Writes :func:`spectrogram_figure` to ``path``."""
    save(spectrogram_figure(panels), path)


def confusions_figure(confusions: Sequence[tuple[tuple[str, str], int]]) -> "Figure":
    """Draws the numbers of the most frequent confusions as bars.

    Args:
      confusions: Pairs of a word of the references and the word that was recognised, "" for none, and their numbers.
    """
    figure = new_figure(7, 0.3 * max(len(confusions), 3) + 1)
    axis = figure.subplots()
    labels = [f"{word or '(nothing)'} \u2192 {other or '(nothing)'}" for (word, other), _ in confusions]
    axis.barh(range(len(confusions)), [count for _, count in confusions], color=MODEL)
    axis.set_yticks(range(len(confusions)), labels, parse_math=False)
    axis.invert_yaxis()
    axis.set_xlabel("times, on the test part")
    if not confusions:
        axis.text(0.5, 0.5, "no word is wrong", transform=axis.transAxes, ha="center", color=INK)
    open_frame(axis)
    return figure


def plot_confusions(path: Path, confusions: Sequence[tuple[tuple[str, str], int]]) -> None:
    """Writes :func:`confusions_figure` to ``path``."""
    save(confusions_figure(confusions), path)
