"""Figures in one style. Matplotlib is imported when the first one is drawn."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def new_figure(width: float | int, height: float | int) -> "Figure":
    """An empty figure; width and height are in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def open_frame(*axes: "Axes") -> None:
    """Removes the upper and the right line of the frames of some axes."""
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)


def save(figure: "Figure", path: Path) -> None:
    """Writes a figure as a picture."""
    figure.savefig(path, dpi=120)
