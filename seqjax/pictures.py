"""Pictures of a run, drawn without a screen."""

import html
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.dates
import numpy as np
from matplotlib.figure import Figure

INK, MODEL, RULE = "#222222", "#c8442c", "#4878a8"


class Panel(NamedTuple):
    """One window: its end and its future.

    Attributes:
      times: ``datetime64 [P + N]``.
      truth: ``[P + N]``; or ``[P]`` where the future is not known.
      forecast: Quantiles of the last N times, ``[N, Q]``.
      rule: A simple rule's forecast of them, ``[N]``, or None.
    """

    times: np.ndarray
    truth: np.ndarray
    forecast: np.ndarray
    rule: np.ndarray | None


def forecasts(path: Path, panels: Sequence[Panel], quantiles: Sequence[float], target: str, rule: str) -> None:
    """Draws windows below each other: truth, median, band from the first to the last quantile, a simple rule."""
    figure = Figure(figsize=(10, 2.4 * len(panels) + 0.6), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        horizon, width = panel.forecast.shape
        ahead = panel.times[-horizon:]
        if width > 1:
            band = f"{quantiles[0]:.0%} to {quantiles[-1]:.0%}"
            axis.fill_between(
                ahead, panel.forecast[:, 0], panel.forecast[:, -1], color=MODEL, alpha=0.2, lw=0, label=band
            )
        if panel.rule is not None:
            axis.plot(ahead, panel.rule, color=RULE, lw=1.2, ls="--", label=rule)
        axis.plot(panel.times[: len(panel.truth)], panel.truth, color=INK, lw=1.2, label="truth")
        axis.plot(ahead, panel.forecast[:, width // 2], color=MODEL, lw=1.6, label="forecast")
        axis.axvline(ahead[0], color=INK, lw=0.6, alpha=0.5)
        axis.xaxis.set_major_formatter(matplotlib.dates.ConciseDateFormatter(axis.xaxis.get_major_locator()))  # type: ignore[no-untyped-call]
        axis.set_ylabel(target)
        axis.margins(x=0)
        axis.spines[["top", "right"]].set_visible(False)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
    figure.savefig(path, dpi=120)


def error_by_step(path: Path, errors: Mapping[str, np.ndarray], step: np.timedelta64) -> None:
    """Draws the mean absolute error against the time ahead: the model's thick, each other's thin. ``[N]`` each."""
    unit, name = (np.timedelta64(1, "M"), "months") if np.datetime_data(step.dtype)[0] == "M" else _unit(step, errors)
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axis = figure.subplots()
    for label, error in errors.items():
        ahead = np.arange(1, len(error) + 1) * (step / unit)
        is_model = label == "model"
        color = MODEL if is_model else None
        axis.plot(ahead, error, label=label, color=color, lw=2.5 if is_model else 1.2, zorder=3 if is_model else 2)
    axis.set_xlabel(f"{name} ahead")
    axis.set_ylabel("mean absolute error")
    axis.set_ylim(bottom=0)
    axis.margins(x=0)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    figure.savefig(path, dpi=120)


def losses(path: Path, records: Sequence[Mapping[str, float | int]]) -> None:
    """Draws the training and the validation loss against the step, from the records of ``metrics.jsonl``."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axis = figure.subplots()
    for key, label, color in (("train_loss", "training", RULE), ("validation_loss", "validation", MODEL)):
        points = [(record["step"], record[key]) for record in records if key in record]
        if points:
            axis.plot(*zip(*points, strict=True), label=label, color=color, marker="." if len(points) < 50 else "")
    axis.set_xlabel("step")
    axis.set_ylabel("loss")
    axis.spines[["top", "right"]].set_visible(False)
    if axis.lines:
        axis.legend(frameon=False)
    figure.savefig(path, dpi=120)


def gradient_flow(path: Path, norms: Mapping[str, np.ndarray], gates: Mapping[str, np.ndarray]) -> None:
    """Draws how a gradient's norm changes with the steps back, and beside it how much an LSTM's gates forget.

    Args:
      path: The picture.
      norms: By the carry's field and a moment, as in "h, at the start" (drawn thin) and "h, after training" (thick),
        norms of 1, 2, ... steps back, ``[T]``. What is exactly 0 has no place on a logarithmic scale.
      gates: By "at the start" and "after training", forget gates ``[T, H]``; without any their panel is left out.
    """
    figure = Figure(figsize=(12 if gates else 7.5, 4.5), layout="constrained")
    flow, *beside = figure.subplots(1, 2 if gates else 1, squeeze=False)[0]
    for label, norm in norms.items():
        seen, is_start = np.where(norm > 0, norm, np.nan), label.endswith("at the start")
        color = MODEL if label.startswith("h") else INK
        width, style = (1.4, "--") if is_start else (2.2, "-")
        flow.semilogy(np.arange(1, len(norm) + 1), seen, label=label, color=color, lw=width, ls=style)
    flow.set_xlabel("steps back")
    flow.set_ylabel("norm of the gradient of the last step's loss")
    for axis in beside:
        for (label, gate), color in zip(gates.items(), (RULE, MODEL), strict=True):
            low, middle, high = np.quantile(1 - gate, (0.1, 0.5, 0.9), axis=1)
            steps = np.arange(1, len(middle) + 1)
            axis.plot(steps, middle, color=color, label=f"{label}, median unit")
            axis.fill_between(steps, low, high, color=color, alpha=0.2, lw=0, label="10% to 90% of the units")
        axis.set_yscale("log")
        axis.set_xlabel("step")
        axis.set_ylabel("share of c that is forgotten, 1 - f")
    for axis in (flow, *beside):
        axis.margins(x=0)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False)
    figure.savefig(path, dpi=120)


def bars(path: Path, values: Mapping[str, float], measure: str, models: Collection[str]) -> None:
    """Draws one bar a row of a table, those of ``models`` in another colour."""
    figure = Figure(figsize=(8, 0.4 * len(values) + 1), layout="constrained")
    axis = figure.subplots()
    colors = [MODEL if name in models else RULE for name in values]
    drawn = axis.barh(list(values), list(values.values()), color=colors)
    axis.bar_label(drawn, fmt="{:.4g}", padding=3)
    axis.invert_yaxis()
    axis.set_xlabel(measure)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def confusion(path: Path, counts: np.ndarray, classes: Sequence[str]) -> None:
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


def calibration(path: Path, bins: np.ndarray) -> None:
    """Draws accuracy against confidence, from rows of count, mean confidence and accuracy, ``[bins, 3]``."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axis, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    filled = bins[bins[:, 0] > 0]
    axis.plot([0, 1], [0, 1], color=INK, lw=0.8, ls="--", label="as sure as right")
    axis.plot(filled[:, 1], filled[:, 2], color=MODEL, marker="o", label="model")
    axis.set_ylabel("accuracy")
    axis.legend(frameon=False)
    edges = np.linspace(0, 1, len(bins) + 1)
    below.bar(edges[:-1], bins[:, 0], width=1 / len(bins), align="edge", color=RULE)
    below.set_xlabel("confidence, the probability of the predicted class")
    below.set_ylabel("texts")
    for each in (axis, below):
        each.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


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


def attention(path: Path, panels: Sequence[AttentionPanel]) -> None:
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


def score_by_length(path: Path, curves: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Draws measures against the length of the source, a panel each and a line for each of ``curves``.

    A curve has ``source tokens``, the mean lengths of N groups of sources, and their measures by name, ``[N]`` each.
    """
    measures = [name for name in next(iter(curves.values())) if name != "source tokens"]
    figure = Figure(figsize=(5 * len(measures), 4), layout="constrained")
    for axis, measure in zip(figure.subplots(1, len(measures), squeeze=False)[0], measures, strict=True):
        for name, curve in curves.items():
            axis.plot(curve["source tokens"], curve[measure], marker="o", label=name)
        axis.set_xlabel("tokens of the source")
        axis.set_ylabel(measure)
        axis.set_ylim(bottom=0)
        axis.spines[["top", "right"]].set_visible(False)
    if len(curves) > 1:
        figure.axes[0].legend(frameon=False)
    figure.savefig(path, dpi=120)


def piano_rolls(path: Path, rolls: Mapping[str, np.ndarray], frames_per_quarter: int, start: int) -> None:
    """Draws pieces ``[T, 88]`` side by side: time to the right, high notes above; a line where their start ends.

    Args:
      path: The picture.
      rolls: The pieces by title.
      frames_per_quarter: Frames of a quarter note.
      start: Frames that were given.
    """
    used = np.flatnonzero(np.any([roll.any(axis=0) for roll in rolls.values()], axis=0))
    low, high = (max(used[0] - 3, 0), min(used[-1] + 3, 87)) if len(used) else (0, 87)
    figure = Figure(figsize=(min(7 * len(rolls), 14), 4.5), layout="constrained")
    axes = figure.subplots(1, len(rolls), sharey=True, squeeze=False)[0]
    for axis, (title, roll) in zip(axes, rolls.items(), strict=True):
        extent = (0, len(roll) / frames_per_quarter, -0.5, roll.shape[1] - 0.5)
        axis.imshow(roll.T, aspect="auto", origin="lower", extent=extent, cmap="Blues", vmin=0, vmax=1.2)
        axis.axvline(start / frames_per_quarter, color=MODEL, lw=1)
        axis.set_title(title)
        axis.set_xlabel("quarter notes")
        axis.set_ylim(low - 0.5, high + 0.5)
    octaves = [key for key in range(3, roll.shape[1], 12) if low <= key <= high]
    axes[0].set_yticks(octaves, [f"C{1 + key // 12}" for key in octaves])
    figure.savefig(path, dpi=120)


def loss_by_distance(path: Path, curves: Mapping[str, Mapping[int, float]], distance: str) -> None:
    """Draws mean losses against the distance from the start, up to which each is the mean: the model's line thick."""
    figure = Figure(figsize=(8, 4), layout="constrained")
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
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
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


def tinted_words(path: Path, texts: Iterable[TintedText], title: str, legend: str) -> None:
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


def _unit(step: np.timedelta64, errors: Mapping[str, np.ndarray]) -> tuple[np.timedelta64, str]:
    """A unit of time in which the horizon is a number of a readable size."""
    span = step * max(map(len, errors.values()))
    for seconds, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if span >= np.timedelta64(4 * seconds, "s"):
            return np.timedelta64(seconds, "s"), name
    return np.timedelta64(1, "s"), "seconds"
