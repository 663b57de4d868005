"""Trains and tests what a config describes.

Usage: python -m experiments.train --config=configs/NAME.py[:quick] --workdir=DIR [--config.key=value ...]

Run again on the same folder it goes on from the last checkpoint, and ends as if it had never stopped.
"""

import sys
from pathlib import Path

import jax
from absl import flags
from ml_collections import config_flags

from experiments.arguments import at_least, bind
from experiments.build import build_optimizer, build_state, build_task, open_workdir, restore_best
from experiments.command import run
from seqjax.training.checkpoint import Checkpoints
from seqjax.training.loop import train
from seqjax.training.step import make_train_step
from seqjax.training.writer import MetricWriter

CONFIG = config_flags.DEFINE_config_file("config", help_string="The experiment: a file in configs/.")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")


def main() -> None:
    """Builds, trains, tests."""
    config, workdir = CONFIG.value, Path(WORKDIR.value or "")
    keys = ("steps", "log_every", "evaluate_every", "keep")
    at_least(1, "train", **{key: config.train[key] for key in keys})
    at_least(0, "train", patience=config.train.patience, average_decay=config.train.average_decay)
    task = build_task(config)
    fresh = build_state(config, task.fresh_params)
    open_workdir(workdir, config)
    task.save(workdir)

    options = dict(config.train)
    average_decay = options.pop("average_decay")
    checkpoints = Checkpoints(workdir / "checkpoints", options.pop("keep"))
    state = checkpoints.restore_latest(fresh, warn=lambda text: print(text, file=sys.stderr)) or fresh
    writer = MetricWriter(workdir, int(state.step))
    bind(
        train,
        "train",
        options,
        state=state,
        train_step=make_train_step(task.loss, build_optimizer(config), jax.random.key(config.seed), average_decay),
        batches=task.train_batch,
        validate=task.validate,
        checkpoints=checkpoints,
        writer=writer,
    )()
    writer.close()
    task.test(restore_best(config, task.fresh_params, workdir), workdir)


if __name__ == "__main__":
    run(main, required=("config", "workdir"))
