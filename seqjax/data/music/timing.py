"""Tempo and metre of a piece, which may change."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

TEMPO = 120.0  # quarter notes per minute in a MIDI file that names no tempo

Tempo = tuple[float, float]  # time in quarter notes, and quarter notes per minute from there on
Metre = tuple[float, int, int]  # time in quarter notes, and numerator and denominator from there on


class Timing(NamedTuple):
    """Tempi and metres of a piece, each in the order of time. The first of each is at time 0.

    Attributes:
      tempi: ``(time, quarter notes per minute)``, time in quarter notes.
      metres: ``(time, numerator, denominator)``.
    """

    tempi: tuple[Tempo, ...] = ((0.0, TEMPO),)
    metres: tuple[Metre, ...] = ((0.0, 4, 4),)

    @classmethod
    def of(cls, tempi: Iterable[Tempo], metres: Iterable[Metre]) -> "Timing":
        """A timing from changes in the order of time; of several at one time the last one holds."""
        last_tempi, last_metres = ({each[0]: each for each in tempi}, {each[0]: each for each in metres})
        return cls(tuple(last_tempi.values()), tuple(last_metres.values()))

    def at_tempo(self, tempo: float) -> "Timing":
        """The same metres at one tempo, in quarter notes per minute."""
        return self._replace(tempi=((0.0, tempo),))

    def until(self, end: float) -> "Timing":
        """The timing without the changes after the first ``end`` quarter notes; ``end`` is above 0."""
        return Timing(
            tuple(each for each in self.tempi if each[0] < end), tuple(each for each in self.metres if each[0] < end)
        )

    def since(self, start: float) -> "Timing":
        """The timing from ``start`` quarter notes on, counted from there."""
        return Timing.of(
            ((max(time - start, 0.0), tempo) for time, tempo in self.tempi),
            ((max(time - start, 0.0), top, bottom) for time, top, bottom in self.metres),
        )

    def end_of_bars(self, count: int) -> float:
        """The end of the first ``count`` bars in quarter notes. A change of metre begins a bar."""
        end, index = 0.0, 0
        for _ in range(count):
            while index + 1 < len(self.metres) and self.metres[index + 1][0] <= end:
                index += 1
            _, numerator, denominator = self.metres[index]
            end += 4 * numerator / denominator
            if index + 1 < len(self.metres):
                end = min(end, self.metres[index + 1][0])
        return end

    def seconds(self, quarters: np.ndarray) -> np.ndarray:
        """Times ``[N]`` in seconds of times in quarter notes."""
        starts, tempi = np.array(self.tempi).T
        elapsed = np.concatenate([[0.0], np.cumsum(np.diff(starts) * 60 / tempi[:-1])])
        index = np.searchsorted(starts, quarters, side="right") - 1
        times: np.ndarray = elapsed[index] + (quarters - starts[index]) * 60 / tempi[index]
        return times
