"""The training loop."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import jax.numpy as jnp

from seqjax.errors import DivergedRun, InterruptedRun
from seqjax.training.checkpoint import Checkpoints
from seqjax.training.options import TrainOptions
from seqjax.training.progress import ProgressBar
from seqjax.training.state import TrainState
from seqjax.training.step import TrainStep
from seqjax.training.writer import MetricWriter


@dataclass
class Interval:
    """Times the steps since the last log line.

    Attributes:
      first_step: Steps completed before the interval.
      start: Time at which it began, in seconds of ``time.perf_counter``.
      input_seconds: Seconds spent waiting for batches.
    """

    first_step: int
    start: float = field(default_factory=time.perf_counter)
    input_seconds: float = 0.0

    def fetch(self, batches: Callable[[int], Any], step: int) -> Any:
        """Returns the batch of a step, and adds the time taken to ``input_seconds``."""
        start = time.perf_counter()
        batch = batches(step)
        self.input_seconds += time.perf_counter() - start
        return batch

    def measures(self, step: int) -> dict[str, float]:
        """Speed from the interval's start to ``step`` completed steps, and share of time spent waiting for input."""
        seconds = time.perf_counter() - self.start
        return {
            "steps_per_second": (step - self.first_step) / seconds,
            "input_share": self.input_seconds / seconds,
        }


@dataclass(frozen=True)
class EarlyStopping:
    """Ends a run whose validation metric stops improving.

    Attributes:
      patience: Steps without a new best after which the run ends; 0 disables early stopping.
    """

    patience: int

    def ends(self, step: int, state: TrainState) -> bool:
        """True if the run ends after ``step`` steps."""
        return 0 < self.patience <= step - int(state.best_step)


def train(
    state: TrainState,
    train_step: TrainStep,
    batches: Callable[[int], Any],
    validate: Callable[[Any], dict[str, float]],
    options: TrainOptions,
    checkpoints: Checkpoints,
    writer: MetricWriter,
) -> TrainState:
    """Trains until ``options.steps`` steps are completed, or until validation stops improving.

    Args:
      state: The state to start from.
      train_step: See :func:`~seqjax.training.step.make_train_step`.
      batches: Maps the number of completed steps to the next batch.
      validate: Maps the averaged parameters to metrics by name; the lowest value of the first one marks the best step.
        It is called every ``options.evaluate_every`` steps and at the end, each time before a checkpoint.
      options: The length of the run and its intervals.
      checkpoints: Where states are saved.
      writer: Where metrics are written; every ``options.log_every`` steps, the mean training loss since the last time.

    Raises:
      InterruptedRun: On SIGINT or SIGTERM, after a checkpoint.
      DivergedRun: On a loss or gradient that is not finite, within ``options.log_every`` steps.
    """
    early_stopping = EarlyStopping(options.patience * options.evaluate_every)
    step = int(state.step)
    interval = Interval(step)
    is_over = step >= options.steps or early_stopping.ends(step, state)
    with _signals() as received, ProgressBar(options.steps, step) as progress:
        while not is_over:
            state = train_step(state, interval.fetch(batches, step))
            step += 1
            progress.advance(step)
            is_last = step == options.steps
            logs, evaluates = step % options.log_every == 0, step % options.evaluate_every == 0 or is_last
            if logs or evaluates or received:
                _require_finite(state)
            if logs:
                loss = float(state.loss_sum) / options.log_every
                writer.write(step, train_loss=loss, **interval.measures(step))
                progress.show(step, train_loss=loss)
                state = state._replace(loss_sum=jnp.zeros_like(state.loss_sum))
                interval = Interval(step)
            if evaluates:
                measures = {f"validation_{name}": value for name, value in validate(state.ema_params).items()}
                state, is_best = _with_best(state, step, next(iter(measures.values())))
                writer.write(step, **measures)
                progress.show(step, **measures)
                checkpoints.save(step, state, best_params=state.ema_params if is_best else None)
                is_over = is_last or early_stopping.ends(step, state)
            elif received:
                checkpoints.save(step, state)
            if received and not is_last:
                raise InterruptedRun(step, received[0])
    return state


def _require_finite(state: TrainState) -> None:
    broken = int(state.broken_at)
    if broken >= 0:
        raise DivergedRun(broken)


def _with_best(state: TrainState, step: int, measure: float) -> tuple[TrainState, bool]:
    """The state, with a validation metric recorded if it is the lowest so far; and True if it is."""
    is_best = measure < float(state.best_measure)
    if is_best:
        state = state._replace(best_measure=jnp.float32(measure), best_step=jnp.int32(step))
    return state, is_best


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collects a SIGINT or SIGTERM instead of terminating; a second one terminates the run at once."""
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)
        for each, handler in before.items():
            signal.signal(each, handler)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, note)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
