"""Values for keys of a config that are left open, from the step between rows and their number."""

import math
from collections.abc import Sequence
from typing import Any

from experiments.tasks.forecasting.data import AUTO, DataConfig
from seqjax.data.splits import is_counts
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import DAY, Step

YEAR = 365.2425 * DAY
SHORTEST, LONGEST = 4, 1500  # rows of a season that is chosen
CYCLES = (60, 3600, DAY, 7 * DAY)  # seconds


def natural_seasons(step: Step) -> tuple[int, ...]:
    """Rows in the cycles of nature and society, at most two, in ascending order; none if the step has no such cycle.

    They are a day and a week of half hours, a week of days, a year of weeks or months.
    """
    if step.unit == "B":
        return (step.week.count("1"),)
    if step.unit == "M":
        return (12 // step.count,) if 12 % step.count == 0 and step.count < 12 else ()
    if step.unit == "row":
        return ()
    if step.count > DAY:
        in_year = round(YEAR / step.count)
        return (in_year,) if in_year >= SHORTEST else ()
    rows = [cycle // step.count for cycle in CYCLES if cycle % step.count == 0]
    return tuple([each for each in rows if SHORTEST <= each <= LONGEST][-2:])


def choose_data(data: DataConfig, series: Series) -> dict[str, Any]:
    """Values for the open keys of ``config.data``: seasons, horizon, look-back and calendar.

    The horizon is the shortest season. The look-back is the longest season or four horizons, if the training part is
    three times as long.
    """
    sizes = [int(size) if is_counts(data.split) else round(size * len(series)) for size in data.split]
    train, others = sizes[0], min(sizes[1:])
    chosen: dict[str, Any] = {}
    if not data.seasons:
        chosen["seasons"] = tuple(each for each in natural_seasons(series.step) if each <= train // 3) or (1,)
    seasons = data.seasons or chosen["seasons"]
    horizon = data.horizon
    if not horizon:
        usual = 13 if series.step.name == "1 week" else min(seasons) if max(seasons) > 1 else SHORTEST
        horizon = chosen["horizon"] = max(min(usual, others // 2, train // 4), 1)
    if not data.lookback:
        wanted = min(max(*seasons, 4 * horizon), max(train // 3, 1))
        unit = min(seasons) if 1 < min(seasons) <= wanted else 1
        chosen["lookback"] = wanted // unit * unit
    if AUTO in data.calendar:
        chosen["calendar"] = _cycles(series.step, train, bool(data.holidays))
    return chosen


def choose_model(
    data: DataConfig, *, kind: str, block: int, linear_rows: int, seasons: Sequence[int]
) -> dict[str, Any]:
    """Values for those of these keys of ``config.model`` that are left open."""
    chosen: dict[str, Any] = {}
    if block == 0:
        length = math.gcd(data.lookback, data.horizon) if kind == "segment" else data.lookback
        chosen["block"] = max(size for size in range(1, 9) if length % size == 0) if data.lookback >= 96 else 1
    if linear_rows == -1:
        chosen["linear_rows"] = data.lookback
    if tuple(seasons) == (0,):
        chosen["seasons"] = tuple(sorted((each for each in data.seasons if each <= data.lookback), reverse=True))
    return chosen


def _cycles(step: Step, rows: int, has_holidays: bool) -> tuple[str, ...]:
    """The cycles of the calendar that rows pass through, and of which the training part has at least two."""
    length = step.seconds
    cycles = {
        "time_of_day": 0 < length < DAY,
        "day_of_week": 0 < length < 2 * DAY and rows * length >= 14 * DAY,
        "day_of_year": 0 < length < YEAR / 3 and rows * length >= 2 * YEAR,
        "holiday": has_holidays and 0 < length < 2 * DAY,
    }
    return tuple(name for name, holds in cycles.items() if holds)
