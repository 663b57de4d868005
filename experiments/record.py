"""Writes the record of a finished run, or of every run of a sweep, to docs/results.

Usage: python -m experiments.record --workdir=DIR [--variant=NAME] [--out=docs/results]

The record of a run is OUT/TASK/CONFIG[-VARIANT]-seedN.json. It holds all that is known about a reported number: the
command, the resolved config, the seed, the commit, versions, the machine, the time of training and the measures of the
model and its baselines. Tables are filled from records by ``python -m experiments.tables``.

The variant is named by a sweep, or by --variant where a run changes keys of its config. Of the paths of files only the
names are kept.
"""

import json
from pathlib import Path

from absl import flags

from experiments.run.flags import run
from experiments.run.records import make_record
from seqjax.training.writer import write_text

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of a run or of a sweep.")
VARIANT = flags.DEFINE_string("variant", "", "Name of a run that changes keys of its config.")
OUT = flags.DEFINE_string("out", "docs/results", "Folder of the records.")


def main() -> None:
    """Writes one record for each run."""
    workdir = Path(WORKDIR.value or "").expanduser()
    runs = {workdir: VARIANT.value}
    if not (workdir / "config.json").exists() and list(workdir.glob("*/seed*/config.json")):
        runs = {path.parent: path.parts[-3] for path in sorted(workdir.glob("*/seed*/config.json"))}
    for folder, variant in runs.items():
        name, record = make_record(folder, variant)
        path = Path(OUT.value).expanduser() / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(record, indent=1, allow_nan=False) + "\n")
        print(path)


if __name__ == "__main__":
    run(main, required=("workdir",))
