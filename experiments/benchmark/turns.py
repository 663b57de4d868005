"""Runs subjects in separate processes, compares their results, then times them in turns."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from experiments.benchmark.cases import Case
from seqjax.errors import InputError

Record = dict[str, Any]

# Largest difference of results, relative to the largest entry of an array.
TOLERANCE = {"float32": 1e-4, "bfloat16": 0.1}
FRESH = ("memory", "compile")  # suites with new processes in each round
MOST_ROUNDS = {"memory": 3}  # rounds differ little and take long
ARRAYS = "arrays.npz"
PAUSE = 0.02  # seconds between turns, until the threads of the process before are idle


class EndedError(Exception):
    """A subject's process failed or ended before the measurement; the message is the reason, in one line."""


class Workers:
    """Processes by subject, each started on its first request; they end with the ``with`` block."""

    def __init__(self) -> None:
        """Starts without processes."""
        self._processes: dict[str, tuple[subprocess.Popen[str], Any]] = {}

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends all processes."""
        self.end()

    def ask(self, subject: str, *, is_cached: bool = True, **request: Any) -> Record:
        """The answer of a subject's process to a request.

        Args:
          subject: The subject.
          is_cached: Whether compiled programs may come from JAX's cache on disk.
          **request: The request; see :mod:`experiments.benchmark.worker`.

        Raises:
          EndedError: The process failed or ended.
        """
        if subject not in self._processes:
            self._processes[subject] = _start(subject, is_cached)
        process, errors = self._processes[subject]
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            code = process.wait()
            errors.seek(0)
            lines = errors.read().strip().splitlines()
            raise EndedError("killed, perhaps out of memory" if code < 0 else lines[-1] if lines else f"code {code}")
        result: dict[str, Any] = json.loads(answer)
        if "error" in result:
            raise EndedError(result["error"])
        return result

    def end(self) -> None:
        """Ends all processes."""
        for process, errors in self._processes.values():
            process.kill()
            process.communicate()
            errors.close()
        self._processes = {}


def measure(
    case: Case, subjects: Sequence[str], arrays: Mapping[str, np.ndarray], rounds: int, workers: Workers
) -> list[Record]:
    """Measures a case: one record for each subject.

    All subjects are prepared and their results compared; then each round times them one after the other, each time
    starting with another one. In the suites "memory" and "compile" each round prepares new processes instead.

    Raises:
      InputError: A subject ended, or its results differ from those of the first one.
    """
    if case.suite == "latency":
        workers.end()  # JAX's dispatch is configured when a process starts, and differs between cases.
    run = _with_new_processes if case.suite in FRESH else _in_turns
    with tempfile.TemporaryDirectory(prefix="seqjax-benchmark-") as folder:
        np.savez(Path(folder) / ARRAYS, **arrays)  # type: ignore[arg-type]
        times, more = run(case, subjects, min(rounds, MOST_ROUNDS.get(case.suite, rounds)), workers, Path(folder))
    return records(case, times, more)


def _in_turns(
    case: Case, subjects: Sequence[str], rounds: int, workers: Workers, folder: Path
) -> tuple[dict[str, list[float]], dict[str, Record]]:
    """The milliseconds of each round, and other entries of the record, by subject."""
    times: dict[str, list[float]] = {subject: [] for subject in subjects}
    try:
        numbers = {subject: _prepare(workers, case, subject, folder)[1] for subject in subjects}
        notes = check(case, subjects[0], numbers)
        more: dict[str, Record] = {subject: {"note": notes.get(subject, "")} for subject in subjects}
        for turn in range(rounds):
            for subject in _rotated(subjects, turn):
                time.sleep(PAUSE)
                answer = workers.ask(subject, do="time")
                times[subject].append(answer.pop("ms"))
                more[subject] |= answer
    except EndedError as end:
        raise InputError(f"a subject ended in {case} ({end}); leave it out of --rivals") from None
    return times, more


def _with_new_processes(
    case: Case, subjects: Sequence[str], rounds: int, workers: Workers, folder: Path
) -> tuple[dict[str, list[float]], dict[str, Record]]:
    """The same with a new process for each timing; in the suite "memory" a subject may end and is noted."""
    times: dict[str, list[float]] = {subject: [] for subject in subjects}
    more: dict[str, Record] = {subject: {"note": ""} for subject in subjects}
    numbers: dict[str, dict[str, np.ndarray]] = {}
    ended: set[str] = set()
    for turn in range(rounds):
        for subject in _rotated(subjects, turn):
            if subject in ended:
                continue
            workers.end()
            try:
                answer, numbers[subject] = _prepare(workers, case, subject, folder)
            except EndedError as end:
                if case.suite != "memory":
                    raise InputError(f"{subject} ended in {case} ({end}); leave it out of --rivals") from None
                ended.add(subject)
                more[subject]["note"] = f"{subject}, {case.title}: ended, {end}"
                continue
            times[subject].append(answer["first_ms" if case.suite == "compile" else "ms"])
            if case.suite == "memory":
                _keep_largest(more[subject], answer, ("base_mib", "peak_mib"))
        if turn == 0:
            for subject, note in check(case, subjects[0], numbers).items():
                more[subject]["note"] = note
    return times, more


def check(case: Case, first: str, numbers: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, str]:
    """Compares the results ``numbers`` of every subject with those of the ``first`` one.

    Entries may differ by 1e-4 (float32) or 0.1 (bfloat16) of the largest entry of their array.

    Returns:
      Notes on larger differences by subject, in bfloat16 only, in which subjects round at different places.

    Raises:
      InputError: A larger difference in float32.
    """
    notes = {}
    for subject, arrays in numbers.items():
        for name, expected in numbers.get(first, arrays).items():
            largest = float(np.max(np.abs(expected)))
            error = float(np.max(np.abs(arrays[name] - expected))) if arrays[name].shape == expected.shape else np.inf
            if not error <= TOLERANCE[case.dtype] * largest:
                difference = f"{name} differs by {error:.1e}, its largest entry is {largest:.1e}"
                if case.dtype == "float32":
                    raise InputError(
                        f"{subject} and {first} disagree in {case}: {difference}; leave {subject} out of --rivals"
                    )
                notes[subject] = f"{subject}, {case.title}: {difference}"
    return notes


def records(case: Case, times: Mapping[str, Sequence[float]], more: Mapping[str, Record]) -> list[Record]:
    """The records of a case, from the milliseconds of each round by subject; ratios are taken within a round."""
    base = "scan" if case.suite == "associative" else "torch"
    listed = []
    for subject, own in times.items():
        ratios = {
            other: np.array(own) / np.array(theirs) for other, theirs in times.items() if len(own) == len(theirs) > 0
        }
        spread = [_rounded(q) for q in np.quantile(ratios[base], (0.25, 0.75))] if base in ratios else None
        listed.append(
            {
                **asdict(case),
                "subject": subject,
                "median_ms": _rounded(np.median(own)) if own else None,
                "ratio": _rounded(np.median(ratios[base])) if base in ratios else None,
                "spread": spread,
                "ratios": {other: _rounded(np.median(ratio)) for other, ratio in ratios.items() if other != subject},
                "rounds": len(own),
                "note": "",
                **more[subject],
            }
        )
    return listed


def _prepare(workers: Workers, case: Case, subject: str, folder: Path) -> tuple[Record, dict[str, np.ndarray]]:
    """Has a subject build and run a case once; its answer and its results."""
    out = folder / f"{subject}.npz"
    request = {"do": "prepare", "case": asdict(case), "arrays": str(folder / ARRAYS), "numbers": str(out)}
    answer = workers.ask(subject, is_cached=case.suite != "compile", **request)
    with np.load(out) as file:
        return answer, dict(file)


def _start(subject: str, is_cached: bool) -> tuple[subprocess.Popen[str], Any]:
    errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115, closed by Workers.end
    # On a GPU each process would otherwise allocate most of the memory.
    environment = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"} | os.environ | {"KERAS_BACKEND": "jax"}
    if not is_cached:
        environment |= {"JAX_ENABLE_COMPILATION_CACHE": "false"}
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments.benchmark.worker", subject],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env=environment,
    )
    return process, errors


def _rotated(subjects: Sequence[str], turn: int) -> list[str]:
    """All subjects, each turn starting with another one."""
    start = turn % len(subjects)
    return [*subjects[start:], *subjects[:start]]


def _keep_largest(record: Record, answer: Mapping[str, float], names: Sequence[str]) -> None:
    for name in names:
        record[name] = round(max(answer[name], record.get(name, 0.0)), 1)


def _rounded(value: Any) -> float:
    """Rounds to six digits."""
    return float(f"{float(value):.6g}")
