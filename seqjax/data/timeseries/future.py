"""The rows to forecast, appended to a history."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.windows import Columns
from seqjax.errors import InputError


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
        median, and for values of the future that are not read.

    Returns:
      The history followed by ``horizon`` future rows, and the number of the first future row. Rows before the window
      are left out unless missing values may be filled from them.

    Raises:
      InputError: If the history is shorter than ``lookback``, or has no value of a known column.
    """
    targets, inputs = len(columns.targets), len(columns.targets) + len(columns.covariates)
    observed = np.flatnonzero(~np.isnan(series.values[:, :targets]).all(axis=1))
    origin = int(observed[-1]) + 1 if len(observed) else 0
    if origin < lookback:
        raise InputError(
            f"{series.name} has a history of {origin} rows, but the model looks back {lookback}; give that many"
        )
    _warn_of_unread(series, columns, origin, horizon, warn)
    history = series.rows(0, origin)
    values = np.concatenate([history.values, np.repeat(history.values[-1:], horizon, axis=0)])
    given = series.values[origin : origin + horizon]
    for index in range(inputs, len(columns.all)):
        future = np.full(horizon, np.nan)
        future[: len(given)] = given[:, index]
        values[origin:, index] = _filled(future, history.values[:, index], columns, columns.all[index], series, warn)
    times = np.concatenate([history.times, history.times_after(horizon)])
    lines = np.concatenate([history.lines, np.zeros(horizon, int)])
    start = origin - lookback if columns.missing == "error" else 0
    return replace(series, times=times, values=values, lines=lines).rows(start, len(times)), origin - start


def _filled(
    future: np.ndarray, past: np.ndarray, columns: Columns, name: str, series: Series, warn: Callable[[str], None]
) -> np.ndarray:
    """The future of a known column, ``[N]``, with the median of its past where it is not given."""
    unknown = np.isnan(future)
    if not unknown.any():
        return future
    known = past[~np.isnan(past)]
    if len(known):
        median = float(np.median(known))
        taken = f"taken as {median:g}, its median"
    elif columns.missing == "mask":
        median, taken = np.nan, "taken as missing, for it has no value in the history"
    else:
        raise InputError(f"{series.name} has no value of {name!r}; fill it in")
    warn(
        f"{name} is not given for {unknown.sum()} of the {len(future)} rows to come; "
        f"{taken} (rows with empty {columns.targets[0]} at the end would give it)"
    )
    return np.where(unknown, median, future)


def _warn_of_unread(series: Series, columns: Columns, origin: int, horizon: int, warn: Callable[[str], None]) -> None:
    """Warns of values after the history that the model does not read."""
    beyond = len(series) - origin - horizon
    if beyond > 0:
        warn(f"{series.name} has {beyond} rows beyond the {horizon} that are forecast; they are not read")
    for index, name in enumerate(columns.covariates, len(columns.targets)):
        given = int(np.sum(~np.isnan(series.values[origin:, index])))
        if given:
            warn(f"{name} is given for {given} rows to come, but the model reads its past alone; they are not read")
