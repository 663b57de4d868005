"""Progress of a run: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class ProgressBar:
    """Shows steps done, losses, speed and the time that remains. Used as a context.

    Args:
      total: Steps of the whole run.
      done: Steps done in earlier sessions.
    """

    def __init__(self, total: int, done: int) -> None:
        self._total, self._step, self._time, self._speed = total, done, time.perf_counter(), 0.0
        console = Console(stderr=True)
        self._bar = (
            Progress(
                TextColumn("train"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[text]}"),
                TimeRemainingColumn(),
                console=console,
            )
            if console.is_terminal
            else None
        )

    def __enter__(self) -> "ProgressBar":
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("train", total=self._total, completed=self._step, text="compiling")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, step: int) -> None:
        """Notes that ``step`` steps are done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=step)

    def show(self, step: int, **values: float) -> None:
        """Shows values that belong to a step."""
        now = time.perf_counter()
        if step > self._step:
            self._speed = (step - self._step) / (now - self._time)
            self._step, self._time = step, now
        text = "  ".join(f"{name} {value:.4f}" for name, value in values.items()) + f"  {self._speed:.1f} steps/s"
        if self._bar is not None:
            self._bar.update(self._task, completed=step, text=text)
        else:
            remaining = (self._total - step) / self._speed if self._speed else 0.0
            print(f"step {step}/{self._total}  {text}  {remaining:.0f} s left", file=sys.stderr, flush=True)
