"""Forecasts of a history: CSV in, CSV or JSON lines of quantiles out."""

import csv
import sys
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from experiments.run.answers import is_json, print_json
from experiments.run.arguments import parse
from experiments.run.stdin import read_bytes
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.forecasting.data import DataConfig
from experiments.tasks.forecasting.model import ModelConfig, make_forecaster
from seqjax.data.timeseries.scaler import Scaler


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads a history from standard input and writes the quantiles of its future to standard output."""
    learned = load_learned(workdir)
    data: DataConfig = parse(DataConfig, "data", config.data).with_learned(learned)
    model: ModelConfig = parse(ModelConfig, "model", config.model).with_learned(learned)
    forecaster = make_forecaster(model.build(data, config.seed), data, learned)
    params = restore_best(workdir, forecaster.initial_params)

    history = data.parse(read_bytes(), "standard input", forecaster.step, last=data.lookback)
    times, quantiles = forecaster.predict(params, history, warn=lambda text: print(text, file=sys.stderr))

    stamps, targets = [history.style.write(time) for time in times], data.columns.targets
    levels = [f"p{100 * level:g}" for level in model.quantiles]
    if is_json():
        for stamp, row in zip(stamps, quantiles.tolist(), strict=True):
            values = [dict(zip(levels, each, strict=True)) if levels else each[0] for each in row]
            print_json({"time": stamp, "answer": dict(zip(targets, values, strict=True))})
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    names = [f"{target} {level}" for target in targets for level in levels] or list(targets)
    columns = data.times.columns
    writer.writerow([columns[0] if len(columns) == 1 else "time" if columns else "row", *names])
    digits = np.repeat(significant_digits(forecaster.scaler, len(targets)), len(levels) or 1)
    for stamp, row in zip(stamps, quantiles, strict=True):
        writer.writerow([stamp, *(f"{value:.{count}g}" for value, count in zip(row.ravel(), digits, strict=True))])


def significant_digits(scaler: Scaler, targets: int) -> np.ndarray:
    """Digits that tell the forecasts of each target apart, ``[M]``: 7, and more where values vary little."""
    mean, std = np.abs(scaler.mean[:targets]), scaler.std[:targets]
    ratio = np.divide(mean, std, out=np.ones(targets), where=std > 0)
    digits: np.ndarray = 7 + np.clip(np.log10(np.maximum(ratio, 1)).astype(int), 0, 10)
    return digits
