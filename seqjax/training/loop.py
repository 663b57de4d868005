"""The training loop."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import jax.numpy as jnp
import numpy as np

from seqjax.errors import DivergedRun, InterruptedRun, UndecidedRun
from seqjax.training.checkpoint import Checkpoints
from seqjax.training.options import TrainOptions
from seqjax.training.progress import ProgressBar
from seqjax.training.state import TrainState
from seqjax.training.step import TrainStep
from seqjax.training.writer import MetricWriter

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
LARGEST = float(np.finfo(np.float32).max)  # a measure beyond it is infinite in the state
REPEAT = 1.0  # seconds in which a signal that comes again, perhaps by another way, counts once


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
        It is called every ``options.evaluate_every`` steps and at the end, each time before a checkpoint. A value that
        is not finite is never the best.
      options: The length of the run and its intervals.
      checkpoints: Where states are saved.
      writer: Where metrics are written; every ``options.log_every`` steps and at the end, the mean training loss since
        the last time.

    Raises:
      InterruptedRun: On SIGINT, SIGTERM or SIGHUP, after a checkpoint. Outside the main thread no signal is handled.
      DivergedRun: On a loss or gradient that is not finite, within ``options.log_every`` steps.
      UndecidedRun: If the first metric of the first two validations is not finite, or none is until the run ends; the
        checkpoint is saved before. A run that is resumed goes on.
    """
    early_stopping = EarlyStopping(options.patience * options.evaluate_every)
    step = int(state.step)
    interval, unmeasured = Interval(step), 0
    is_over = step >= options.steps or early_stopping.ends(step, state)
    if is_over and not _has_best(state):
        raise UndecidedRun(step, *next(iter(_validate(validate, state).items())))
    with _signals() as received, ProgressBar(options.steps, step) as progress:
        while not is_over:
            state = train_step(state, interval.fetch(batches, step))
            step += 1
            progress.advance(step)
            is_last = step == options.steps
            logs, evaluates = (step % every == 0 or is_last for every in (options.log_every, options.evaluate_every))
            if logs or evaluates or received:
                _require_finite(state)
            if logs:
                loss = float(state.loss_sum) / ((step - 1) % options.log_every + 1)
                writer.write(step, train_loss=loss, **interval.measures(step))
                progress.show(step, train_loss=loss)
                state = state._replace(loss_sum=jnp.zeros_like(state.loss_sum))
                interval = Interval(step)
            if evaluates:
                measures = _validate(validate, state)
                name, measure = next(iter(measures.items()))
                state, is_best = _with_best(state, step, measure)
                writer.write(step, **measures)
                progress.show(step, **measures)
                checkpoints.save(step, state, best_params=state.ema_params if is_best else None)
                is_over = is_last or early_stopping.ends(step, state)
                unmeasured += not _has_best(state)
                if not _has_best(state) and (unmeasured > 1 or is_over):
                    raise UndecidedRun(step, name, measure)
            elif received:
                checkpoints.save(step, state)
            if received and not is_last:
                raise InterruptedRun(step, received[0])
    return state


def _require_finite(state: TrainState) -> None:
    broken = int(state.broken_at)
    if broken >= 0:
        raise DivergedRun(broken)


def _validate(validate: Callable[[Any], dict[str, float]], state: TrainState) -> dict[str, float]:
    return {f"validation_{name}": value for name, value in validate(state.ema_params).items()}


def _has_best(state: TrainState) -> bool:
    return math.isfinite(state.best_measure)


def _with_best(state: TrainState, step: int, measure: float) -> tuple[TrainState, bool]:
    """The state, with a validation metric recorded if it is the lowest so far; and True if it is."""
    is_best = -LARGEST <= measure < min(float(state.best_measure), LARGEST)
    if is_best:
        state = state._replace(best_measure=jnp.float32(measure), best_step=jnp.int32(step))
    return state, is_best


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collects SIGINT, SIGTERM and SIGHUP instead of ending; a second one, after ``REPEAT``, ends the run at once.

    A signal that is ignored, as SIGHUP is under ``nohup``, stays ignored. Only the main thread can handle signals.
    """
    received: list[int] = []
    first = math.inf

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal first
        first = min(first, time.monotonic())
        received.append(number)
        if time.monotonic() > first + REPEAT:
            for each, handler in before.items():
                signal.signal(each, handler)
            signal.raise_signal(number)

    is_main = threading.current_thread() is threading.main_thread()
    handlers = {number: signal.getsignal(number) for number in SIGNALS if is_main}
    before = {number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, note)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
