"""A run compiles each program once."""

import importlib.util
import logging
import re
from collections import Counter
from pathlib import Path

import jax
import pytest

from experiments.registry import build_task
from experiments.run.training import build_optimizer, parse_train
from experiments.run.workdir import restore_best
from seqjax.training.checkpoint import Checkpoints
from seqjax.training.loop import train
from seqjax.training.options import TrainOptions
from seqjax.training.state import init_state
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
    config = load("forecasting/demand.py", "quick")
    with jax.numpy_dtype_promotion("standard"), jax.log_compiles(), caplog.at_level(logging.WARNING):
        task, optimizer = build_task(config), build_optimizer(config)
        step = make_train_step(task.loss_sums, optimizer, jax.random.key(0), parse_train(config).ema_decay)
        for steps in (7, 20):  # The second time from the checkpoint of the first.
            state = init_state(task.initial_params, optimizer, task.initial_carry)
            checkpoints = Checkpoints(tmp_path / "checkpoints")
            state = checkpoints.restore_latest(state, print) or state
            writer = MetricWriter(tmp_path, int(state.step))
            options = TrainOptions(steps=steps, log_every=2, evaluate_every=5, patience=0)
            train(state, step, task.train_batch, task.validate, options, checkpoints, writer)
            writer.close()
        task.test(restore_best(tmp_path, task.initial_params))
    counts = compilations(caplog)
    assert counts["train_step"] == 1
    assert counts["loss_sums"] == 1
    assert counts["quantiles"] == 1


@pytest.mark.slow
def test_classifier_compiles_one_program_for_each_bucket_size(caplog):
    config = load("classification/imdb.py", "quick")
    config.data.bucket_sizes = (20, 40)
    buckets = len(config.data.bucket_sizes)
    with jax.numpy_dtype_promotion("standard"), jax.log_compiles(), caplog.at_level(logging.WARNING):
        task, optimizer = build_task(config), build_optimizer(config)
        step = make_train_step(task.loss_sums, optimizer, jax.random.key(0))
        state = init_state(task.initial_params, optimizer, task.initial_carry)
        for number in range(20):  # More than two epochs.
            state = step(state, task.train_batch(number))
        for _ in range(2):
            task.validate(state.ema_params)
            for texts in (["x"], ["word " * (number % 50) for number in range(500)], []):
                task.classifier.classify(state.ema_params, texts)
    counts = compilations(caplog)
    assert counts["train_step"] == buckets
    assert counts["validation_sums"] <= buckets
    assert counts["probabilities"] == buckets
