"""Confusion, calibration and the contribution of each word."""

import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from seqjax.plots.colors import BASELINE, INK, MODEL


def plot_confusion(path: Path, counts: np.ndarray, classes: Sequence[str]) -> None:
    """Draws how often each class (rows) was taken for each (columns), ``[C, C]``; the shade is the share of its row."""
    side = max(3.5, 0.7 * len(classes) + 1.5)
    figure = Figure(figsize=(side, side), layout="constrained")
    axis = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(counts.shape):
        color = "white" if shares[row, column] > 0.6 else INK
        axis.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    axis.set_xticks(range(len(classes)), classes)
    axis.set_yticks(range(len(classes)), classes)
    axis.set_xlabel("predicted")
    axis.set_ylabel("label")
    figure.savefig(path, dpi=120)


def plot_calibration(path: Path, bins: np.ndarray) -> None:
    """Draws accuracy against confidence, from rows of count, mean confidence and accuracy, ``[bins, 3]``."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axis, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    filled = bins[bins[:, 0] > 0]
    axis.plot([0, 1], [0, 1], color=INK, lw=0.8, ls="--", label="as sure as right")
    axis.plot(filled[:, 1], filled[:, 2], color=MODEL, marker="o", label="model")
    axis.set_ylabel("accuracy")
    axis.legend(frameon=False)
    edges = np.linspace(0, 1, len(bins) + 1)
    below.bar(edges[:-1], bins[:, 0], width=1 / len(bins), align="edge", color=BASELINE)
    below.set_xlabel("confidence, the probability of the predicted class")
    below.set_ylabel("texts")
    for each in (axis, below):
        each.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


class TintedText(NamedTuple):
    """A text with what each of its T pieces did.

    Attributes:
      title: What was made of it.
      pieces: The pieces.
      shares: What each contributed to that, ``[T]``; less than nothing if it spoke against it.
      attention: The weight each was given, ``[T]``.
      between: What stands between two pieces.
    """

    title: str
    pieces: Sequence[str]
    shares: np.ndarray
    attention: np.ndarray
    between: str = " "


def write_attributions(path: Path, texts: Iterable[TintedText], title: str, legend: str) -> None:
    """Writes a page of texts: red where a share is above 0, blue where below; where attention differs, lines tell."""
    page = [f'<!doctype html><meta charset="utf-8"><title>{html.escape(title)}</title>']
    page.append("<body style='font: 16px/1.7 sans-serif; max-width: 50em; margin: 2em auto'>")
    page.append(f"<p>{html.escape(legend)}</p>")
    for text in texts:
        largest = max(np.abs(text.shares).max(initial=0), 1e-30)
        most = text.attention.max(initial=0) if np.ptp(text.attention) > 1e-6 else np.inf
        page.append(f"<h3>{html.escape(text.title)}</h3><p style='white-space: pre-wrap'>")
        spans = []
        for piece, share, weight in zip(text.pieces, text.shares / largest, text.attention / most, strict=True):
            color = "200,68,44" if share > 0 else "72,120,168"
            style = f"background: rgba({color},{abs(share):.2f}); border-bottom: 3px solid rgba(0,0,0,{weight:.2f})"
            spans.append(f'<span style="{style}">{html.escape(piece)}</span>')
        page.append(text.between.join(spans) + "</p>")
    path.write_text("\n".join(page) + "\n", encoding="utf-8")
