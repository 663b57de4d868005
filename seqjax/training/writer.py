"""Records of a run: ``metrics.jsonl`` and TensorBoard events."""

import json
import math
import os
import time
from pathlib import Path

from tensorboardX import SummaryWriter


class MetricWriter:
    """Appends measures to ``metrics.jsonl``, one JSON object a line, and to TensorBoard event files.

    A measure that is not finite is left out: JSON has no such numbers.

    Each line also holds the time that the run has taken: ``wall_seconds`` and ``cpu_seconds``, the processor time of
    this process, from when the writer was made. Both go on from the last line of the session before. What a session
    does after its last line is not counted.

    Args:
      workdir: The folder of the run.
      step: The step from which the run goes on. Later lines, of steps that will be done again, are removed.
    """

    def __init__(self, workdir: Path, step: int) -> None:
        self._path = workdir / "metrics.jsonl"
        kept = [line for line in read_metrics(workdir) if line["step"] <= step]
        write_text(self._path, "".join(json.dumps(line) + "\n" for line in kept))
        self._file = self._path.open("a", encoding="utf-8")
        self._events = SummaryWriter(str(workdir / "tensorboard"), purge_step=step + 1)
        before = kept[-1] if kept else {}
        self._wall_start = time.perf_counter() - before.get("wall_seconds", 0.0)
        self._cpu_start = time.process_time() - before.get("cpu_seconds", 0.0)

    def write(self, step: int, **measures: float) -> None:
        """Writes the measures that belong to a step."""
        measures = {name: value for name, value in measures.items() if math.isfinite(value)}
        seconds = {
            "wall_seconds": round(time.perf_counter() - self._wall_start, 3),
            "cpu_seconds": round(time.process_time() - self._cpu_start, 3),
        }
        self._file.write(json.dumps({"step": step, **measures, **seconds}, allow_nan=False) + "\n")
        self._file.flush()
        for name, value in measures.items():
            self._events.add_scalar(name, value, step)

    def close(self) -> None:
        """Closes both files."""
        self._file.close()
        self._events.close()


def read_metrics(workdir: Path) -> list[dict[str, float | int]]:
    """The records of ``metrics.jsonl``, oldest first. An incomplete last line is skipped."""
    path = workdir / "metrics.jsonl"
    if not path.exists():
        return []
    records = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return records


def write_text(path: Path, text: str) -> None:
    """Writes a whole file or, if that fails, nothing: the text goes to a temporary file that is then renamed."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
