"""Training curves and comparisons of runs."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from seqjax.plots.colors import BASELINE, MODEL


def plot_losses(path: Path, records: Sequence[Mapping[str, float | int]]) -> None:
    """Draws the training and the validation loss against the step, from the records of ``metrics.jsonl``."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axis = figure.subplots()
    for key, label, color in (("train_loss", "training", BASELINE), ("validation_loss", "validation", MODEL)):
        points = [(record["step"], record[key]) for record in records if key in record]
        if points:
            axis.plot(*zip(*points, strict=True), label=label, color=color, marker="." if len(points) < 50 else "")
    axis.set_xlabel("step")
    axis.set_ylabel("loss")
    axis.spines[["top", "right"]].set_visible(False)
    if axis.lines:
        axis.legend(frameon=False)
    figure.savefig(path, dpi=120)


def plot_bars(path: Path, values: Mapping[str, float], measure: str, models: Collection[str]) -> None:
    """Draws one bar a row of a table, those of ``models`` in another colour."""
    figure = Figure(figsize=(8, 0.4 * len(values) + 1), layout="constrained")
    axis = figure.subplots()
    colors = [MODEL if name in models else BASELINE for name in values]
    drawn = axis.barh(list(values), list(values.values()), color=colors)
    axis.bar_label(drawn, fmt="{:.4g}", padding=3)
    axis.invert_yaxis()
    axis.set_xlabel(measure)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
