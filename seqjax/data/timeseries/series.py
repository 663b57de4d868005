"""Time series: equally spaced rows of numbers in named columns."""

from dataclasses import dataclass, replace

import numpy as np

from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.timestamps import TimeStyle
from seqjax.data.timeseries.values import POINT, NumberForm
from seqjax.errors import InputError


@dataclass(frozen=True)
class Series:
    """Columns of numbers at equally spaced times.

    Attributes:
      name: Name of the series in messages, such as its file.
      columns: Names of the C columns.
      times: ``datetime64[s] [T]``, in UTC or on the clock of the stamps, see :class:`TimeStyle`; a count of rows in
        seconds since 1970 if there are no times.
      values: ``float64 [T, C]``, NaN where a value is missing.
      lines: Line number in the file of each row, ``[T]``; 0 for a row that was inserted into a gap.
      step: Time between two rows.
      style: Format of the file's time stamps.
      unit: "line", or "row" in a file that has no lines.
      signs: Signs in the numbers of the file.
    """

    name: str
    columns: tuple[str, ...]
    times: np.ndarray
    values: np.ndarray
    lines: np.ndarray
    step: Step
    style: TimeStyle
    unit: str = "line"
    signs: NumberForm = POINT

    def __len__(self) -> int:
        """Number of rows T."""
        return len(self.times)

    def column(self, name: str) -> np.ndarray:
        """One column, ``[T]``."""
        return self.values[:, self.columns.index(name)]

    def rows(self, start: int, stop: int) -> "Series":
        """The rows from ``start`` up to, but not including, ``stop``."""
        part = slice(start, stop)
        return replace(self, times=self.times[part], values=self.values[part], lines=self.lines[part])

    def times_after(self, count: int) -> np.ndarray:
        """The next ``count`` times after the last one, ``datetime64[s] [count]``."""
        return self.step.advance(self.times[-1], np.arange(1, count + 1))

    def local_times(self, zone: str) -> np.ndarray:
        """The times on the clock of a zone; see :meth:`TimeStyle.local`."""
        return self.style.local(self.times, zone)

    def place(self, row: int) -> str:
        """The line of a row in the file, or its time if the file has no such line, for messages."""
        return (
            f"{self.unit} {self.lines[row]}" if self.lines[row] else f"the row for {self.style.write(self.times[row])}"
        )

    def require_complete(self) -> None:
        """Checks that no value is missing.

        Raises:
          InputError: With the line and the column of the first missing value.
        """
        rows, columns = np.nonzero(np.isnan(self.values))
        if len(rows) == 0:
            return
        row, missing = rows[0], [self.columns[column] for column in columns[rows == rows[0]]]
        remedy = "fill it in, or train with data.missing='mask'"
        if self.lines[row] == 0:
            before = self.lines[:row][self.lines[:row] > 0]
            after = f"after {self.unit} {before[-1]} " if len(before) else ""
            stamp = self.style.write(self.times[row])
            remedy += self.clock_advice(self.times[row])
            if np.mean(self.lines == 0) > 0.02:
                remedy += (
                    f"; or set data.time_column to '' to count the rows, for {np.sum(self.lines == 0):,} are missing"
                )
            raise InputError(f"{self.name}: {after}the row for {stamp} is missing; {remedy}")
        if np.isnan(self.values[:, columns[0]]).all():
            raise InputError(f"{self.name}: column {missing[0]!r} has no value; leave it out of the config")
        if np.isnan(self.values[row:, columns[0]]).all():
            remedy = "fill it in, leave out the rows from there on, or train with data.missing='mask'"
        raise InputError(
            f"{self.name}: {self.unit} {self.lines[row]}, column {missing[0]!r}: the value is missing; {remedy}"
        )

    def clock_advice(self, time: np.datetime64) -> str:
        """Advice on a row that is absent or twice there, if clocks may have been changed at its time."""
        stamp = time.astype("datetime64[s]").item()
        if not self.style.local_clock or stamp.weekday() < 6 or stamp.hour > 3:
            return ""
        return "; if clocks were changed then, set data.timezone to their zone, such as 'Europe/Berlin'"
