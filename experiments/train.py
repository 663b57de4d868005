"""Trains and tests what a config describes.

Usage: python -m experiments.train --config=configs/TASK/NAME.py[:quick] --workdir=DIR [--config.key=value ...]

Run again on the same folder it goes on from the last checkpoint, and ends as if it had never stopped.
"""

import sys
from pathlib import Path

import jax
from absl import flags
from ml_collections import config_flags

from experiments.registry import build_optimizer, build_state, build_task, build_training
from experiments.run.flags import run
from experiments.run.results import write_results
from experiments.run.workdir import open_workdir, restore_best, save_learned
from seqjax.training.checkpoint import Checkpoints
from seqjax.training.loop import train
from seqjax.training.step import make_train_step
from seqjax.training.writer import MetricWriter

CONFIG = config_flags.DEFINE_config_file("config", help_string="The experiment: a file in configs/.")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")


def main() -> None:
    """Builds, trains, tests."""
    config, workdir = CONFIG.value, Path(WORKDIR.value or "")
    options = build_training(config)
    task = build_task(config)
    initial = build_state(config, task)
    open_workdir(workdir, config)
    save_learned(workdir, task.learned)

    checkpoints = Checkpoints(workdir / "checkpoints", options.max_to_keep)
    state = checkpoints.restore_latest(initial, warn=lambda text: print(text, file=sys.stderr)) or initial
    writer = MetricWriter(workdir, int(state.step))
    key = jax.random.key(config.seed)
    train(
        state,
        make_train_step(task.loss_sums, build_optimizer(config), key, options.ema_decay),
        task.train_batch,
        task.validate,
        steps=options.steps,
        log_every=options.log_every,
        evaluate_every=options.evaluate_every,
        patience=options.patience,
        checkpoints=checkpoints,
        writer=writer,
    )
    writer.close()
    write_results(workdir, task.test(restore_best(config, task.initial_params, workdir)))


if __name__ == "__main__":
    run(main, required=("config", "workdir"))
