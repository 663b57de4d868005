"""Forecasts of a history: CSV in, CSV of quantiles out."""

import csv
import io
import sys
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from experiments.run.arguments import parse
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.forecasting.data import DataConfig
from experiments.tasks.forecasting.task import ModelConfig, make_forecaster
from seqjax.data.timeseries.scaler import Scaler


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
    digits = np.repeat(significant_digits(forecaster.scaler, len(data.columns.targets)), len(levels))
    for time, row in zip(times, quantiles, strict=True):
        cells = (f"{value:.{count}g}" for value, count in zip(row.ravel(), digits, strict=True))
        writer.writerow([history.style.write(time), *cells])


def significant_digits(scaler: Scaler, targets: int) -> np.ndarray:
    """Digits that tell the forecasts of each target apart, ``[M]``: 7, and more where values vary little."""
    mean, std = np.abs(scaler.mean[:targets]), scaler.std[:targets]
    ratio = np.divide(mean, std, out=np.ones(targets), where=std > 0)
    digits: np.ndarray = 7 + np.clip(np.log10(np.maximum(ratio, 1)).astype(int), 0, 10)
    return digits
