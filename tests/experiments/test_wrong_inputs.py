"""Commands that are wrong on purpose end with one sentence and exit code 2, or are right; none writes anything over.

``CASES=1000 SEED=7 pytest tests/experiments/test_wrong_inputs.py -m slow`` draws more cases, and others.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.experiments.commands import ROOT, SERVER, trained
from tests.experiments.wrong_inputs import CONFIGS, Case, cases, groups

COUNT, SEED = int(os.environ.get("CASES", "60")), int(os.environ.get("SEED", "0"))
# A config that is right after all is not trained: it is enough that training could begin.
ACCEPTED = """
import os, seqjax.training.loop
seqjax.training.loop.train = lambda *_: os._exit(0)
"""


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder but the lock, by name."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and "lock" not in path.name}


def wrong(case: Case, code: int, out: str, err: str) -> str:
    """What is wrong with the end of a command; empty for nothing."""
    lines = [line for line in err.splitlines() if line.startswith("error: ")]
    if "Traceback" in out + err:
        return "a traceback"
    if code not in (0, 2):
        return f"exit code {code}"
    if code == 0 and case.refused:
        return "accepted"
    if code == 2 and (len(lines) != 1 or err.splitlines()[-1] != lines[0]):
        return "not one sentence"
    return ""


def outcomes(items: list[Case], folder: Path) -> list[str]:
    """Runs cases in folders of their own, forked from one process that has imported everything."""
    faults = []
    server = subprocess.Popen(
        [sys.executable, "-c", ACCEPTED + SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    with server:
        assert server.stdin is not None
        assert server.stdout is not None
        for number, case in enumerate(items):
            place = folder / str(number)
            place.mkdir(parents=True)
            for name, content in case.files:
                (place / name).write_bytes(content)
            workdir = str(trained(case.config)) if case.config else ""
            flags = [flag.replace("RUN", workdir).replace("CONFIGS", str(ROOT / "configs")) for flag in case.flags]
            streams = [place / f"std{stream}" for stream in ("in", "out", "err")]
            streams[0].write_bytes(case.stdin)
            server.stdin.write(json.dumps([f"experiments.{case.command}", flags, str(place), list(map(str, streams))]))
            server.stdin.flush()
            code = int(server.stdout.readline())
            err = streams[2].read_text(errors="replace")
            if fault := wrong(case, code, streams[1].read_text(errors="replace"), err):
                faults.append(f"{case.name}: {fault}: {err.splitlines()[-1:]}")
            if code == 2 and (place / "out" / "config.json").exists():
                faults.append(f"{case.name}: refused, but it left a run")
        server.stdin.close()
    return faults


@pytest.mark.slow
def test_wrong_inputs_end_with_one_sentence(tmp_path):
    runs = [trained(config) for config in CONFIGS]
    before = [contents(run) for run in runs]
    parts = [(part, tmp_path / str(number)) for number, part in enumerate(groups(cases(SEED, COUNT), 2))]
    with ThreadPoolExecutor(2) as pool:
        faults = [fault for found in pool.map(lambda part: outcomes(*part), parts) for fault in found]
    assert not faults, f"{len(faults)} of {COUNT}:\n" + "\n".join(faults)
    after = [contents(run) for run in runs]
    kept = [{name: new.get(name) for name in old} for old, new in zip(before, after, strict=True)]  # predict adds files
    assert kept == before, "a run that was there before was written over"
