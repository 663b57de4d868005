"""Scores of texts by length and loss by position."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from seqjax.plots.colors import MODEL


def plot_score_by_length(path: Path, curves: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
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


def plot_loss_by_distance(path: Path, curves: Mapping[str, Mapping[int, float]], distance: str) -> None:
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
