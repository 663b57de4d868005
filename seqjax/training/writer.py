"""What a run writes down while it goes: ``metrics.jsonl`` and TensorBoard events."""

import json
import os
from pathlib import Path

from tensorboardX import SummaryWriter


class MetricWriter:
    """Appends numbers to ``metrics.jsonl``, one JSON object a line, and to TensorBoard event files.

    Args:
      workdir: The folder of the run.
      step: The step from which the run goes on. What an interrupted run wrote after it is taken back, since those
        steps are done again.
    """

    def __init__(self, workdir: Path, step: int) -> None:
        self._path = workdir / "metrics.jsonl"
        kept = [line for line in read_metrics(workdir) if line["step"] <= step]
        write_text(self._path, "".join(json.dumps(line) + "\n" for line in kept))
        self._file = self._path.open("a", encoding="utf-8")
        self._events = SummaryWriter(str(workdir / "tensorboard"), purge_step=step + 1)

    def write(self, step: int, **values: float) -> None:
        """Writes the values that belong to a step."""
        self._file.write(json.dumps({"step": step, **values}) + "\n")
        self._file.flush()
        for name, value in values.items():
            self._events.add_scalar(name, value, step)

    def close(self) -> None:
        """Finishes both files."""
        self._file.close()
        self._events.close()


def read_metrics(workdir: Path) -> list[dict[str, float | int]]:
    """The records of ``metrics.jsonl``, oldest first. A last line that was cut off is passed over."""
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
    """Writes a whole file or, if that fails, none: the text goes to a file beside it, which then takes its place."""
    beside = path.with_name(path.name + ".tmp")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
