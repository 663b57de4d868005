"""Windows of a time series: the inputs of a forecaster and its targets.

A window is identified by its *origin*, the first row to forecast. Its inputs are the ``lookback`` rows before the
origin, its targets the ``horizon`` rows from the origin on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from seqjax.data.splits import is_counts
from seqjax.data.timeseries.calendar import HARMONICS, calendar_features, local_times
from seqjax.data.timeseries.scaler import Scaler
from seqjax.data.timeseries.series import Series
from seqjax.errors import InputError


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
        "day_of_year".
      timezone: Time zone of the calendar, for time stamps with a zone; "" takes the times as they are in the file.
      missing: "error" rejects missing values; "mask" fills them with the last value before, gives the model a flag for
        each, and leaves them out of all losses and measures.
    """

    targets: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    timezone: str = ""
    missing: str = "error"

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
        return len(self.known) + 2 * HARMONICS * len(self.calendar)

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

    Args:
      series: Series with the columns ``columns.all``, in this order.
      columns: Roles of the columns.
      scaler: Statistics of the same columns.
      lookback: Rows of input of a window.
      horizon: Rows to forecast.

    Raises:
      InputError: If a value is missing and ``columns.missing`` is "error", or a time zone is given for times without
        one.
    """
    if columns.missing == "error":
        series.require_complete()
    observed = ~np.isnan(series.values)
    scaled = forward_fill(scaler.scale(series.values)).astype(np.float32)
    clock = series.times
    if columns.timezone:
        if not series.style.zoned:
            raise InputError(
                f"data.timezone is {columns.timezone!r}, but {series.name} gives times without a zone; "
                "set data.timezone to '' or add Z or an offset to the time stamps"
            )
        clock = local_times(clock, columns.timezone)
    cycles = calendar_features(clock, columns.calendar)
    flags = observed.astype(np.float32) if columns.missing == "mask" else np.zeros((len(series), 0), np.float32)
    targets = len(columns.targets)
    first_known = targets + len(columns.covariates)
    return Windows(
        inputs=np.concatenate([scaled, cycles, flags], axis=1),
        known=np.concatenate([scaled[:, first_known:], cycles], axis=1),
        targets=scaled[:, :targets],
        observed=observed[:, :targets],
        lookback=lookback,
        horizon=horizon,
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


def append_future(
    series: Series, columns: Columns, *, lookback: int, horizon: int, warn: Callable[[str], None]
) -> tuple[Series, int]:
    """Appends the rows to forecast to a history.

    Args:
      series: Series with the columns ``columns.all``. It may end with rows without targets, which give the known
        columns of the future.
      columns: Roles of the columns.
      lookback: Rows of input of a window.
      horizon: Rows to forecast.
      warn: Called with a message for each known column that is not given for the whole horizon and is filled with its
        median.

    Returns:
      The history followed by ``horizon`` future rows, and the number of the first future row.

    Raises:
      InputError: If the history is shorter than ``lookback``.
    """
    targets = len(columns.targets)
    observed = np.flatnonzero(~np.isnan(series.values[:, :targets]).all(axis=1))
    origin = int(observed[-1]) + 1 if len(observed) else 0
    if origin < lookback:
        raise InputError(
            f"{series.name} has a history of {origin} rows, but the model looks back {lookback}; give that many"
        )
    history = series.rows(0, origin)
    values = np.concatenate([history.values, np.repeat(history.values[-1:], horizon, axis=0)])
    given = series.values[origin : origin + horizon]
    for index in range(targets + len(columns.covariates), len(columns.all)):
        median = float(np.nanmedian(history.values[:, index]))
        future = np.full(horizon, np.nan)
        future[: len(given)] = given[:, index]
        unknown = np.isnan(future)
        if unknown.any():
            warn(
                f"{columns.all[index]} is not given for {unknown.sum()} of the {horizon} rows to come; "
                f"taken as {median:g}, its median (rows with empty {columns.targets[0]} at the end would give it)"
            )
        values[origin:, index] = np.where(unknown, median, future)
    times = np.concatenate([history.times, history.times_after(horizon)])
    lines = np.concatenate([history.lines, np.zeros(horizon, int)])
    return replace(series, times=times, values=values, lines=lines), origin
