"""Tests the best checkpoint of a run again, and prints the measures as one JSON object in the last line.

Usage: python -m experiments.evaluate --workdir=DIR
"""

import json
from pathlib import Path

from absl import flags

from experiments.build import build_task, load_config, restore_best
from experiments.command import run

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")


def main() -> None:
    """Restores and tests."""
    workdir = Path(WORKDIR.value or "")
    config = load_config(workdir)
    task = build_task(config)
    params = restore_best(config, task.fresh_params, workdir, task.fresh_memory)
    print(json.dumps(task.test(params, workdir)))


if __name__ == "__main__":
    run(main, required=("workdir",))
