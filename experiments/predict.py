"""Applies a trained model to standard input, and writes to standard output.

Usage: python -m experiments.predict --workdir=DIR [--flag=value ...] < input > output

Lines are answered as they come, so that a pipe may stay open; forecasting reads a whole history first. Input and output
are UTF-8. With --format=jsonl every task writes a JSON object for each line of input: the input, the answer, its score
(log-probability in nats), and what the task adds.
"""

import importlib
import sys
from pathlib import Path

from absl import flags

from experiments.registry import predict_flags, task_package
from experiments.run.answers import open_streams
from experiments.run.flags import run
from experiments.run.workdir import load_config
from seqjax.errors import InputError

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")
TASKS = predict_flags()


def main() -> None:
    """Calls the predictor of the task of the run."""
    open_streams()
    workdir = Path(WORKDIR.value or "").expanduser()
    config = load_config(workdir)
    if config.task not in TASKS:
        raise InputError(f"{workdir} is a run of the task {config.task!r}, which has nothing to predict")
    known = [flag.name for flag in TASKS[config.task].FLAGS]
    for name in sorted({flag.name for module in TASKS.values() for flag in module.FLAGS} - {*known}):
        if flags.FLAGS[name].present:
            has = ", ".join(f"--{each}" for each in known)
            raise InputError(f"--{name} does not go with the task {config.task!r}, which knows {has}")
    try:
        importlib.import_module(f"{task_package(config)}.predict").answer(config, workdir)
    except KeyboardInterrupt:  # At a terminal this is a way to end.
        sys.exit(130)


if __name__ == "__main__":
    for module in TASKS.values():  # so that --help shows them
        __doc__ = f"{__doc__}\n{module.__doc__}"
        for flag in module.FLAGS:
            flags.declare_key_flag(flag.name)
    run(main, required=("workdir",), needs_output=True)
