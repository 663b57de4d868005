"""The interface between a subject and its process."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

Arrays = Mapping[str, np.ndarray]


class Measured(NamedTuple):
    """A computation to be timed.

    Attributes:
      call: Runs it once, and returns when the result is ready.
      numbers: Its results by name, in float32, to be compared between subjects.
      steps: Number of equal steps in a call; times are given for one step.
      report: Other entries of the record after a timing, by name.
    """

    call: Callable[[], object]
    numbers: Callable[[], dict[str, np.ndarray]]
    steps: int = 1
    report: Callable[[], dict[str, float]] = dict


def cells_of(arrays: Arrays) -> list[dict[str, np.ndarray]]:
    """The weights ``w_x``, ``w_h`` and ``b`` of each cell."""
    count = sum(name.startswith("w_h_") for name in arrays)
    return [{name: arrays[f"{name}_{n}"] for name in ("w_x", "w_h", "b")} for n in range(count)]
