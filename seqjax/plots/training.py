"""Training curves and comparisons of runs."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from seqjax.plots.colors import BASELINE, MODEL
from seqjax.plots.figure import new_figure, open_frame, save


def plot_losses(path: Path, records: Sequence[Mapping[str, float | int]]) -> None:
    """Plots the training and the validation loss against the step, from the records of ``metrics.jsonl``."""
    figure = new_figure(8, 4)
    axis = figure.subplots()
    for key, label, color in (("train_loss", "training", BASELINE), ("validation_loss", "validation", MODEL)):
        points = [(record["step"], record[key]) for record in records if key in record]
        if points:
            axis.plot(*zip(*points, strict=True), label=label, color=color, marker="." if len(points) < 50 else "")
    axis.set_xlabel("step")
    axis.set_ylabel("loss")
    open_frame(axis)
    if axis.lines:
        axis.legend(frameon=False)
    save(figure, path)


def plot_bars(path: Path, values: Mapping[str, float], measure: str, models: Collection[str]) -> None:
    """Plots one bar for each row of a table: its ``measure``, given by name, with ``models`` in another colour."""
    figure = new_figure(8, 0.4 * len(values) + 1)
    axis = figure.subplots()
    colors = [MODEL if name in models else BASELINE for name in values]
    bars = axis.barh(list(values), list(values.values()), color=colors)
    axis.bar_label(bars, fmt="{:.4g}", padding=3)
    axis.invert_yaxis()
    axis.set_xlabel(measure)
    open_frame(axis)
    save(figure, path)
