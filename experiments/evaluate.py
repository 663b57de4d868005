"""Tests the best checkpoint of a run again, and prints the measures as one JSON object in the last line.

Usage: python -m experiments.evaluate --workdir=DIR
"""

import json
from pathlib import Path

from absl import flags

from experiments.registry import build_task
from experiments.run.flags import run
from experiments.run.results import write_results
from experiments.run.workdir import load_config, load_learned, restore_best

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")


def main() -> None:
    """Restores and tests."""
    workdir = Path(WORKDIR.value or "")
    config, learned = load_config(workdir), load_learned(workdir)

    task = build_task(config, learned)
    params = restore_best(workdir, task.initial_params)
    print(json.dumps(write_results(workdir, task.test(params))))


if __name__ == "__main__":
    run(main, required=("workdir",))
