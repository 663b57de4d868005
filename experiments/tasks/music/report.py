"""Files of a composed piece: MIDI, sound and a picture."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from seqjax.data.music.midi import write_midi
from seqjax.data.music.sound import write_wav
from seqjax.data.music.timing import Timing
from seqjax.plots.music import plot_piano_rolls

TIMING = Timing(tempi=((0.0, 80.0),))  # of a piece whose prompt has none of its own


def piece_writers(
    roll: np.ndarray, frames_per_quarter: int, prompt_frames: int, timing: Timing = TIMING
) -> dict[str, Callable[[Path], object]]:
    """Functions that write a piece to a path, by the ending of the file: ``.mid``, ``.wav`` and ``.png``.

    Args:
      roll: The piece, ``[T, 88]``.
      frames_per_quarter: Frames per quarter note.
      prompt_frames: Frames of the prompt; the picture marks its end.
      timing: Tempi and metres.
    """
    seconds_per_frame = np.diff(timing.seconds(np.arange(len(roll) + 1) / frames_per_quarter))
    return {
        ".mid": lambda path: write_midi(path, roll, frames_per_quarter, timing),
        ".wav": lambda path: write_wav(path, roll, seconds_per_frame),
        ".png": lambda path: plot_piano_rolls(path, {"composed": roll}, frames_per_quarter, prompt_frames),
    }
