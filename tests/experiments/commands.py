"""Running the commands in tests as a user would."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Compiled programs are shared between the runs of one test session, which saves half of their time.
CACHE = tempfile.TemporaryDirectory(prefix="seqjax-xla-")
ENVIRONMENT = os.environ | {
    "JAX_COMPILATION_CACHE_DIR": CACHE.name,
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
    """Runs a command to its end."""
    return subprocess.run(command(name, *flags), cwd=ROOT, input=stdin, capture_output=True, env=environment, text=True)


# Imports what the commands import, then runs each in a process of its own, which starts with the imports done.
FORKS = """
import json, os, runpy, sys
import experiments.build
for number, (name, flags) in enumerate(json.loads(sys.argv[1])):
    if (child := os.fork()) == 0:
        for stream, file in enumerate(("in", "out", "err")):
            os.dup2(os.open(f"{number}.{file}", os.O_RDWR | os.O_CREAT), stream)
        sys.argv = [name, *flags]
        sys.path.insert(0, sys.argv[0])
        runpy.run_module(f"experiments.{name}", run_name="__main__", alter_sys=True)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def run_each(cases: Sequence[tuple[str, Sequence[str], str | bytes]], folder: Path) -> list[Done]:
    """Runs many commands, given by name, flags and standard input, that end soon: importing is done once for all."""
    for number, (_, _, stdin) in enumerate(cases):
        (folder / f"{number}.in").write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
    calls = json.dumps([(name, list(flags)) for name, flags, _ in cases])
    environment = ENVIRONMENT | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", FORKS, calls], cwd=folder, capture_output=True, text=True, check=True, env=environment
    )
    return [
        subprocess.CompletedProcess(
            cases[number], int(code), (folder / f"{number}.out").read_text(), (folder / f"{number}.err").read_text()
        )
        for number, code in enumerate(done.stdout.split())
    ]
