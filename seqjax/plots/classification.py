"""Confusion matrix and calibration of a classifier."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqjax.plots.colors import BASELINE, INK, MODEL
from seqjax.plots.figure import new_figure, open_frame, save
from seqjax.plots.fonts import font_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 20  # inches
NUMBERED, NAMED, LONGEST = 30, 60, 24  # classes up to which cells hold numbers, names on an axis, characters of a name


def confusion_figure(counts: np.ndarray, classes: Sequence[str]) -> "Figure":
    """Draws a confusion matrix with labels as rows and predicted classes as columns.

    Of many classes, cells hold no numbers, and some names are left out. Long names are shortened. Names that no
    installed font can draw are replaced by the numbers of the classes, from 0.

    Args:
      counts: Number of examples by label and predicted class, ``[C, C]``. A cell's colour is its share of its row.
      classes: Names of the classes.
    """
    number = len(classes)
    side = min(max(3.5, 0.7 * number + 1.5), LARGEST)
    figure = new_figure(side, side)
    axis = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if number <= NUMBERED:
        for row, column in np.ndindex(counts.shape):
            color = "white" if shares[row, column] > 0.6 else INK
            axis.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    names = [name if len(name) <= LONGEST else name[: LONGEST - 3] + "..." for name in classes]
    family = font_for("".join(names))
    if not family:
        names = [name if font_for(name) else f"class {index}" for index, name in enumerate(names)]
    shown = range(0, number, -(-number // NAMED))
    style: dict[str, Any] = {"parse_math": False, "family": family or font_for("")}
    if sum(map(len, names)) > 10 * side:
        axis.tick_params(axis="x", labelrotation=90)
    axis.set_xticks(shown, [names[index] for index in shown], **style)
    axis.set_yticks(shown, [names[index] for index in shown], **style)
    axis.set_xlabel("predicted")
    axis.set_ylabel("label")
    return figure


def plot_confusion(path: Path, counts: np.ndarray, classes: Sequence[str]) -> None:
    """Writes :func:`confusion_figure` to ``path``."""
    save(confusion_figure(counts, classes), path)


def calibration_figure(bins: np.ndarray) -> "Figure":
    """Draws accuracy against confidence, and a histogram of the confidence below it.

    Args:
      bins: Count, mean confidence and accuracy of each bin, ``[bins, 3]``; see
        :func:`~seqjax.metrics.classification.calibration`.
    """
    figure = new_figure(5, 5)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    filled = bins[bins[:, 0] > 0]
    upper.plot([0, 1], [0, 1], color=INK, lw=0.8, ls="--", label="perfect calibration")
    upper.plot(filled[:, 1], filled[:, 2], color=MODEL, marker="o", label="model")
    upper.set_ylabel("accuracy")
    upper.legend(frameon=False)
    edges = np.linspace(0, 1, len(bins) + 1)
    lower.bar(edges[:-1], bins[:, 0], width=1 / len(bins), align="edge", color=BASELINE)
    lower.set_xlabel("confidence (probability of the predicted class)")
    lower.set_ylabel("examples")
    open_frame(upper, lower)
    return figure


def plot_calibration(path: Path, bins: np.ndarray) -> None:
    """Writes :func:`calibration_figure` to ``path``."""
    save(calibration_figure(bins), path)
