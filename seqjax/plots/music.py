"""Plots of piano rolls."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqjax.plots.colors import MODEL
from seqjax.plots.figure import new_figure, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_piano_rolls(path: Path, rolls: Mapping[str, np.ndarray], frames_per_quarter: int, prompt_frames: int) -> None:
    """Saves :func:`piano_rolls_figure` as a picture at ``path``."""
    save(piano_rolls_figure(rolls, frames_per_quarter, prompt_frames), path)


def piano_rolls_figure(rolls: Mapping[str, np.ndarray], frames_per_quarter: int, prompt_frames: int) -> "Figure":
    """A panel for each piece: time in quarter notes to the right, pitch upwards, a line at the end of the prompt.

    Args:
      rolls: Pieces by title, ``[T, 88]``, 1 where a key sounds.
      frames_per_quarter: Frames per quarter note.
      prompt_frames: Frames of the prompt, which were given, not composed.
    """
    used = np.flatnonzero(np.any([roll.any(axis=0) for roll in rolls.values()], axis=0))
    low, high = (max(used[0] - 3, 0), min(used[-1] + 3, 87)) if len(used) else (0, 87)
    figure = new_figure(min(7 * len(rolls), 14), 4.5)
    axes = figure.subplots(1, len(rolls), sharey=True, squeeze=False)[0]
    for axis, (title, roll) in zip(axes, rolls.items(), strict=True):
        extent = (0, len(roll) / frames_per_quarter, -0.5, roll.shape[1] - 0.5)
        axis.imshow(roll.T, aspect="auto", origin="lower", extent=extent, cmap="Blues", vmin=0, vmax=1.2)
        axis.axvline(prompt_frames / frames_per_quarter, color=MODEL, lw=1)
        axis.set_title(title)
        axis.set_xlabel("quarter notes")
        axis.set_ylim(low - 0.5, high + 0.5)
    octaves = [key for key in range(3, roll.shape[1], 12) if low <= key <= high]
    axes[0].set_yticks(octaves, [f"C{1 + key // 12}" for key in octaves])
    return figure
