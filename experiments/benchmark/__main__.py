"""Times seqjax and other libraries on the same weights and inputs, after checking that their results agree.

Usage: python -m experiments.benchmark --workdir=DIR [--suite=layers|memory|latency|decode|training|compile|associative]
    [--rivals=torch,flax_nnx,flax_linen,keras,equinox,haiku] [--rounds=9] [--cells=elman,gru,lstm]
    [--shapes=32x128x128x256] [--dtypes=float32,bfloat16] [--quick]

Several suites, rivals, cells, shapes (B x T x D x H) and types are separated by commas; --suite=all runs all suites.
DIR then holds ``benchmark.json``, a record for each subject of each case, ``machine.json``, ``benchmark.md`` with the
tables, and ``benchmark.png``. The same command on the same DIR measures the missing cases. docs/benchmark.md explains
the suites and the results.
"""

import json
import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from absl import flags

from experiments.benchmark import machine, report
from experiments.benchmark.cases import CELLS, DTYPES, RIVALS, SUITES, Case
from experiments.benchmark.suites import Shape, cases, make_arrays, subjects
from experiments.benchmark.turns import Record, Workers, measure
from experiments.run.arguments import nearest
from experiments.run.flags import flatten, run
from experiments.run.machine import commit
from seqjax.errors import InputError
from seqjax.training.writer import write_text

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the measurements.")
SUITE = flags.DEFINE_list("suite", ["layers"], f"Suites to run: {', '.join(SUITES)}, or all.")
RIVAL = flags.DEFINE_list("rivals", list(RIVALS), "Libraries to compare with; none if empty.")
ROUNDS = flags.DEFINE_integer("rounds", 9, "Number of timings of each subject, in turns.", lower_bound=1)
CELL = flags.DEFINE_list("cells", list(CELLS), "Cells of the suites layers, memory and latency.")
SHAPE = flags.DEFINE_list("shapes", [], "B x T x D x H, instead of each suite's own.")
DTYPE = flags.DEFINE_list("dtypes", ["float32"], f"Types of weights and inputs: {', '.join(DTYPES)}.")
QUICK = flags.DEFINE_bool("quick", False, "Tiny shapes and two rounds, as a smoke test.")


def main() -> None:
    """Measures the missing cases, then reports all."""
    chosen = SUITES if SUITE.value == ["all"] else choices("suite", SUITE.value, SUITES)
    rivals = choices("rivals", RIVAL.value, RIVALS)
    cells, dtypes = choices("cells", CELL.value, CELLS), choices("dtypes", DTYPE.value, DTYPES)
    shapes = [parse_shape(text) for text in SHAPE.value]
    rivals = machine.installed(rivals)
    workdir = Path(WORKDIR.value or "").expanduser()
    open_workdir(workdir, rivals)
    if (load := os.getloadavg()[0]) > 0.5:
        print(f"other processes are running (load {load:.1f}), so that times may mislead", file=sys.stderr)
    records: list[Record] = read_json(workdir / "benchmark.json", [])
    skipped: set[str] = set()
    for suite in chosen:
        with Workers() as workers:
            for case in cases(suite, cells, shapes, dtypes, QUICK.value):
                records = _with_case(case, rivals, records, workers, workdir)
                skipped |= {why for rival in rivals if (why := case.lacks(rival)) and suite in ("layers", "latency")}
    for why in sorted(skipped):
        print(f"skipped: {why}", file=sys.stderr)
    report.write(workdir, records)


def _with_case(
    case: Case, rivals: Sequence[str], records: list[Record], workers: Workers, workdir: Path
) -> list[Record]:
    """The records, including those of a case, which is measured unless all its subjects have one."""
    wanted = subjects(case, rivals)
    mine = [record for record in records if report.case_of(record).key == case.key]
    if {*wanted} <= {record["subject"] for record in mine}:
        return records
    print(f"{case}: {', '.join(wanted)}", flush=True)
    rounds = 2 if QUICK.value else ROUNDS.value
    new = measure(case, wanted, make_arrays(case, QUICK.value), rounds, workers)
    others = [record for record in records if record not in mine]
    records = others + [record | {"commit": commit()} for record in new]
    write_text(workdir / "benchmark.json", json.dumps(records, indent=1) + "\n")
    return records


def choices(flag: str, values: Sequence[str], known: Collection[str]) -> list[str]:
    """``values`` without duplicates and empty ones; raises ``InputError`` unless all are among ``known``."""
    for value in values:
        if value and value not in known:
            raise InputError(f"--{flag} has {value!r}, but there are {', '.join(known)}{nearest(value, known)}")
    return [value for value in dict.fromkeys(values) if value]


def parse_shape(text: str) -> Shape:
    """The shape of a text such as 32x128x128x256; raises ``InputError`` unless it has four positive numbers."""
    parts = text.split("x")
    if len(parts) != 4 or not all(part.isdecimal() and int(part) for part in parts):
        raise InputError(f"--shapes has {text!r}, but a shape is B x T x D x H, such as 32x128x128x256")
    rows, time, in_features, hidden_features = map(int, parts)
    return rows, time, in_features, hidden_features


def open_workdir(workdir: Path, rivals: Sequence[str]) -> None:
    """Creates the folder and writes ``machine.json``; earlier measurements must have the same conditions.

    The commit may differ: each record has its own.

    Raises:
      InputError: The folder cannot be written, or its measurements are from another machine, version, environment or
        number of rounds.
    """
    path = workdir / "machine.json"
    try:
        workdir.mkdir(parents=True, exist_ok=True)
        old = read_json(path, {})
        new = machine.describe(rivals) | {"rounds": 2 if QUICK.value else ROUNDS.value, "quick": QUICK.value}
        if (workdir / "benchmark.json").exists():
            before, now = flatten(old), flatten(new)
            for key in before.keys() & now.keys() - {"commit"}:
                if before[key] != now[key] and None not in (before[key], now[key]):
                    raise InputError(
                        f"workdir {workdir} holds measurements with {key} {before[key]!r}, and now it is {now[key]!r}; "
                        "name another workdir"
                    )
            new["packages"] = old.get("packages", {}) | new["packages"]
            new["torch_threads"] = new["torch_threads"] or old.get("torch_threads")
        write_text(path, json.dumps(new, indent=2) + "\n")
    except OSError as error:
        raise InputError(f"workdir {workdir} cannot be written ({error.strerror}); name another folder") from None


def read_json(path: Path, default: Any) -> Any:
    """The contents of a JSON file, or ``default`` if there is no file.

    Raises:
      InputError: The file is not JSON.
    """
    if not path.exists():
        return default
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError(f"{path} is damaged; name another workdir, or delete it") from None


if __name__ == "__main__":
    run(main, required=("workdir",))
