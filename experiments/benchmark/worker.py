"""A process that builds one subject and times it on request: one JSON object on each line, in and out.

Usage: python -m experiments.benchmark.worker SUBJECT

``{"do": "prepare", "case": {...}, "arrays": FILE.npz, "numbers": FILE.npz}`` builds the case, runs it once and writes
its results. The answer has ``first_ms``, the time of building and the first run; ``base_mib`` and ``peak_mib``, the
resident memory before the first run and its peak; and ``ms``, the time of a later run, which sets the number of repeats
of one timing. ``{"do": "time"}`` answers with ``ms``, the mean of those repeats, and other entries of the
subject's report. The answer to a request that fails has ``error``, one line.
"""

import ctypes
import gc
import importlib
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from experiments.benchmark.cases import Case, module_of
from experiments.benchmark.rivals.measured import Measured

LEAST_MS = 50.0  # shortest timing
BUILDERS = {"latency": "stream", "decode": "decode", "training": "epoch"}  # function by suite; others "layer"


def main() -> None:
    """Answers requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # Libraries may print to standard output.
    _be_killed_first()
    subject = sys.argv[1]
    built: Measured | None = None
    repeats = 1
    answer: dict[str, Any]
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                case = Case(**{**request["case"], "shape": tuple(request["case"]["shape"])})
                built = None
                gc.collect()
                module = _module(subject, case)
                with np.load(request["arrays"]) as file:
                    arrays = dict(file)
                answer, built, numbers = _prepare(module, case, arrays, subject)
                np.savez(request["numbers"], **numbers)  # type: ignore[arg-type]
                repeats = max(1, math.ceil(LEAST_MS / (answer["ms"] * built.steps)))
                if case.suite not in ("memory", "compile", "training"):
                    _time(built, repeats)  # warm-up
            else:
                assert built is not None
                answer = {"ms": _time(built, repeats), **built.report()}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".partition("\n")[0]}
        answers.write(json.dumps(answer) + "\n")


def _module(subject: str, case: Case) -> Any:
    """Imports the module that builds a subject, and starts JAX."""
    end = "_models" if case.suite in ("decode", "training") else ""
    module = importlib.import_module(f"experiments.benchmark.rivals.{module_of(subject)}{end}")
    if module_of(subject) != "torch":
        jax: Any = importlib.import_module("jax")
        if case.suite == "latency" and case.shape[1] == 1:
            # With one step at a time nothing is gained by computing it in another thread.
            jax.config.update("jax_cpu_enable_async_dispatch", False)
        jax.devices()
    return module


def _prepare(
    module: Any, case: Case, arrays: dict[str, np.ndarray], subject: str
) -> tuple[dict[str, float], Measured, dict[str, np.ndarray]]:
    start = time.perf_counter()
    built = getattr(module, BUILDERS.get(case.suite, "layer"))(case, arrays, subject)
    base = _reset_peak()
    built.call()
    first_ms = 1000 * (time.perf_counter() - start)
    peak = _resident("VmHWM")
    answer = {"first_ms": first_ms, "base_mib": base, "peak_mib": peak}
    numbers = built.numbers()
    answer["ms"] = _time(built, 1)
    return answer, built, numbers


def _time(built: Measured, repeats: int) -> float:
    """Milliseconds of one step: the mean of ``repeats`` calls."""
    gc.collect()
    start = time.perf_counter()
    for _ in range(repeats):
        built.call()
    return 1000 * (time.perf_counter() - start) / (repeats * built.steps)


def _resident(name: str) -> float:
    """An entry of ``/proc/self/status`` in MiB; 0 if there is no such file."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    lines = dict(line.partition(":")[::2] for line in status.read_text().splitlines())
    return int(lines[name].split()[0]) / 1024


def _reset_peak() -> float:
    """Resets the peak of resident memory, and returns the current resident memory in MiB.

    Freed memory is returned to the system first, since the next call could use it without raising the peak.
    """
    gc.collect()
    if hasattr(ctypes.CDLL(None), "malloc_trim"):
        ctypes.CDLL(None).malloc_trim(0)
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")
    return _resident("VmRSS")


def _be_killed_first() -> None:
    """Asks the system to kill this process before any other if memory runs out."""
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text("1000")


if __name__ == "__main__":
    main()
