"""A process that builds one subject and times it when it is told to: one JSON object a line, in and out.

Usage: python -m experiments.benchmark.worker SUBJECT

``{"do": "prepare", "case": {...}, "arrays": FILE.npz, "numbers": FILE.npz}`` builds what a case asks for, does it once,
writes what it computed, and answers with ``first_ms``, from the beginning of that to its end, ``base_mib`` and
``peak_mib``, resident memory before the first call and the most during it, and ``ms``, the time of a later call, from
which it takes how often one timing repeats it. ``{"do": "time"}`` answers with ``ms``, the mean of those repeats, and
what else the subject reports. What fails is answered with ``error``, one line.
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

LEAST_MS = 50.0  # of one timing
BUILDERS = {"latency": "stream", "decode": "decode", "training": "epoch"}  # all others: "layer"


def main() -> None:
    """Answers until there is nothing more to read."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # What libraries print is no answer.
    _first_to_go()
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
    """The module that builds a subject, imported with all that it needs."""
    end = "_models" if case.suite in ("decode", "training") else ""
    module = importlib.import_module(f"experiments.benchmark.rivals.{module_of(subject)}{end}")
    if module_of(subject) != "torch":
        jax: Any = importlib.import_module("jax")
        if case.suite == "latency" and case.shape[1] == 1:
            # Who waits for each step gains nothing from a thread that computes it while Python goes on.
            jax.config.update("jax_cpu_enable_async_dispatch", False)
        jax.devices()  # starts JAX
    return module


def _prepare(
    module: Any, case: Case, arrays: dict[str, np.ndarray], subject: str
) -> tuple[dict[str, float], Measured, dict[str, np.ndarray]]:
    start = time.perf_counter()
    built = getattr(module, BUILDERS.get(case.suite, "layer"))(case, arrays, subject)
    base = _forget_peak()
    built.call()
    first_ms = 1000 * (time.perf_counter() - start)
    peak = _memory("VmHWM")
    answer = {"first_ms": first_ms, "base_mib": base, "peak_mib": peak}
    numbers = built.numbers()
    answer["ms"] = _time(built, 1)
    return answer, built, numbers


def _time(built: Measured, repeats: int) -> float:
    """Milliseconds of one step, the mean of ``repeats`` calls."""
    gc.collect()
    start = time.perf_counter()
    for _ in range(repeats):
        built.call()
    return 1000 * (time.perf_counter() - start) / (repeats * built.steps)


def _memory(name: str) -> float:
    """A number of ``/proc/self/status`` in MiB, 0 where there is no such file."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    lines = dict(line.partition(":")[::2] for line in status.read_text().splitlines())
    return int(lines[name].split()[0]) / 1024


def _forget_peak() -> float:
    """Starts the peak of resident memory anew; the memory that is resident now, in MiB.

    What was freed is given back to the system before, so that it does not serve the next call unseen.
    """
    gc.collect()
    if hasattr(ctypes.CDLL(None), "malloc_trim"):
        ctypes.CDLL(None).malloc_trim(0)
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")
    return _memory("VmRSS")


def _first_to_go() -> None:
    """Has the system end this process before any other where memory runs out."""
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text("1000")


if __name__ == "__main__":
    main()
