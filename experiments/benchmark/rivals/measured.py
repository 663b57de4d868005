"""What every subject hands to its process."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

Arrays = Mapping[str, np.ndarray]


class Measured(NamedTuple):
    """Something ready to be timed.

    Attributes:
      call: Does it once, and returns when the result is there.
      numbers: What it computes, as arrays by name, all float32; checked against the other subjects'.
      steps: How many parts of equal work a call has; times are given for one of them.
      report: What else is put on record after a timing, by name.
    """

    call: Callable[[], object]
    numbers: Callable[[], dict[str, np.ndarray]]
    steps: int = 1
    report: Callable[[], dict[str, float]] = dict


def cells_of(arrays: Arrays) -> list[dict[str, np.ndarray]]:
    """The weights ``w_x``, ``w_h`` and ``b`` of each cell."""
    count = sum(name.startswith("w_h_") for name in arrays)
    return [{name: arrays[f"{name}_{n}"] for name in ("w_x", "w_h", "b")} for n in range(count)]
