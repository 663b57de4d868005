"""A run compiles each program once."""

import importlib.util
import logging
import re
from collections import Counter
from pathlib import Path

import jax
import pytest

from experiments.build import build_optimizer, build_state, build_task, restore_best
from seqjax.training.checkpoint import Checkpoints
from seqjax.training.loop import train
from seqjax.training.step import make_train_step
from seqjax.training.writer import MetricWriter

CONFIGS = Path(__file__).parents[1] / "configs"


def load(name: str, argument: str):
    spec = importlib.util.spec_from_file_location("config", CONFIGS / name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.get_config(argument)


def compilations(caplog) -> Counter:
    """The number of compilations of each program."""
    return Counter(re.findall(r"^Compiling jit\((\S+)\)", "\n".join(caplog.messages), re.MULTILINE))


@pytest.mark.slow
def test_training_resumed_and_tested_compiles_each_program_once(tmp_path, caplog):
    config = load("forecast_demand.py", "quick")
    with jax.numpy_dtype_promotion("standard"), jax.log_compiles(), caplog.at_level(logging.WARNING):
        task, optimizer = build_task(config), build_optimizer(config)
        step = make_train_step(task.loss, optimizer, jax.random.key(0), config.train.average_decay)
        for steps in (7, 20):  # The second time from the checkpoint of the first.
            state = build_state(config, task.fresh_params)
            checkpoints = Checkpoints(tmp_path / "checkpoints")
            state = checkpoints.restore_latest(state, print) or state
            writer = MetricWriter(tmp_path, int(state.step))
            train(
                state,
                step,
                task.train_batch,
                task.validate,
                steps=steps,
                log_every=2,
                evaluate_every=5,
                patience=0,
                checkpoints=checkpoints,
                writer=writer,
            )
            writer.close()
        task.test(restore_best(config, task.fresh_params, tmp_path), tmp_path)
    assert {name: compilations(caplog)[name] for name in ("train_step", "loss_sums", "quantiles")} == {
        "train_step": 1,
        "loss_sums": 1,
        "quantiles": 1,
    }


@pytest.mark.slow
def test_classifier_compiles_one_program_for_each_bucket_size(caplog):
    config = load("sentiment_imdb.py", "quick")
    config.data.widths = (20, 40)
    widths = len(config.data.widths)
    with jax.numpy_dtype_promotion("standard"), jax.log_compiles(), caplog.at_level(logging.WARNING):
        task = build_task(config)
        step = make_train_step(task.loss, build_optimizer(config), jax.random.key(0))
        state = build_state(config, task.fresh_params)
        for number in range(20):  # More than two epochs.
            state = step(state, task.train_batch(number))
        for _ in range(2):
            task.validate(state.average)
            for texts in (["x"], ["word " * (number % 50) for number in range(500)], []):
                task.model.probabilities(state.average, task.model.encode(texts))
    counts = compilations(caplog)
    assert counts["train_step"] == widths
    assert counts["loss_sums"] <= widths
    assert counts["probabilities"] == widths
