"""Forecasts of a history."""

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from experiments.run.workdir import restore_best
from experiments.tasks.forecasting.task import Forecaster
from seqjax.data.timeseries.series import parse_series
from seqjax.data.timeseries.timestamps import step_name
from seqjax.data.timeseries.windows import Scaler, make_windows, with_future
from seqjax.errors import InputError


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads a history, writes the quantiles of what follows it."""
    model = Forecaster(config.data, config.model, config.seed)
    data, columns = model.data, model.data.columns
    params = restore_best(config, model.initial_params, workdir)
    record = json.loads((workdir / "data.json").read_text(encoding="utf-8"))
    scaler, step = Scaler.from_json(record["scaler"]), np.timedelta64(*record["step"])

    history = parse_series(
        io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline=""),
        name="standard input",
        time_column=data.time_column,
        columns=columns.all,
        time_format=data.time_format,
    )
    if history.step != step:
        raise InputError(
            f"{history.name} has a row every {step_name(history.step)}, "
            f"but the model was trained on one every {step_name(step)}"
        )
    series, origin = with_future(
        history,
        columns,
        lookback=data.lookback,
        horizon=data.horizon,
        warn=lambda text: print(text, file=sys.stderr),
    )
    windows = make_windows(series, columns, scaler, lookback=data.lookback, horizon=data.horizon)
    quantiles = model.quantile_forecast(params, windows, scaler, np.array([origin]))[0]  # [N, M, Q]

    writer = csv.writer(sys.stdout, lineterminator="\n")
    labels = [f"p{100 * quantile:g}" for quantile in model.quantiles]
    names = [f"{target} {label}" for target in columns.targets for label in labels] or list(columns.targets)
    writer.writerow([data.time_column, *names])
    for time, row in zip(series.times[origin:], quantiles, strict=True):
        writer.writerow([series.style.write(time), *(f"{value:.7g}" for value in row.ravel())])
