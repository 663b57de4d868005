"""Trains and tests the model of a config.

Usage: python -m experiments.train --config=configs/TASK/NAME.py[:quick] --workdir=DIR [--config.key=value ...]

Run again on the same folder, it goes on from the last checkpoint and ends as if it had never stopped.
"""

import sys
from pathlib import Path

from absl import flags

from experiments.registry import build_task, data_fingerprint
from experiments.run.flags import define_config, define_data_changed, read_config, run
from experiments.run.results import write_results
from experiments.run.training import build_optimizer, parse_train, remark_on
from experiments.run.workdir import known_data, load_resumed, open_workdir, restore_best, run_folder

define_config()
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")
DATA_CHANGED = define_data_changed()


def main() -> None:
    """Builds, trains, tests."""
    config, workdir = read_config(), Path(WORKDIR.value or "").expanduser()
    options = parse_train(config)
    with run_folder(workdir):
        data = data_fingerprint(config, known_data(workdir))
        task = build_task(config, load_resumed(workdir, config, data, accept=DATA_CHANGED.value == "accept"))
        for line in task.data_summary:
            print(line, flush=True)
        if remark := remark_on(config):
            print(remark, file=sys.stderr)

        import jax  # Slow imports, after the config has been checked.

        from seqjax.training.checkpoint import Checkpoints
        from seqjax.training.loop import train
        from seqjax.training.state import init_state
        from seqjax.training.step import make_train_step
        from seqjax.training.writer import MetricWriter

        optimizer = build_optimizer(config)
        parameters = sum(leaf.size for leaf in jax.tree.leaves(task.initial_params))
        about = {"config": config.to_dict(), "arguments": sys.argv[1:], "data": data, "parameters": parameters}
        open_workdir(workdir, about, task.learned)
        checkpoints = Checkpoints(workdir / "checkpoints", options.max_to_keep)
        state = init_state(task.initial_params, optimizer, task.initial_carry)
        state = checkpoints.restore_latest(state, warn=lambda text: print(text, file=sys.stderr)) or state
        step = make_train_step(task.loss_sums, optimizer, jax.random.key(config.seed), options.ema_decay)
        writer = MetricWriter(workdir, int(state.step))
        train(state, step, task.train_batch, task.validate, options, checkpoints, writer)
        writer.close()
        write_results(workdir, task.test(restore_best(workdir, task.initial_params)))


if __name__ == "__main__":
    run(main, required=("config", "workdir"), outlives_output=True)
