"""Scores by length, loss by position, and pages of texts whose tokens are coloured by a value."""

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqjax.plots.colors import MODEL
from seqjax.plots.figure import new_figure, open_frame, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POSITIVE, NEGATIVE = "200,68,44", "72,120,168"  # red and blue


def score_by_length_figure(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> "Figure":
    """Draws measures against the length of the source: a panel for each measure, a line for each of ``curves``.

    Args:
      curves: By name, ``source tokens``, the mean lengths of N groups of sources, and their measures, ``[N]`` each; see
        :func:`~seqjax.metrics.text.measures_by_length`.
    """
    measures = [name for name in next(iter(curves.values())) if name != "source tokens"]
    figure = new_figure(5 * len(measures), 4)
    for axis, measure in zip(figure.subplots(1, len(measures), squeeze=False)[0], measures, strict=True):
        for name, curve in curves.items():
            axis.plot(curve["source tokens"], curve[measure], marker="o", label=name)
        axis.set_xlabel("source length in tokens")
        axis.set_ylabel(measure)
        axis.set_ylim(bottom=0)
        open_frame(axis)
    if len(curves) > 1:
        figure.axes[0].legend(frameon=False)
    return figure


def plot_score_by_length(path: Path, curves: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Writes :func:`score_by_length_figure` to ``path``."""
    save(score_by_length_figure(curves), path)


def loss_by_distance_figure(curves: Mapping[str, Mapping[int, float]], distance: str) -> "Figure":
    """Draws mean losses against the distance from the start, on a logarithmic axis.

    Args:
      curves: By name, mean losses in nats by the last distance of the group that they are the mean of. The line of
        "model" is thick.
      distance: Label of the axis of distances.
    """
    figure = new_figure(8, 4)
    axis = figure.subplots()
    for name, curve in curves.items():
        is_model = name == "model"
        axis.plot(
            list(curve),
            list(curve.values()),
            marker="o",
            label=name,
            color=MODEL if is_model else None,
            lw=1 + is_model,
        )
    axis.set_xscale("log", base=2)
    ends = sorted({end for curve in curves.values() for end in curve})
    axis.set_xticks(ends, list(map(str, ends)))
    axis.set_xlabel(distance)
    axis.set_ylabel("loss in nats")
    open_frame(axis)
    axis.legend(frameon=False)
    return figure


def plot_loss_by_distance(path: Path, curves: Mapping[str, Mapping[int, float]], distance: str) -> None:
    """Writes :func:`loss_by_distance_figure` to ``path``."""
    save(loss_by_distance_figure(curves, distance), path)


class ColouredText(NamedTuple):
    """A text of T tokens, each with a value that is shown as its colour.

    Attributes:
      title: Heading of the text.
      tokens: The tokens.
      values: The value of each token, ``[T]``: red above 0, blue below; the largest absolute value is opaque.
      attention: Attention weight of each token, ``[T]``, shown as a line under it; no lines if all are equal.
      separator: Text between two tokens.
    """

    title: str
    tokens: Sequence[str]
    values: np.ndarray
    attention: np.ndarray
    separator: str = " "


def coloured_page(texts: Iterable[ColouredText], title: str, legend: str) -> str:
    """An HTML page of coloured texts, with a title and a legend above them."""
    page = [f'<!doctype html><meta charset="utf-8"><title>{html.escape(title)}</title>']
    page.append("<body style='font: 16px/1.7 sans-serif; max-width: 50em; margin: 2em auto'>")
    page.append(f"<p>{html.escape(legend)}</p>")
    for text in texts:
        scale = max(np.abs(text.values).max(initial=0), 1e-30)
        largest, smallest = text.attention.max(initial=0), text.attention.min(initial=np.inf)
        largest = largest if largest - smallest > 1e-6 else np.inf
        page.append(f"<h3>{html.escape(text.title)}</h3><p style='white-space: pre-wrap'>")
        spans = []
        for token, value, weight in zip(text.tokens, text.values / scale, text.attention / largest, strict=True):
            color = POSITIVE if value > 0 else NEGATIVE
            style = f"background: rgba({color},{abs(value):.2f}); border-bottom: 3px solid rgba(0,0,0,{weight:.2f})"
            spans.append(f'<span style="{style}">{html.escape(token)}</span>')
        page.append(text.separator.join(spans) + "</p>")
    return "\n".join(page) + "\n"


def write_coloured_page(path: Path, texts: Iterable[ColouredText], title: str, legend: str) -> None:
    """Writes :func:`coloured_page` to ``path``."""
    path.write_text(coloured_page(texts, title, legend), encoding="utf-8")
