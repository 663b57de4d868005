"""Forecasts what follows a history: CSV on standard input, CSV of time, column and quantiles on standard output.

Usage: python -m experiments.predict --workdir=DIR < history.csv > forecast.csv

The history has the header of the training file and at least ``data.lookback`` rows. It may end with rows whose
targets are empty: these give the known columns (such as holidays) of the future.
"""

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
from absl import flags

from experiments.build import load_config, restore_best
from experiments.command import run
from experiments.forecasting import Forecaster
from seqjax.data.series import parse_series
from seqjax.data.timestamps import step_name
from seqjax.data.windows import Scaler, make_windows, with_future
from seqjax.errors import InputError

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")


def main() -> None:
    """Reads, forecasts, writes."""
    workdir = Path(WORKDIR.value or "")
    config = load_config(workdir)
    model = Forecaster(config.data, config.model, config.seed)
    data, columns = model.data, model.data.columns
    params = restore_best(config, model.fresh_params, workdir)
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
    forecast = model.quantile_forecast(params, windows, scaler, np.array([origin]))[0]  # [N, M, Q]

    writer = csv.writer(sys.stdout, lineterminator="\n")
    labels = [f"p{100 * quantile:g}" for quantile in model.quantiles]
    names = [f"{target} {label}" for target in columns.targets for label in labels] or list(columns.targets)
    writer.writerow([data.time_column, *names])
    for time, row in zip(series.times[origin:], forecast, strict=True):
        writer.writerow([series.style.write(time), *(f"{value:.7g}" for value in row.ravel())])


if __name__ == "__main__":
    run(main, required=("workdir",))
