"""Plots of forecasts and of their errors."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqjax.data.timeseries.step import Step
from seqjax.plots.colors import BASELINE, INK, MODEL
from seqjax.plots.figure import new_figure, open_frame, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Panel(NamedTuple):
    """One window: the end of its past, and its future.

    Attributes:
      times: ``datetime64 [P + N]``, the last N of which are forecast.
      target: Observed values of the target, ``[P + N]``, or ``[P]`` if the future is not known yet.
      forecast: Quantiles of the last N values, ``[N, Q]``.
      baseline: Forecast of a baseline for the last N values, ``[N]``, or None.
    """

    times: np.ndarray
    target: np.ndarray
    forecast: np.ndarray
    baseline: np.ndarray | None


def plot_forecasts(path: Path, panels: Sequence[Panel], quantiles: Sequence[float], name: str, baseline: str) -> None:
    """Saves :func:`forecasts_figure`."""
    save(forecasts_figure(panels, quantiles, name, baseline), path)


def forecasts_figure(panels: Sequence[Panel], quantiles: Sequence[float], name: str, baseline: str) -> "Figure":
    """Draws windows one below the other: target, median, the band between the outermost quantiles, and a baseline.

    Args:
      panels: The windows.
      quantiles: Levels of the Q quantiles in ascending order; empty for point forecasts.
      name: Name of the target, the label of the vertical axes.
      baseline: Name of the baseline in the legend.
    """
    from matplotlib.dates import ConciseDateFormatter

    figure = new_figure(10, 2.4 * len(panels) + 0.6)
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        horizon, width = panel.forecast.shape
        future = panel.times[-horizon:]
        if width > 1:
            low, high = panel.forecast[:, 0], panel.forecast[:, -1]
            label = f"{quantiles[0]:.0%} to {quantiles[-1]:.0%}"
            axis.fill_between(future, low, high, color=MODEL, alpha=0.2, lw=0, label=label)
        if panel.baseline is not None:
            axis.plot(future, panel.baseline, color=BASELINE, lw=1.2, ls="--", label=baseline)
        axis.plot(panel.times[: len(panel.target)], panel.target, color=INK, lw=1.2, label="observed")
        axis.plot(future, panel.forecast[:, width // 2], color=MODEL, lw=1.6, label="forecast")
        axis.axvline(future[0], color=INK, lw=0.6, alpha=0.5)
        axis.xaxis.set_major_formatter(ConciseDateFormatter(axis.xaxis.get_major_locator()))  # type: ignore[no-untyped-call]
        axis.set_ylabel(name)
        axis.margins(x=0)
        open_frame(axis)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
    return figure


def plot_error_by_step(path: Path, errors: Mapping[str, np.ndarray], step: Step) -> None:
    """Saves :func:`error_by_step_figure`."""
    save(error_by_step_figure(errors, step), path)


def error_by_step_figure(errors: Mapping[str, np.ndarray], step: Step) -> "Figure":
    """Draws the mean absolute error against the lead time of the forecast, the model with a thick line.

    Args:
      errors: Mean absolute error at each step of the horizon, ``[N]``, by name; "model" is the model.
      step: Time between two steps.
    """
    unit, name = _unit(step, max(map(len, errors.values())))
    figure = new_figure(8, 4.5)
    axis = figure.subplots()
    for label, error in errors.items():
        lead = np.arange(1, len(error) + 1) * (step.count / unit)
        is_model = label == "model"
        color = MODEL if is_model else None
        axis.plot(lead, error, label=label, color=color, lw=2.5 if is_model else 1.2, zorder=3 if is_model else 2)
    axis.set_xlabel(f"{name} ahead")
    axis.set_ylabel("mean absolute error")
    axis.set_ylim(bottom=0)
    axis.margins(x=0)
    open_frame(axis)
    axis.legend(frameon=False)
    return figure


def _unit(step: Step, horizon: int) -> tuple[int, str]:
    """A unit in which the horizon is a number of a readable size, counted in that of the step, and its name."""
    if step.unit != "s":
        return 1, {"M": "months", "B": "business days", "row": "rows"}[step.unit]
    for seconds, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if step.count * horizon >= 4 * seconds:
            return seconds, name
    return 1, "seconds"
