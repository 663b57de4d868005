"""A run that is killed repeatedly ends with bitwise the parameters, metrics and predictions of an uninterrupted one.

``KILLS=50 pytest tests/experiments/test_kill.py -m slow`` kills fifty runs of each task; by default it is fewer.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from seqjax.training.writer import read_metrics
from tests.experiments.commands import ROOT, command, run, stopped

KILLS = int(os.environ.get("KILLS", "1"))
HISTORY = "Time,Demand,Temperature,Holiday\n" + "".join(
    f"2024-01-{1 + row // 48:02}T{row // 2 % 24:02}:{30 * (row % 2):02}:00Z,{4000 + row % 48},20,0\n"
    for row in range(336)
)
QUIET = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
# Runs to kill: a config, and what its model is then applied to.
RUNS = {
    "forecasting/demand": HISTORY,
    "classification/mr": "a good film\na bad film\n",
    "language_modeling/names": "A\nB\n",
}


def outcome(workdir: Path, stdin: str) -> dict[str, object]:
    """All results of a run, without times."""
    times = ("steps_per_second", "input_share", "wall_seconds", "cpu_seconds")
    predicted = run("predict", f"--workdir={workdir}", stdin=stdin)
    assert predicted.returncode == 0, predicted.stderr
    return {
        "metrics": [{k: v for k, v in record.items() if k not in times} for record in read_metrics(workdir)],
        "test": json.loads((workdir / "test.json").read_text()),
        "predictions": predicted.stdout,
        "checksums": {
            str(path.relative_to(workdir)): json.loads(path.read_text())["checksum"]
            for path in workdir.glob("checkpoints/*/*/meta/metadata")
        },
    }


@pytest.mark.slow
@pytest.mark.parametrize(("name", "stdin"), RUNS.items(), ids=RUNS)
def test_killed_run_ends_like_an_uninterrupted_one(tmp_path, name, stdin):
    config = (f"--config={ROOT}/configs/{name}.py:quick", "--config.train.evaluate_every=3")
    assert run("train", f"--workdir={tmp_path / 'whole'}", *config).returncode == 0
    whole = outcome(tmp_path / "whole", stdin)
    assert len(whole["checksums"]) == 3, "the last two checkpoints and the best"

    seed = random.randrange(10**6)
    print(f"seed {seed}")  # shown if the test fails
    rng = random.Random(seed)
    start = time.perf_counter()
    subprocess.run(command("train", f"--workdir={tmp_path / 'timed'}", *config), **QUIET, check=True)
    seconds = time.perf_counter() - start
    for kill in range(KILLS):
        workdir = tmp_path / f"killed{kill}"
        train = command("train", f"--workdir={workdir}", *config)
        with subprocess.Popen(train, **QUIET) as process:
            # Anywhere from the first import to the last picture.
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=rng.uniform(0.1, 1.0) * seconds)
            process.send_signal(signal.SIGKILL)
        finished = run("train", f"--workdir={workdir}", *config)
        assert finished.returncode == 0, finished.stderr
        assert outcome(workdir, stdin) == whole
        shutil.rmtree(workdir)


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_signal_ends_a_run_with_a_checkpoint_and_one_line(tmp_path, number):
    adding = f"--config={ROOT}/configs/long_range/adding.py:quick"
    train = command("train", f"--workdir={tmp_path}", adding, "--config.train.steps=10000000")
    last = stopped(train, number)
    step = int(last.split("stopped after step ")[1].split(";")[0])
    assert "run the same command again" in last
    assert (tmp_path / "checkpoints" / "latest" / str(step)).is_dir()
