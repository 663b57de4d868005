"""Forecasts and their errors."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.dates
import numpy as np
from matplotlib.figure import Figure

from seqjax.plots.colors import BASELINE, INK, MODEL


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


def plot_forecasts(path: Path, panels: Sequence[Panel], quantiles: Sequence[float], target: str, rule: str) -> None:
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
            axis.plot(ahead, panel.rule, color=BASELINE, lw=1.2, ls="--", label=rule)
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


def plot_error_by_step(path: Path, errors: Mapping[str, np.ndarray], step: np.timedelta64) -> None:
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


def _unit(step: np.timedelta64, errors: Mapping[str, np.ndarray]) -> tuple[np.timedelta64, str]:
    """A unit of time in which the horizon is a number of a readable size."""
    span = step * max(map(len, errors.values()))
    for seconds, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if span >= np.timedelta64(4 * seconds, "s"):
            return np.timedelta64(seconds, "s"), name
    return np.timedelta64(1, "s"), "seconds"
