"""Trains the model of a config, and tests it.

Usage: python -m experiments.train --config=configs/TASK/NAME.py[:quick] --workdir=DIR [--config.key=value ...]

Run again with the same folder, it resumes from the last checkpoint, with the same result as an uninterrupted run.
"""

import sys
from pathlib import Path

from absl import flags
from ml_collections import config_flags

from experiments.registry import build_task
from experiments.run.flags import run
from experiments.run.results import write_results
from experiments.run.training import build_optimizer, parse_train
from experiments.run.workdir import load_resumed, open_workdir, restore_best, save_learned

CONFIG = config_flags.DEFINE_config_file("config", help_string="The experiment: a file in configs/.")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")


def main() -> None:
    """Builds the task, trains the model and tests it."""
    config, workdir = CONFIG.value, Path(WORKDIR.value or "")
    options = parse_train(config)
    task = build_task(config, load_resumed(workdir, config))

    import jax  # These imports take long; up to here the config may have been refused.

    from seqjax.training.checkpoint import Checkpoints
    from seqjax.training.loop import train
    from seqjax.training.state import init_state
    from seqjax.training.step import make_train_step
    from seqjax.training.writer import MetricWriter

    optimizer = build_optimizer(config)
    open_workdir(workdir, config, sys.argv[1:], sum(leaf.size for leaf in jax.tree.leaves(task.initial_params)))
    save_learned(workdir, task.learned)
    checkpoints = Checkpoints(workdir / "checkpoints", options.max_to_keep)
    state = init_state(task.initial_params, optimizer, task.initial_carry)
    state = checkpoints.restore_latest(state, warn=lambda text: print(text, file=sys.stderr)) or state
    step = make_train_step(task.loss_sums, optimizer, jax.random.key(config.seed), options.ema_decay)
    writer = MetricWriter(workdir, int(state.step))
    train(state, step, task.train_batch, task.validate, options, checkpoints, writer)
    writer.close()
    write_results(workdir, task.test(restore_best(workdir, task.initial_params)))


if __name__ == "__main__":
    run(main, required=("config", "workdir"))
