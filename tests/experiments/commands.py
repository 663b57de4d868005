"""Running the commands in tests as a user would."""

import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ml_collections import ConfigDict

from experiments.registry import Task
from experiments.run.workdir import open_workdir, save_learned
from seqjax.training.checkpoint import Checkpoints

ROOT = Path(__file__).parents[2]

ENVIRONMENT = os.environ | {
    "JAX_COMPILATION_CACHE_DIR": os.environ["SEQJAX_TEST_CACHE"],  # see tests/conftest.py
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    # Programs here run for moments.
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
}
OPTIMISED = ENVIRONMENT | {"JAX_DISABLE_MOST_OPTIMIZATIONS": "0"}  # as a user runs them

Done = subprocess.CompletedProcess[str]


def command(name: str, *flags: str) -> list[str]:
    """The command line of ``python -m experiments.NAME``."""
    return [sys.executable, "-m", f"experiments.{name}", *flags]


def run(name: str, *flags: str, stdin: str = "", environment: Mapping[str, str] = ENVIRONMENT) -> Done:
    """Runs a command to its end, in the project's folder."""
    if environment is not ENVIRONMENT:
        return subprocess.run(
            command(name, *flags), cwd=ROOT, input=stdin, capture_output=True, env=environment, text=True
        )
    with tempfile.TemporaryDirectory() as folder:
        (done,) = run_each([(name, flags, stdin)], Path(folder), cwd=ROOT)
    return done


# Imports what the commands import, then runs each that it is asked for in a process of its own, which starts with the
# imports done. One request is answered before the next one comes, so that none is read but by this process.
SERVER = """
import json, os, runpy, sys
import experiments.registry
while request := os.read(0, 1 << 16):
    name, flags, cwd, files = json.loads(request)
    if (child := os.fork()) == 0:
        for stream, file in enumerate(files):
            os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), stream)
        os.chdir(cwd)
        sys.argv = [name, *flags]
        sys.path.insert(0, sys.argv[0])
        runpy.run_module(f"experiments.{name}", run_name="__main__", alter_sys=True)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@functools.cache
def server() -> subprocess.Popen[str]:
    """The process that commands are forked from; it ends with this one, when its input does."""
    return subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
    )


def run_each(
    cases: Sequence[tuple[str, Sequence[str], str | bytes]], folder: Path, cwd: Path | None = None
) -> list[Done]:
    """Runs commands, given by name, flags and standard input, one after the other; ``folder`` holds what they write."""
    done = []
    pipes = server()
    assert pipes.stdin is not None
    assert pipes.stdout is not None
    for number, (name, flags, stdin) in enumerate(cases):
        files = [folder / f"{number}.{stream}" for stream in ("in", "out", "err")]
        files[0].write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
        pipes.stdin.write(json.dumps([name, list(flags), str(cwd or folder), list(map(str, files))]))
        pipes.stdin.flush()
        code = int(pipes.stdout.readline())
        done.append(subprocess.CompletedProcess((name, flags), code, files[1].read_text(), files[2].read_text()))
    return done


def save_untrained(task: Task, config: ConfigDict, workdir: Path) -> Path:
    """Makes the folder of a run whose model still is as it was at the start."""
    open_workdir(workdir, config)
    save_learned(workdir, task.learned)
    Checkpoints(workdir / "checkpoints", max_to_keep=1).save(1, task.initial_params, best_params=task.initial_params)
    return workdir
