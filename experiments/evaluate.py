"""Tests the best checkpoint of a run again, and prints the measures as one JSON object in the last line.

Usage: python -m experiments.evaluate --workdir=DIR
"""

import json
from pathlib import Path

from absl import flags

from experiments.registry import build_task, data_fingerprint
from experiments.run.flags import define_data_changed, run
from experiments.run.lock import locked
from experiments.run.results import write_results
from experiments.run.workdir import known_data, load_config, load_learned, require_same_data, restore_best

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")
DATA_CHANGED = define_data_changed()


def main() -> None:
    """Restores and tests."""
    workdir = Path(WORKDIR.value or "").expanduser()
    config = load_config(workdir)
    with locked(workdir):
        data = data_fingerprint(config, known_data(workdir))
        require_same_data(workdir, data, accept=DATA_CHANGED.value == "accept")
        task = build_task(config, load_learned(workdir))
        params = restore_best(workdir, task.initial_params)
        print(json.dumps(write_results(workdir, task.test(params)), allow_nan=False))


if __name__ == "__main__":
    run(main, required=("workdir",), outlives_output=True)
