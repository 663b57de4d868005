"""Plots of vanishing gradients and of an LSTM's forget gates."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqjax.plots.colors import BASELINE, INK, MODEL
from seqjax.plots.figure import new_figure, open_frame, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_gradient_flow(path: Path, norms: Mapping[str, np.ndarray], gates: Mapping[str, np.ndarray]) -> None:
    """Saves :func:`gradient_flow_figure`."""
    save(gradient_flow_figure(norms, gates), path)


def gradient_flow_figure(norms: Mapping[str, np.ndarray], gates: Mapping[str, np.ndarray]) -> "Figure":
    """Draws the norm of a gradient against the steps back in time, and next to it the share that an LSTM forgets.

    Args:
      norms: Gradient norms 1, 2, ... T steps back, ``[T]``, by a field of the carry and a time, as in "h, before
        training" (thin and dashed) and "h, after training" (thick). Norms of 0 are left out of the logarithmic axis.
      gates: Forget gates ``[T, H]``, by "before training" and "after training". Without any, their axes are left out.
    """
    figure = new_figure(12 if gates else 7.5, 4.5)
    flow, *forget = figure.subplots(1, 2 if gates else 1, squeeze=False)[0]
    for label, norm in norms.items():
        positive, is_before = np.where(norm > 0, norm, np.nan), label.endswith("before training")
        color = MODEL if label.startswith("h") else INK
        width, style = (1.4, "--") if is_before else (2.2, "-")
        flow.semilogy(np.arange(1, len(norm) + 1), positive, label=label, color=color, lw=width, ls=style)
    flow.set_xlabel("steps back")
    flow.set_ylabel("norm of the gradient of the last step's loss")
    for axis in forget:
        for (label, gate), color in zip(gates.items(), (BASELINE, MODEL), strict=True):
            low, median, high = np.quantile(1 - gate, (0.1, 0.5, 0.9), axis=1)
            steps = np.arange(1, len(median) + 1)
            axis.plot(steps, median, color=color, label=f"{label}, median unit")
            axis.fill_between(steps, low, high, color=color, alpha=0.2, lw=0, label="10% to 90% of the units")
        axis.set_yscale("log")
        axis.set_xlabel("step")
        axis.set_ylabel("share of c that is forgotten, 1 - f")
    for axis in (flow, *forget):
        axis.margins(x=0)
        open_frame(axis)
        axis.legend(frameon=False)
    return figure
