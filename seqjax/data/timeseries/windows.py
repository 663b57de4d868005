"""Windows of a series: what a forecaster sees, and what it is to say.

A window is named by its *origin*, the first row that is to be forecast. It sees the ``lookback`` rows before the
origin and forecasts the ``horizon`` rows from it on.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from seqjax.data.timeseries.calendar import HARMONICS, calendar, local_times
from seqjax.data.timeseries.series import Series
from seqjax.errors import InputError


class Batch(NamedTuple):
    """Windows, as ``float32``.

    Attributes:
      inputs: ``[B, T, D]``, the past: targets first, then every other column.
      known: ``[B, N, K]``, what is known of the future: known columns and the calendar.
      targets: ``[B, N, M]``, the future's truth, standardised.
      weights: ``[B, N, M]``, 1 where the truth was observed and counts, else 0.
    """

    inputs: np.ndarray
    known: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Columns:
    """Which columns of a series play which part.

    Attributes:
      targets: Columns to forecast.
      covariates: Columns whose past is seen.
      known: Columns whose past and future are seen, such as holidays.
      calendar: Cycles of the calendar that are seen, past and future.
      timezone: Zone in which the calendar is read, if time stamps have a zone; "" leaves it as the file has it.
      missing: "error" refuses missing values; "mask" holds the last value, tells the model so, and counts no error.
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
        """Targets, covariates and known columns, in this order."""
        return self.targets + self.covariates + self.known

    @property
    def known_features(self) -> int:
        """The width K of what is known of the future."""
        return len(self.known) + 2 * HARMONICS * len(self.calendar)

    @property
    def in_features(self) -> int:
        """The width D of what is seen of the past."""
        flags = len(self.all) if self.missing == "mask" else 0
        return len(self.targets) + len(self.covariates) + self.known_features + flags


