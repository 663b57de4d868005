"""The series that was read, in words, and remarks on it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqjax.data.timeseries.scaler import Scaler
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.windows import Columns, Windows
from seqjax.errors import InputError

DAY = 86400  # seconds


def describe(
    series: Series, columns: Columns, scaler: Scaler, ends: Sequence[int], origins: Mapping[str, np.ndarray]
) -> list[str]:
    """The series and its parts, a line for each fact.

    Args:
      series: The series.
      columns: Roles of its columns.
      scaler: Statistics of its training part.
      ends: The row after the last one of training, validation and test part.
      origins: Origins of the windows of these parts, by name.
    """
    spacing = "without times" if series.style.is_count else f"one every {series.step.name}"
    lines = [f"{series.name}: {len(series):,} rows, {spacing}, {_span(series)}"]
    lines += [
        f"{role}: {', '.join(names)}"
        for role, names in (
            ("targets", columns.targets),
            ("covariates, past alone", columns.covariates),
            ("covariates, past and future", columns.known),
            (f"calendar of {columns.timezone or ('UTC' if series.style.in_utc else 'the times')}", columns.calendar),
        )
        if names
    ]
    absent = series.lines == 0
    if absent.any():
        lines.append(f"rows that are not in the file: {absent.sum():,}")
    missing = np.isnan(series.values).sum(axis=0)
    if missing.any():
        counts = (f"{name} {count:,}" for name, count in zip(columns.all, missing, strict=True) if count)
        lines.append(f"missing values, these rows among them: {', '.join(counts)}")
    unseen = np.isnan(series.values[: ends[0]]).all(axis=0)
    for fact, found in (("no value", unseen), ("no change", scaler.constant & ~unseen)):
        if found.any():
            lines.append(f"{fact} in the training part: {', '.join(np.array(columns.all)[found])}")
    for part, start, end in zip(origins, (0, *ends), ends, strict=False):
        rows = series.rows(start, end)
        gaps = int(np.isnan(rows.values[:, : len(columns.targets)]).sum())
        lines.append(
            f"{part} part: {len(rows):,} rows, {_span(rows)}; {len(origins[part]):,} windows"
            + (f"; {gaps:,} missing targets" if gaps else "")
        )
    return lines


def describe_choices(chosen: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line on the keys that were left open and follow from the data, if there are any."""
    keys = [f"{group}.{key}={value}" for group, values in chosen.items() for key, value in values.items()]
    return [f"chosen from the data: {', '.join(keys)}"] if keys else []


def outlier_remarks(training: Series, scaler: Scaler) -> list[str]:
    """Remarks on columns of the training part in which a few values are so large that the others look alike."""
    remarks = []
    for name, values, std in zip(training.columns, training.values.T, scaler.std, strict=True):
        if std == 0:
            continue
        low, high = np.nanquantile(values, (0.05, 0.95))
        if 0 < high - low < 0.05 * std:
            place = training.place(int(np.nanargmax(np.abs(values - low))))
            remarks.append(
                f"column {name!r}: nine tenths of the training part lie within {(high - low) / std:.1g} standard "
                f"deviations, because of values such as that in {place}; correct them if they are faults"
            )
    return remarks


def season_remarks(seasons: Sequence[int], step: Step) -> list[str]:
    """Remarks on seasons that are no hour, day, week or year; 1, the last value, needs none."""
    remarks = []
    for season in seasons:
        span = season * step
        count = span.count
        if step.unit == "M":
            natural = count == 12
        elif step.unit == "B":
            natural = count % step.week.count("1") == 0
        else:
            natural = count in (3600, DAY, 7 * DAY) or 364 * DAY <= count <= 371 * DAY
        if season > 1 and not natural and step.unit != "row":
            remarks.append(
                f"data.seasons has {season}, which is {span.name}: no hour, day, week or year; "
                "seasonal baselines and MASE may say little"
            )
    return remarks


def require_targets(series: Series, columns: Columns, windows: Windows, origins: Mapping[str, np.ndarray]) -> None:
    """Checks that each target has a value in the windows of each part.

    Raises:
      InputError: With the part and the column that has none.
    """
    zero = np.zeros((1, len(columns.targets)), int)
    before = np.concatenate([zero, np.cumsum(windows.observed, axis=0)])  # observed values before each row
    for part, rows in origins.items():
        observed = (before[rows + windows.horizon] - before[rows]).sum(axis=0)
        for name, count in zip(columns.targets, observed, strict=True):
            if count == 0:
                span = _span(series.rows(int(rows[0]), int(rows[-1]) + windows.horizon))
                raise InputError(
                    f"{series.name}: column {name!r} has no value in the windows of the {part} part, {span}; "
                    "change data.split, or leave out rows without targets"
                )


def _span(series: Series) -> str:
    return f"from {series.style.write(series.times[0])} to {series.style.write(series.times[-1])}"
