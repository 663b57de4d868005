"""Nothing is compiled twice in a run."""

import importlib.util
import logging
import re
from collections import Counter
from pathlib import Path

import jax

from experiments.build import build_optimizer, build_state, build_task, restore_best
from seqjax.training.checkpoint import Checkpoints
from seqjax.training.loop import train
from seqjax.training.step import make_train_step
from seqjax.training.writer import MetricWriter

OURS = ("train_step", "loss_sums", "quantiles")  # each with one shape of batch

PATH = Path(__file__).parents[1] / "configs" / "forecast_demand.py"


def test_training_validation_checkpoints_resuming_and_testing_compile_each_program_once(tmp_path, caplog):
    spec = importlib.util.spec_from_file_location("config", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    config = module.get_config("quick")
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
    programs = re.findall(r"^Compiling jit\((\S+)\)", "\n".join(caplog.messages), re.MULTILINE)
    compiled = {name: count for name, count in Counter(programs).items() if name in OURS}
    assert compiled == dict.fromkeys(OURS, 1)
