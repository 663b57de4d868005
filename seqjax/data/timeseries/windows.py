"""Windows of a time series: the inputs of a forecaster and its targets.

A window is identified by its *origin*, the first row to forecast. Its inputs are the ``lookback`` rows before the
origin, its targets the ``horizon`` rows from the origin on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seqjax.data.splits import is_counts
from seqjax.data.timeseries.calendar import calendar_features, calendar_width
from seqjax.data.timeseries.scaler import ROUNDING, Scaler
from seqjax.data.timeseries.series import Series
from seqjax.errors import InputError

OUTLYING = 30.0  # standard deviations from the mean: the most that the model reads of a column that is no target
LARGEST = 1e15  # standard deviations from the mean: the most that a target may be; float32 sums of squares hold it


class Batch(NamedTuple):
    """Windows as arrays of ``float32``.

    Attributes:
      inputs: The past, ``[B, T, D]``: the targets first, then all other columns.
      known: Covariates known for the future, ``[B, N, K]``: the known columns and the calendar.
      targets: Standardised targets of the future, ``[B, N, M]``.
      weights: 1 where a target was observed, 0 where it is missing or padding, ``[B, N, M]``.
    """

    inputs: np.ndarray
    known: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Columns:
    """Roles of the columns of a series.

    Attributes:
      targets: Columns to forecast.
      covariates: Columns of which the model reads the past.
      known: Columns of which the model reads past and future, such as holidays.
      calendar: Cycles of the calendar that the model reads, past and future: "time_of_day", "day_of_week" or
        "day_of_year"; and "holiday".
      timezone: Time zone of the calendar; "" reads time stamps with a zone in UTC, and others as they are.
      holidays: The holidays, days and countries.
      missing: "error" rejects missing values; "mask" fills them with the last value before, gives the model a flag for
        each, and leaves them out of all losses and measures.
    """

    targets: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    timezone: str = ""
    missing: str = "error"
    holidays: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.targets:
            raise InputError("data.targets is empty; name the columns to forecast")
        if len(set(self.all)) < len(self.all):
            raise InputError("data.targets, data.covariates and data.known name a column twice; name each once")
        if self.missing not in ("error", "mask"):
            raise InputError(f"data.missing is {self.missing!r}; it must be 'error' or 'mask'")

    @property
    def all(self) -> tuple[str, ...]:
        """All columns: targets, covariates, known columns."""
        return self.targets + self.covariates + self.known

    @property
    def known_features(self) -> int:
        """Number K of features that are known for the future."""
        return len(self.known) + calendar_width(self.calendar)

    @property
    def in_features(self) -> int:
        """Number D of features of the past."""
        flags = len(self.all) if self.missing == "mask" else 0
        return len(self.targets) + len(self.covariates) + self.known_features + flags


@dataclass(frozen=True)
class Windows:
    """All windows of a standardised series.

    Windows are slices of the same four arrays, so that storage grows with the series and not with the windows.

    Attributes:
      inputs: ``float32 [T, D]``.
      known: ``float32 [T, K]``.
      targets: Standardised targets, ``float32 [T, M]``; a missing value has the last value before it.
      observed: False where a target is missing, ``bool [T, M]``.
      lookback: Rows of input of a window.
      horizon: Rows to forecast.
    """

    inputs: np.ndarray
    known: np.ndarray
    targets: np.ndarray
    observed: np.ndarray
    lookback: int
    horizon: int

    def origins(self, start: int, stop: int) -> np.ndarray:
        """Origins of all windows whose targets are in the rows from ``start`` up to, but not including, ``stop``.

        Their inputs may reach back before ``start``.
        """
        return np.arange(max(start, self.lookback), stop - self.horizon + 1)

    def past(self, origins: np.ndarray) -> np.ndarray:
        """Inputs of the windows at ``origins [B]``, ``[B, T, D]``."""
        return _slices(self.inputs, origins - self.lookback, self.lookback)

    def batch(self, origins: np.ndarray, pad_to: int = 0) -> Batch:
        """The windows at ``origins [B]``, padded to at least ``pad_to`` rows with windows of weight 0."""
        padding = max(pad_to - len(origins), 0)
        rows = np.pad(origins, (0, padding), mode="edge")
        known, targets, observed = (_slices(a, rows, self.horizon) for a in (self.known, self.targets, self.observed))
        weights = observed.astype(np.float32)
        weights[len(origins) :] = 0
        return Batch(self.past(rows), known, targets, weights)


def _slices(array: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
    """Slices of ``length`` rows of ``array [T, D]`` from each of ``starts [B]`` on, ``[B, length, D]``.

    A slice is contiguous and is copied as a whole, which is several times faster than row by row.
    """
    width = array.shape[1]
    if width == 0:
        return np.empty((len(starts), length, 0), array.dtype)
    slices = np.lib.stride_tricks.sliding_window_view(array.reshape(-1), length * width)[::width]
    copied: np.ndarray = slices[starts].reshape(len(starts), length, width)
    return copied


def make_windows(series: Series, columns: Columns, scaler: Scaler, *, lookback: int, horizon: int) -> Windows:
    """Standardises a series, fills missing values and adds calendar features.

    Columns that are no targets are clipped at ``OUTLYING``, so that no input is out of all proportion to those that the
    model was trained on.

    Args:
      series: Series with the columns ``columns.all``, in this order.
      columns: Roles of the columns.
      scaler: Statistics of the same columns.
      lookback: Rows of input of a window.
      horizon: Rows to forecast.

    Raises:
      InputError: If a value is missing and ``columns.missing`` is "error", a target is further than ``LARGEST`` from
        its mean, or there is a calendar but no times.
    """
    if columns.missing == "error":
        series.require_complete()
    observed = ~np.isnan(series.values)
    targets = len(columns.targets)
    standard = scaler.scale(series.values)
    standard[:, targets:] = np.clip(standard[:, targets:], -OUTLYING, OUTLYING)
    _require_moderate(series, standard)
    scaled = forward_fill(standard).astype(np.float32)
    if columns.calendar and series.style.is_count:
        raise InputError(f"data.calendar is {columns.calendar}, but {series.name} has no times; set it to ()")
    cycles = calendar_features(series.local_times(columns.timezone), columns.calendar, columns.holidays)
    flags = observed.astype(np.float32) if columns.missing == "mask" else np.zeros((len(series), 0), np.float32)
    first_known = targets + len(columns.covariates)
    return Windows(
        inputs=np.concatenate([scaled, cycles, flags], axis=1),
        known=np.concatenate([scaled[:, first_known:], cycles], axis=1),
        targets=scaled[:, :targets],
        observed=observed[:, :targets],
        lookback=lookback,
        horizon=horizon,
    )


def unusual_values(series: Series, columns: Columns, scaler: Scaler) -> list[str]:
    """Remarks on columns whose values are unlike those of the training part, one for each column.

    These are columns that did not change in the training part and do now, of which the model is given no change, and
    columns with values that are further than ``OUTLYING`` from the mean.
    """
    remarks = []
    standard = scaler.scale(series.values)
    for index, name in enumerate(columns.all):
        values = series.values[:, index]
        if scaler.constant[index]:
            others = np.flatnonzero(np.abs(values - scaler.mean[index]) > 2 * ROUNDING * np.abs(scaler.mean[index]))
            if len(others):
                remarks.append(
                    f"column {name!r} does not change in the training part, so the model reads it as "
                    f"{scaler.mean[index]:g} even where it differs, as in {series.place(int(others[0]))}"
                )
            continue
        far = np.flatnonzero(np.abs(standard[:, index]) > OUTLYING)
        if len(far):
            read = (
                "forecasts near them are not reliable"
                if index < len(columns.targets)
                else f"the model reads {OUTLYING:g}"
            )
            remarks.append(
                f"column {name!r} has values more than {OUTLYING:g} standard deviations from its mean in the training "
                f"part ({len(far)}, the first in {series.place(int(far[0]))}); {read}"
            )
    return remarks


def _require_moderate(series: Series, standard: np.ndarray) -> None:
    """Raises ``InputError`` if a standardised value ``[T, C]`` is too large for the arithmetic of a model."""
    rows, columns = np.nonzero(np.abs(standard) > LARGEST)
    if len(rows):
        row, column = rows[0], columns[0]
        raise InputError(
            f"{series.name}: {series.place(int(row))}, column {series.columns[column]!r}: "
            f"{series.values[row, column]:g} is {abs(standard[row, column]):.0e} standard deviations from the mean of "
            "the training part; correct it, or leave it empty and train with data.missing='mask'"
        )


def forward_fill(values: np.ndarray) -> np.ndarray:
    """Replaces each NaN of ``values [T, C]`` by the last number before it, or by 0 if there is none."""
    observed = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(observed, np.arange(len(values))[:, None], 0), axis=0)
    filled: np.ndarray = np.nan_to_num(np.take_along_axis(values, last, axis=0))
    return filled


def split_rows(
    series: Series,
    split: Sequence[float | int],
    lookback: int,
    horizon: int,
    season: int,
    record: Sequence[str] | None = None,
) -> tuple[int, int, int]:
    """Divides a series in time into training, validation and test part.

    Args:
      series: The series.
      split: Sizes of the three parts: shares that add up to 1, or numbers of rows.
      lookback: Rows of input of a window.
      horizon: Rows to forecast.
      season: Longest lag of the seasonal baselines, in rows.
      record: The result of :func:`rows_record` for an earlier split; the parts then end at the same times, unless all
        rows are later.

    Returns:
      The ends of the three parts: the row after the last one of each.

    Raises:
      ValueError: If ``split`` is not three sizes.
      InputError: If the parts need more rows than there are, or a part is too short for one window.
    """
    rows = len(series)
    if len(split) != 3 or (not is_counts(split) and sum(split) > 1 + 1e-6):
        raise ValueError(f"split must be three shares that add up to 1, or three numbers of rows, not {tuple(split)}")
    if record is not None and series.times[0] > np.datetime64(record[-1]):
        record = None  # All rows are new.
    if record is not None:
        ends = [np.searchsorted(series.times, np.datetime64(time), side="right") for time in record]
    elif is_counts(split):
        ends = list(np.cumsum(split))
    else:
        ends = [round(rows * share) for share in np.cumsum(split)]
    train, valid, test = map(int, ends)
    if test > rows:
        raise InputError(f"data.split asks for {test} rows, but {series.name} has {rows}")
    needed = {"training": (train, max(lookback, season) + horizon), "validation": (valid - train, horizon)}
    needed["test"] = (test - valid, horizon)
    for part, (length, least) in needed.items():
        if length < least:
            raise InputError(
                f"{series.name} is too short: its {part} part has {length} of {rows} rows, but look-back {lookback}, "
                f"horizon {horizon} and season {season} need {least} there; give a longer series or lower them"
                + (f", or train on another workdir: the parts of the run end at {', '.join(record)}" if record else "")
            )
    return train, valid, test


def rows_record(series: Series, ends: Sequence[int]) -> list[str]:
    """The time of the last row of each part, from the parts' ends; JSON values for :func:`split_rows`."""
    return [str(series.times[end - 1]) for end in ends]
