"""Forecasts of a history: CSV in, CSV of quantiles out."""

import csv
import io
import sys
from pathlib import Path

from ml_collections import ConfigDict

from experiments.run.arguments import parse
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.forecasting.data import DataConfig
from experiments.tasks.forecasting.task import ModelConfig, make_forecaster


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads a history from standard input and writes the quantiles of its future to standard output."""
    data: DataConfig = parse(DataConfig, "data", config.data)
    model: ModelConfig = parse(ModelConfig, "model", config.model)
    forecaster = make_forecaster(model.build(data, config.seed), data, load_learned(workdir))
    params = restore_best(workdir, forecaster.initial_params)

    lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
    history = data.parse(lines, "standard input")
    times, quantiles = forecaster.predict(params, history, warn=lambda text: print(text, file=sys.stderr))

    writer = csv.writer(sys.stdout, lineterminator="\n")
    levels = [f" p{100 * level:g}" for level in model.quantiles] or [""]
    writer.writerow([data.time_column, *(target + level for target in data.columns.targets for level in levels)])
    for time, row in zip(times, quantiles, strict=True):
        writer.writerow([history.style.write(time), *(f"{value:.7g}" for value in row.ravel())])