@dataclass(frozen=True)
class Scaler:
    """Mean and standard deviation of each column over the training part, ``[C]``."""

    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray) -> "Scaler":
        """From ``values [T, C]``; missing ones are passed over. A constant column keeps its scale."""
        seen = ~np.isnan(values)
        count = np.maximum(seen.sum(axis=0), 1)
        mean = np.where(seen, values, 0).sum(axis=0) / count
        std = np.sqrt((np.where(seen, values - mean, 0) ** 2).sum(axis=0) / count)
        return cls(mean, np.where(std > 0, std, 1.0))

    def scale(self, values: np.ndarray) -> np.ndarray:
        """``[..., C]`` to zero mean and unit deviation."""
        scaled: np.ndarray = (values - self.mean) / self.std
        return scaled

    def unscale(self, values: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`scale`, for the first columns ``[..., M]`` (the targets)."""
        width = values.shape[-1]
        unscaled: np.ndarray = values * self.std[:width] + self.mean[:width]
        return unscaled

    def to_json(self) -> dict[str, list[float]]:
        """Lists of numbers, which :meth:`from_json` reads back exactly."""
        return {name: array.tolist() for name, array in asdict(self).items()}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Scaler":
        """From what :meth:`to_json` made."""
        return cls(np.array(record["mean"]), np.array(record["std"]))


@dataclass(frozen=True)
class Windows:
    """A series made ready for windows to be gathered from it.

    Every window is cut out of the same few arrays, so that memory grows with the series and not with its windows.

    Attributes:
      inputs: ``float32 [T, D]``.
      known: ``float32 [T, K]``.
      targets: ``float32 [T, M]``, standardised; a missing value holds the one before.
      observed: ``bool [T, M]``, whether a target was there.
      lookback: Rows that a window sees.
      horizon: Rows that it forecasts.
    """

    inputs: np.ndarray
    known: np.ndarray
    targets: np.ndarray
    observed: np.ndarray
    lookback: int
    horizon: int

    def origins(self, start: int, stop: int) -> np.ndarray:
        """Origins of all windows whose forecast lies in the rows from ``start`` up to ``stop``.

        What they see may lie before ``start``.
        """
        return np.arange(max(start, self.lookback), stop - self.horizon + 1)

    def past(self, origins: np.ndarray) -> np.ndarray:
        """``[B, T, D]``: the rows that the windows see."""
        return _runs(self.inputs, origins - self.lookback, self.lookback)

    def gather(self, origins: np.ndarray, pad_to: int = 0) -> Batch:
        """The windows at ``origins [B]``. Windows of no weight fill the batch up to ``pad_to``."""
        padding = max(pad_to - len(origins), 0)
        rows = np.pad(origins, (0, padding), mode="edge")
        known, targets, observed = (_runs(a, rows, self.horizon) for a in (self.known, self.targets, self.observed))
        weights = observed.astype(np.float32)
        weights[len(origins) :] = 0
        return Batch(self.past(rows), known, targets, weights)


def _runs(array: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
    """The ``length`` rows of ``array [T, D]`` from each of ``starts [B]`` on, ``[B, length, D]``.

    Such a run is one stretch of memory, and copied as such: several times faster than row by row.
    """
    width = array.shape[1]
    if width == 0:
        return np.empty((len(starts), length, 0), array.dtype)
    stretches = np.lib.stride_tricks.sliding_window_view(array.reshape(-1), length * width)[::width]
    copied: np.ndarray = stretches[starts].reshape(len(starts), length, width)
    return copied


def make_windows(series: Series, columns: Columns, scaler: Scaler, *, lookback: int, horizon: int) -> Windows:
    """Standardises a series, fills its gaps and adds its calendar.

    Args:
      series: With the columns ``columns.all``, in that order.
      columns: Their parts.
      scaler: Statistics of the same columns.
      lookback: Rows that a window sees.
      horizon: Rows that it forecasts.

    Raises:
      InputError: For a missing value, unless ``columns.missing`` is "mask".
    """
    if columns.missing == "error":
        series.require_complete()
    seen = ~np.isnan(series.values)
    scaled = hold_forward(scaler.scale(series.values)).astype(np.float32)
    clock = series.times
    if columns.timezone:
        if not series.style.zoned:
            raise InputError(
                f"data.timezone is {columns.timezone!r}, but {series.name} gives times without a zone; "
                "set data.timezone to '' or add Z or an offset to the time stamps"
            )
        clock = local_times(clock, columns.timezone)
    cycles = calendar(clock, columns.calendar)
    flags = seen.astype(np.float32) if columns.missing == "mask" else np.zeros((len(series), 0), np.float32)
    targets = len(columns.targets)
    ahead = len(columns.targets) + len(columns.covariates)
    return Windows(
        inputs=np.concatenate([scaled, cycles, flags], axis=1),
        known=np.concatenate([scaled[:, ahead:], cycles], axis=1),
        targets=scaled[:, :targets],
        observed=seen[:, :targets],
        lookback=lookback,
        horizon=horizon,
    )


def hold_forward(values: np.ndarray) -> np.ndarray:
    """Fills each missing value of ``[T, C]`` with the one before it, and leading ones with 0."""
    seen = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(seen, np.arange(len(values))[:, None], 0), axis=0)
    held: np.ndarray = np.nan_to_num(np.take_along_axis(values, last, axis=0))
    return held


def split_rows(
    series: Series, split: Sequence[float | int], lookback: int, horizon: int, season: int
) -> tuple[int, int, int]:
    """The row that follows the training part, the validation part and the test part, which follow each other in time.

    Args:
      series: The series.
      split: Three shares of the rows that add up to 1, or three numbers of rows.
      lookback: Rows that a window sees.
      horizon: Rows that it forecasts.
      season: Rows that the longest simple rule looks back.

    Raises:
      InputError: If the shares are none, or a part is too short for one window.
    """
    if len(split) != 3 or min(split) <= 0:
        raise InputError(f"data.split is {tuple(split)}; give three positive shares or numbers of rows")
    rows = len(series)
    if sum(split) <= 1 + 1e-9:
        train, valid, test = (round(rows * share) for share in np.cumsum(split))
    else:
        train, valid, test = (int(count) for count in np.cumsum(split))
    if test > rows:
        raise InputError(f"data.split asks for {test} rows, but {series.name} has {rows}")
    needed = {"training": (train, max(lookback, season) + horizon), "validation": (valid - train, horizon)}
    needed["test"] = (test - valid, horizon)
    for part, (length, least) in needed.items():
        if length < least:
            raise InputError(
                f"{series.name} is too short: its {part} part has {length} of {rows} rows, but look-back {lookback}, "
                f"horizon {horizon} and season {season} need {least} there; give a longer series or lower them"
            )
    return train, valid, test


def with_future(
    series: Series, columns: Columns, *, lookback: int, horizon: int, warn: Callable[[str], None]
) -> tuple[Series, int]:
    """A history made ready for a forecast of the rows that follow its last target.

    Args:
      series: With the columns ``columns.all``. It may end with rows that have no targets: they give the known columns
        of the future.
      columns: Their parts.
      lookback: Rows that the forecast sees.
      horizon: Rows that it forecasts.
      warn: Is told of a known column whose future is not given, and what is taken instead.

    Returns:
      The history followed by ``horizon`` rows of the future, and the number of the first of these.

    Raises:
      InputError: If the history is shorter than ``lookback``.
    """
    targets = len(columns.targets)
    there = np.flatnonzero(~np.isnan(series.values[:, :targets]).all(axis=1))
    origin = int(there[-1]) + 1 if len(there) else 0
    if origin < lookback:
        raise InputError(
            f"{series.name} has a history of {origin} rows, but the model looks back {lookback}; give that many"
        )
    history = series.rows(0, origin)
    values = np.concatenate([history.values, np.repeat(history.values[-1:], horizon, axis=0)])
    given = series.values[origin : origin + horizon]
    for index in range(targets + len(columns.covariates), len(columns.all)):
        usual = float(np.nanmedian(history.values[:, index]))
        future = np.full(horizon, np.nan)
        future[: len(given)] = given[:, index]
        unknown = np.isnan(future)
        if unknown.any():
            warn(
                f"{columns.all[index]} is not given for {unknown.sum()} of the {horizon} rows to come; "
                f"taken as {usual:g}, its median (rows with empty {columns.targets[0]} at the end would give it)"
            )
        values[origin:, index] = np.where(unknown, usual, future)
    times = np.concatenate([history.times, history.times_after(horizon)])
    lines = np.concatenate([history.lines, np.zeros(horizon, int)])
    return replace(series, times=times, values=values, lines=lines), origin
