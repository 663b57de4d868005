"""The training loop."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import jax.numpy as jnp

from seqjax.training.checkpoint import Checkpoints
from seqjax.training.progress import ProgressBar
from seqjax.training.state import TrainState
from seqjax.training.step import TrainStep
from seqjax.training.writer import MetricWriter


class InterruptedRun(Exception):  # noqa: N818 - no error, but the end of a run before its time
    """A signal ended the run; its state is saved.

    Attributes:
      step: Steps done.
      signal: The signal's number.
    """

    def __init__(self, step: int, signal: int) -> None:
        super().__init__(f"interrupted at step {step}")
        self.step, self.signal = step, signal


class DivergedRun(Exception):  # noqa: N818
    """A loss or gradient was not finite. The last checkpoint is from before that step.

    Attributes:
      step: The first such step.
    """

    def __init__(self, step: int) -> None:
        super().__init__(f"the loss or its gradient is not finite at step {step}")
        self.step = step


def train(
    state: TrainState,
    train_step: TrainStep,
    batches: Callable[[int], Any],
    validate: Callable[[Any], dict[str, float]],
    *,
    steps: int,
    log_every: int,
    evaluate_every: int,
    patience: int,
    checkpoints: Checkpoints,
    writer: MetricWriter,
) -> TrainState:
    """Trains until ``steps`` steps are done, or validation has not improved for long.

    Args:
      state: Where to start from.
      train_step: See :func:`~seqjax.training.step.make_train_step`.
      batches: From the number of steps done to the next batch.
      validate: From the averaged parameters to measures by name. The first one decides what is best: the lowest.
      steps: Steps of the whole run.
      log_every: Steps between two records of the training loss, its mean over them.
      evaluate_every: Steps between two validations, each followed by a checkpoint. There is one at the end too.
      patience: Validations without a new best after which the run ends early; 0 never does.
      checkpoints: Where states are saved.
      writer: Where measures are written.

    Raises:
      ValueError: For a number of steps below 1, or a patience below 0.
      InterruptedRun: On SIGINT or SIGTERM, after a checkpoint.
      DivergedRun: On a loss or gradient that is not finite, within ``log_every`` steps.
    """
    for name, value, least in (
        ("steps", steps, 1),
        ("log_every", log_every, 1),
        ("evaluate_every", evaluate_every, 1),
        ("patience", patience, 0),
    ):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, not {value}")
    step = logged = int(state.step)
    limit = patience * evaluate_every
    stale = 0 < limit <= step - int(state.best_step)
    since, waited = time.perf_counter(), 0.0  # the start of the log interval, and what input took of it
    with _signals() as caught, ProgressBar(steps, step) as progress:
        while step < steps and not stale:
            before = time.perf_counter()
            batch = batches(step)
            waited += time.perf_counter() - before
            state = train_step(state, batch)
            step += 1
            progress.advance(step)
            due = step % evaluate_every == 0 or step == steps
            if due or caught or step % log_every == 0:
                _require_finite(state)
            if step % log_every == 0:
                seconds = time.perf_counter() - since
                loss = float(state.loss_sum) / log_every
                writer.write(
                    step,
                    train_loss=loss,
                    steps_per_second=(step - logged) / seconds,
                    input_share=waited / seconds,
                )
                progress.show(step, train_loss=loss)
                state = state._replace(loss_sum=jnp.zeros_like(state.loss_sum))
                logged, since, waited = step, time.perf_counter(), 0.0
            if due:
                measures = validate(state.ema_params)
                decisive = next(iter(measures.values()))
                is_best = decisive < float(state.best_measure)
                if is_best:
                    state = state._replace(best_measure=jnp.float32(decisive), best_step=jnp.int32(step))
                writer.write(step, **{f"validation_{name}": value for name, value in measures.items()})
                progress.show(step, **{f"validation_{name}": value for name, value in measures.items()})
                checkpoints.save(step, state, is_best=is_best)
                stale = 0 < limit <= step - int(state.best_step)
            elif caught:
                checkpoints.save(step, state)
            if caught and step < steps:
                raise InterruptedRun(step, caught[0])
    return state


def _require_finite(state: TrainState) -> None:
    broken = int(state.broken_at)
    if broken >= 0:
        raise DivergedRun(broken)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collects SIGINT and SIGTERM instead of being ended by them; a second one ends the run at once."""
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        for each, handler in before.items():
            signal.signal(each, handler)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, note)
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
