"""How far gradients reach back in time."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seqjax.plots.colors import BASELINE, INK, MODEL
from seqjax.plots.figure import new_figure, open_frame, save


def plot_gradient_flow(path: Path, norms: Mapping[str, np.ndarray], gates: Mapping[str, np.ndarray]) -> None:
    """Draws how a gradient's norm changes with the steps back, and beside it how much an LSTM's gates forget.

    Args:
      path: The picture.
      norms: By the carry's field and a moment, as in "h, at the start" (drawn thin) and "h, after training" (thick),
        norms of 1, 2, ... steps back, ``[T]``. What is exactly 0 has no place on a logarithmic scale.
      gates: By "at the start" and "after training", forget gates ``[T, H]``; without any their panel is left out.
    """
    figure = new_figure(12 if gates else 7.5, 4.5)
    flow, *beside = figure.subplots(1, 2 if gates else 1, squeeze=False)[0]
    for label, norm in norms.items():
        seen, is_start = np.where(norm > 0, norm, np.nan), label.endswith("at the start")
        color = MODEL if label.startswith("h") else INK
        width, style = (1.4, "--") if is_start else (2.2, "-")
        flow.semilogy(np.arange(1, len(norm) + 1), seen, label=label, color=color, lw=width, ls=style)
    flow.set_xlabel("steps back")
    flow.set_ylabel("norm of the gradient of the last step's loss")
    for axis in beside:
        for (label, gate), color in zip(gates.items(), (BASELINE, MODEL), strict=True):
            low, middle, high = np.quantile(1 - gate, (0.1, 0.5, 0.9), axis=1)
            steps = np.arange(1, len(middle) + 1)
            axis.plot(steps, middle, color=color, label=f"{label}, median unit")
            axis.fill_between(steps, low, high, color=color, alpha=0.2, lw=0, label="10% to 90% of the units")
        axis.set_yscale("log")
        axis.set_xlabel("step")
        axis.set_ylabel("share of c that is forgotten, 1 - f")
    for axis in (flow, *beside):
        axis.margins(x=0)
        open_frame(axis)
        axis.legend(frameon=False)
    save(figure, path)
