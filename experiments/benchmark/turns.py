"""Subjects in processes of their own, checked against each other and then timed in turns."""

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

# How far numbers may lie apart, relative to the largest entry of an array.
TOLERANCE = {"float32": 1e-4, "bfloat16": 0.1}
FRESH = ("memory", "compile")  # suites in which each round has new processes
FEW_ROUNDS = {"memory": 3}  # at most, where rounds differ little and take long
PAUSE = 0.02  # seconds between turns, in which the threads of the one before go to sleep


class EndedError(Exception):
    """A subject's process failed or ended before it had measured; the message is why, in one line."""


class Workers:
    """Processes by subject, each started when it is first asked; they end with the ``with`` block."""

    def __init__(self) -> None:
        self._processes: dict[str, tuple[subprocess.Popen[str], Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def ask(self, subject: str, *, is_cached: bool = True, **request: Any) -> Record:
        """What the process of a subject answers; ``is_cached``: compiled programs may come from JAX's cache on disk.

        Raises:
          EndedError: It ended instead.
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
            raise EndedError(
                "killed, perhaps for lack of memory" if code < 0 else lines[-1] if lines else f"code {code}"
            )
        found: dict[str, Any] = json.loads(answer)
        if "error" in found:
            raise EndedError(found["error"])
        return found

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
    """One record for each subject.

    All are prepared first, and checked against each other; then each round times one after the other, beginning with
    another one each time. In the suites "memory" and "compile" each round prepares new processes instead.

    Raises:
      InputError: A subject ended, or computes other numbers than the first one.
    """
    if case.suite == "latency":
        workers.end()  # How JAX dispatches is fixed when it starts, and not the same for all cases.
    times: dict[str, list[float]] = {subject: [] for subject in subjects}
    more: dict[str, Record] = {subject: {} for subject in subjects}
    with tempfile.TemporaryDirectory(prefix="seqjax-benchmark-") as folder:
        given = Path(folder) / "arrays.npz"
        np.savez(given, **arrays)  # type: ignore[arg-type]
        numbers: dict[str, dict[str, np.ndarray]] = {}
        ended: set[str] = set()
        for turn in range(min(rounds, FEW_ROUNDS.get(case.suite, rounds))):
            is_first = turn == 0
            for subject in _rotated(subjects, turn):
                if subject in ended:
                    continue
                if case.suite in FRESH:
                    workers.end()
                try:
                    if is_first or case.suite in FRESH:
                        out = Path(folder) / f"{subject}.npz"
                        answer = _prepare(workers, case, subject, given, out)
                        with np.load(out) as file:
                            numbers[subject] = dict(file)
                    if case.suite in FRESH:
                        times[subject].append(answer["first_ms" if case.suite == "compile" else "ms"])
                        if case.suite == "memory":
                            _keep_largest(more[subject], answer, ("base_mib", "peak_mib"))
                except EndedError as end:
                    if case.suite != "memory":
                        raise InputError(f"{subject} ended in {case} ({end}); leave it out of --rivals") from None
                    ended.add(subject)
                    more[subject]["note"] = f"{subject}, {case.title}: ended, {end}"
            if is_first:
                for subject, note in check(case, subjects[0], numbers).items():
                    more[subject]["note"] = note
            if case.suite not in FRESH:
                for subject in _rotated(subjects, turn):
                    time.sleep(PAUSE)
                    answer = workers.ask(subject, do="time")
                    times[subject].append(answer.pop("ms"))
                    more[subject] |= answer
    return records(case, times, more)


def check(case: Case, first: str, numbers: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, str]:
    """Checks that every subject's ``numbers`` are those of the ``first`` one, up to rounding.

    Entries may lie apart by 1e-4 (float32) or 0.1 (bfloat16) of the largest entry of their array.

    Returns:
      What lies farther apart, by subject; in bfloat16 alone, in which subjects round at different places.

    Raises:
      InputError: The same in float32.
    """
    notes = {}
    for subject, arrays in numbers.items():
        for name, expected in numbers.get(first, arrays).items():
            largest = float(np.max(np.abs(expected)))
            apart = float(np.max(np.abs(arrays[name] - expected))) if arrays[name].shape == expected.shape else np.inf
            if not apart <= TOLERANCE[case.dtype] * largest:
                found = f"{name} lies {apart:.1e} apart, its largest entry is {largest:.1e}"
                if case.dtype == "float32":
                    raise InputError(
                        f"{subject} does not compute what {first} does in {case}: {found}; leave it out of --rivals"
                    )
                notes[subject] = f"{subject}, {case.title}: {found}"
    return notes


def records(case: Case, times: Mapping[str, Sequence[float]], more: Mapping[str, Record]) -> list[Record]:
    """The records of a case, from the milliseconds of each round by subject; those of a round are divided."""
    base = "scan" if case.suite == "parallel" else "torch"
    found = []
    for subject, own in times.items():
        shares = {
            other: np.array(own) / np.array(theirs) for other, theirs in times.items() if len(own) == len(theirs) > 0
        }
        spread = [_rounded(q) for q in np.quantile(shares[base], (0.25, 0.75))] if base in shares else None
        found.append(
            {
                **asdict(case),
                "subject": subject,
                "median_ms": _rounded(np.median(own)) if own else None,
                "ratio": _rounded(np.median(shares[base])) if base in shares else None,
                "spread": spread,
                "ratios": {other: _rounded(np.median(share)) for other, share in shares.items() if other != subject},
                "rounds": len(own),
                "note": "",
                **more[subject],
            }
        )
    return found


def _prepare(workers: Workers, case: Case, subject: str, given: Path, out: Path) -> Record:
    request = {"do": "prepare", "case": asdict(case), "arrays": str(given), "numbers": str(out)}
    return workers.ask(subject, is_cached=case.suite != "compile", **request)


def _start(subject: str, is_cached: bool) -> tuple[subprocess.Popen[str], Any]:
    errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115, closed by Workers.end
    # On a GPU each process would otherwise take most of the memory.
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
    """All subjects, beginning with another one each turn."""
    start = turn % len(subjects)
    return [*subjects[start:], *subjects[:start]]


def _keep_largest(record: Record, answer: Mapping[str, float], names: Sequence[str]) -> None:
    for name in names:
        record[name] = round(max(answer[name], record.get(name, 0.0)), 1)


def _rounded(value: Any) -> float:
    """Six digits, which is more than a time is worth."""
    return float(f"{float(value):.6g}")
