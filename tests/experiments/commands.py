"""Runs the commands in tests as a user would, and trains each quick config once for all tests."""

import fcntl
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ml_collections import ConfigDict

from experiments.registry import Task, data_fingerprint
from experiments.run.workdir import open_workdir
from seqjax.training.checkpoint import Checkpoints

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ["SEQJAX_TEST_CACHE"])  # one folder for all of pytest's processes, see tests/conftest.py

Done = subprocess.CompletedProcess[str]


def command(name: str, *flags: str) -> list[str]:
    """The command line of ``python -m experiments.NAME``."""
    return [sys.executable, "-m", f"experiments.{name}", *flags]


def run(name: str, *flags: str, stdin: str | bytes = "") -> Done:
    """Runs a command to its end, in the project's folder."""
    with tempfile.TemporaryDirectory() as folder:
        (done,) = run_each([(name, flags, stdin)], Path(folder), cwd=ROOT)
    return done


# Keys of configs/forecasting/demand.py for a file that has the columns "ds" and "y" alone.
TWO_COLUMNS = {
    "data.time_column": "ds",
    "data.targets": ("y",),
    "data.covariates": (),
    "data.known": (),
    "data.timezone": "",
    "data.calendar": (),
}


def trained(config: str, *overrides: str) -> Path:
    """The folder of a finished run of ``configs/CONFIG.py:quick``, such as ``trained("long_range/adding")``.

    It is trained when it is first asked for, once for all tests and all of pytest's processes. Its streams are kept in
    ``FOLDER.out`` and ``FOLDER.err``. Tests may read it; one that writes takes a copy:
    ``shutil.copytree(trained(...), tmp_path / "run")``.
    """
    name = "-".join([config, *(each.removeprefix("--config.") for each in overrides)]).replace("/", "-")
    workdir = SHARED / "runs" / name
    with _lock(Path(f"{workdir}.lock")):
        if not (workdir / "test.json").exists():
            done = run("train", f"--config=configs/{config}.py:quick", f"--workdir={workdir}", *overrides)
            assert done.returncode == 0, done.stderr
            Path(f"{workdir}.out").write_text(done.stdout)
            Path(f"{workdir}.err").write_text(done.stderr)
    return workdir


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Held by one process at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# Imports what the commands import, then runs each module that it is asked for in a process of its own, which starts
# with the imports done. Such a process tells which modules of others it still had to import, and those that come after
# it have them too. One request is answered before the next one comes, so that none is read but by this process.
SERVER = """
import contextlib, gc, importlib, json, os, runpy, sys
import experiments.registry
for module in ("flax.nnx", "matplotlib.figure", "rich.progress", "rich.table", "seqjax.training.loop"):
    importlib.import_module(module)
for name in experiments.registry.TASKS.values():
    importlib.import_module(name.partition(":")[0])
gc.set_threshold(50_000, 50, 50)
while request := os.read(0, 1 << 16):
    module, arguments, cwd, files = json.loads(request)
    gc.freeze()
    known, (reader, writer) = set(sys.modules), os.pipe()
    if (child := os.fork()) == 0:
        for stream, file in enumerate(files):
            os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), stream)
        os.chdir(cwd)
        sys.argv = [module, *arguments]
        sys.path.insert(0, sys.argv[0])
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        finally:
            os.write(writer, " ".join(sys.modules.keys() - known).encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as imported:
        modules = imported.read().split()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    for module in modules:
        with contextlib.suppress(ImportError):
            if not module.startswith(("experiments", "configs", "_")):  # these define flags
                importlib.import_module(module)
"""


@functools.cache
def server() -> subprocess.Popen[str]:
    """The process that commands are forked from; it ends with this one, when its input does."""
    return subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def run_each(
    cases: Sequence[tuple[str, Sequence[str], str | bytes]], folder: Path, cwd: Path | None = None
) -> list[Done]:
    """Runs commands, given by name, flags and standard input, one after the other; ``folder`` holds their streams."""
    done = []
    pipes = server()
    assert pipes.stdin is not None
    assert pipes.stdout is not None
    for number, (name, flags, stdin) in enumerate(cases):
        files = [folder / f"{number}.{stream}" for stream in ("in", "out", "err")]
        files[0].write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
        pipes.stdin.write(json.dumps([f"experiments.{name}", list(flags), str(cwd or folder), list(map(str, files))]))
        pipes.stdin.flush()
        code = int(pipes.stdout.readline())
        done.append(subprocess.CompletedProcess((name, flags), code, files[1].read_text(), files[2].read_text()))
    return done


@contextmanager
def started(module: str, *arguments: str, cwd: Path) -> Iterator[None]:
    """Runs a module that serves, such as a notebook's kernel, while the block runs, which makes it end."""
    pipes = server()
    assert pipes.stdin is not None
    assert pipes.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/{stream}" for stream in ("in", "out", "err")]
        pipes.stdin.write(json.dumps([module, arguments, str(cwd), files]))
        pipes.stdin.flush()
        try:
            yield
        finally:
            pipes.stdout.readline()


def stopped(arguments: Sequence[str], number: int) -> str:
    """Starts a command, sends it a signal after its first validation, and returns its last line on standard error."""
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "validation_loss" in line:
                break
        process.send_signal(number)
        last = process.stderr.read().splitlines()[-1]
    assert process.returncode == 128 + number
    return last


def save_untrained(task: Task, config: ConfigDict, workdir: Path) -> Path:
    """Makes the folder of a run whose model still has its initial parameters."""
    workdir.mkdir(parents=True, exist_ok=True)
    about = {"config": config.to_dict(), "arguments": [], "data": data_fingerprint(config), "parameters": 0}
    open_workdir(workdir, about, task.learned)
    Checkpoints(workdir / "checkpoints").save(1, task.initial_params, best_params=task.initial_params)
    return workdir
