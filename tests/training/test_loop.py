"""The training loop: resuming, early stopping, divergence, interruption."""

import math
import os
import re
import signal
import threading
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from seqjax.errors import DivergedRun, InterruptedRun, UndecidedRun
from seqjax.training import checkpoint, loop
from seqjax.training.checkpoint import Checkpoints, restore_best
from seqjax.training.loop import EarlyStopping, Interval, train
from seqjax.training.options import TrainOptions
from seqjax.training.state import TrainState, init_state
from seqjax.training.step import make_train_step
from seqjax.training.writer import MetricWriter, read_metrics

OPTIMIZER = optax.adam(0.05)
TIMES = ("steps_per_second", "input_share", "wall_seconds", "cpu_seconds")


def loss_sums(params, carry, batch, key):
    noise = 0.1 * jax.random.normal(key, params["w"].shape)
    return jnp.sum((params["w"] - batch + noise) ** 2), jnp.float32(1), carry


TRAIN_STEP = make_train_step(loss_sums, OPTIMIZER, jax.random.key(0), 0.9)


def batch(step):
    return np.full(3, np.sin(step), np.float32)


def initial_state() -> TrainState:
    return init_state({"w": jnp.zeros(3)}, OPTIMIZER)


def run(
    workdir,
    *,
    batches: Callable[[int], Any] = batch,
    validate: Callable[[Any], dict[str, float]] | None = None,
    **options: int,
) -> TrainState:
    """Trains 40 steps on ``workdir``, resuming an earlier run."""
    checkpoints = Checkpoints(workdir / "checkpoints")
    state = checkpoints.restore_latest(initial_state(), warn=print) or initial_state()
    writer = MetricWriter(workdir, int(state.step))
    validate = validate or (lambda params: {"loss": float(jnp.sum(params["w"] ** 2))})
    all_options = {"steps": 40, "log_every": 5, "evaluate_every": 10, "patience": 0} | options
    try:
        return train(state, TRAIN_STEP, batches, validate, TrainOptions(**all_options), checkpoints, writer)
    finally:
        writer.close()


def measures(workdir) -> list[dict[str, float]]:
    """The records without those of time."""
    return [{name: x for name, x in record.items() if name not in TIMES} for record in read_metrics(workdir)]


@pytest.fixture
def ordinary_signals():
    """Signals as a process at a terminal has them, however pytest was started."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in loop.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("at", "number"), [(3, signal.SIGINT), (10, signal.SIGTERM), (27, signal.SIGINT), (14, signal.SIGHUP)]
)
def test_interrupted_run_resumes_bitwise(tmp_path, number, at, ordinary_signals):
    whole = run(tmp_path / "whole")

    def interrupting(step):
        if step + 1 == at:
            os.kill(os.getpid(), number)
        return batch(step)

    with pytest.raises(InterruptedRun) as end:
        run(tmp_path / "parts", batches=interrupting)
    assert (end.value.step, end.value.signal) == (at, number)
    assert (tmp_path / "parts" / "checkpoints" / "latest" / str(at)).is_dir()
    parts = run(tmp_path / "parts")
    jax.tree.map(np.testing.assert_array_equal, parts, whole)
    assert measures(tmp_path / "parts") == measures(tmp_path / "whole")
    seconds = [record["wall_seconds"] for record in read_metrics(tmp_path / "parts")]
    assert seconds == sorted(seconds), "the time of both sessions adds up"


def test_signal_that_comes_twice_at_once_counts_once_and_later_ends_at_once(tmp_path, monkeypatch, ordinary_signals):
    def twice(step):
        if step + 1 == 3:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)  # a sweep passes on what its process group has got too
        return batch(step)

    with pytest.raises(InterruptedRun):
        run(tmp_path, batches=twice)
    monkeypatch.setattr(loop, "REPEAT", -1.0)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, batches=lambda step: os.kill(os.getpid(), signal.SIGINT))


def test_signal_that_is_ignored_stays_ignored(tmp_path, ordinary_signals):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does

    def hanging_up(step):
        os.kill(os.getpid(), signal.SIGHUP)
        return batch(step)

    assert run(tmp_path, batches=hanging_up, steps=3).step == 3
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_run_in_a_thread_of_its_own_ends_like_any_other(tmp_path):
    states = []

    def target():
        with jax.numpy_dtype_promotion("standard"):  # each thread has its own
            states.append(run(tmp_path / "thread"))

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    jax.tree.map(np.testing.assert_array_equal, states[0], run(tmp_path / "main"))


def test_run_killed_between_best_and_latest_ends_with_the_same_best(tmp_path, monkeypatch):
    losses = {10: 1.0, 20: 0.5, 30: 2.0, 40: 3.0}
    steps = iter([10, 20, 30, 40, 10, 20, 20, 30, 40])

    def validate(params):
        return {"loss": losses[next(steps)]}

    whole = run(tmp_path / "whole", validate=validate)
    save = checkpoint._save

    def killed(manager, step, tree):
        if step == 20 and isinstance(tree, TrainState):
            raise KeyboardInterrupt
        save(manager, step, tree)

    monkeypatch.setattr(checkpoint, "_save", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", validate=validate)
    monkeypatch.undo()
    parts = run(tmp_path / "parts", validate=validate)
    jax.tree.map(np.testing.assert_array_equal, parts, whole)
    assert parts.best_step == 20
    best = [restore_best(tmp_path / name / "checkpoints", whole.params) for name in ("whole", "parts")]
    np.testing.assert_array_equal(best[0]["w"], best[1]["w"])


def test_logged_loss_is_the_mean_of_its_interval(tmp_path):
    state = initial_state()
    values, before = [], 0.0
    for number in range(10):
        state = TRAIN_STEP(state, batch(number))
        values.append(float(state.loss_sum) - before)
        before = float(state.loss_sum)
    run(tmp_path, steps=10)
    logged = [record["train_loss"] for record in measures(tmp_path) if "train_loss" in record]
    np.testing.assert_allclose(logged, [np.mean(values[:5]), np.mean(values[5:])], rtol=1e-5)


@pytest.mark.parametrize(("steps", "expected"), [(7, {5: slice(5), 7: slice(5, 7)}), (3, {3: slice(3)})])
def test_loss_is_logged_at_the_end_too(tmp_path, steps, expected):
    run(tmp_path / "long", steps=10, log_every=1)
    values = [record["train_loss"] for record in measures(tmp_path / "long") if "train_loss" in record]
    run(tmp_path / "run", steps=steps)
    logged = {record["step"]: record["train_loss"] for record in measures(tmp_path / "run") if "train_loss" in record}
    assert logged == pytest.approx({step: np.mean(values[part]) for step, part in expected.items()}, rel=1e-5)


def test_validation_sees_the_averaged_parameters_and_its_first_measure_decides(tmp_path):
    seen = []

    def validate(params):
        seen.append(np.asarray(params["w"]))
        return {"decides": float(len(seen) != 2), "other": -float(len(seen))}

    state = run(tmp_path, validate=validate)
    assert len(seen) == 4
    assert state.best_step == 20
    np.testing.assert_array_equal(seen[-1], state.ema_params["w"])
    np.testing.assert_array_equal(restore_best(tmp_path / "checkpoints", state.params)["w"], seen[1])
    assert not np.array_equal(state.ema_params["w"], state.params["w"])
    record = next(record for record in measures(tmp_path) if record["step"] == 20 and "validation_decides" in record)
    assert record == {"step": 20, "validation_decides": 0.0, "validation_other": -2.0}


def test_diverged_run_stops_within_one_log_interval_and_keeps_the_last_finite_checkpoint(tmp_path):
    seen = []

    def diverging(step):
        seen.append(step + 1)
        return batch(step) * (np.nan if step + 1 == 22 else 1)

    with pytest.raises(DivergedRun) as end:
        run(tmp_path, batches=diverging)
    assert end.value.step == 22
    assert max(seen) == 25
    saved = Checkpoints(tmp_path / "checkpoints").restore_latest(initial_state(), print)
    assert saved.step == 20
    assert bool(jnp.all(jnp.isfinite(saved.params["w"])))


def validated(*values: float) -> Callable[[Any], dict[str, float]]:
    """Validations that give these values in turn, and then the last one."""
    left = list(values)
    return lambda params: {"score": left.pop(0) if len(left) > 1 else left[0], "other": 1.0}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300])
def test_measure_that_is_never_finite_ends_the_run_at_the_second_validation_and_loses_nothing(tmp_path, value):
    with pytest.raises(UndecidedRun, match=re.escape(f"validation_score is {value} at step 20 and was never")):
        run(tmp_path, validate=validated(value))
    saved = Checkpoints(tmp_path / "checkpoints").restore_latest(initial_state(), print)
    assert saved.step == 20
    assert run(tmp_path, validate=validated(value, 2.0)).best_step == 40, "the same command goes on"


@pytest.mark.parametrize(
    ("values", "best"), [((math.nan, 3.0, 2.0, 4.0), 30), ((3.0, math.nan), 10), ((math.inf, 2.0, math.nan), 20)]
)
def test_measure_that_is_not_finite_at_times_is_not_the_best(tmp_path, values, best):
    state = run(tmp_path, validate=validated(*values))
    assert (state.step, state.best_step) == (40, best)


def test_single_validation_without_a_finite_measure_is_told_at_the_end_and_again(tmp_path):
    for _ in range(2):
        with pytest.raises(UndecidedRun, match="validation_score is nan at step 10"):
            run(tmp_path, steps=10, validate=validated(math.nan))
    with pytest.raises(UndecidedRun, match="validation_score is nan at step 10"):
        run(tmp_path / "patience", steps=1000, patience=1, validate=validated(math.nan))


def test_patience_counts_from_the_last_finite_best(tmp_path):
    state = run(tmp_path, steps=1000, patience=2, validate=validated(3.0, 2.0, math.nan))
    assert (state.step, state.best_step) == (40, 20)


def test_patience_ends_a_run_for_good(tmp_path):
    losses = iter([3.0, 2.0, 2.5, 2.6])
    state = run(tmp_path, steps=1000, patience=2, validate=lambda params: {"loss": next(losses)})
    assert state.step == 40
    assert state.best_step == 20
    assert run(tmp_path, steps=1000, patience=2).step == 40


def test_last_step_is_validated_between_intervals_too(tmp_path):
    run(tmp_path, steps=13)
    assert [record["step"] for record in measures(tmp_path) if "validation_loss" in record] == [10, 13]


@pytest.mark.parametrize("option", [{"steps": 0}, {"log_every": 0}, {"evaluate_every": -1}, {"patience": -1}])
def test_invalid_option_is_named(option):
    options = {"steps": 1, "log_every": 1, "evaluate_every": 1, "patience": 0} | option
    with pytest.raises(ValueError, match=f"{next(iter(option))} must be at least"):
        TrainOptions(**options)


def test_early_stopping_counts_steps_since_the_best():
    state = initial_state()._replace(best_step=jnp.int32(20))
    assert [EarlyStopping(15).ends(step, state) for step in (20, 34, 35, 100)] == [False, False, True, True]
    assert not EarlyStopping(0).ends(10**6, state)


def test_interval_measures_speed_and_share_of_input(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])

    def slow_batch(step):
        now[0] += 0.5
        return step

    interval = Interval(first_step=10, start=now[0])
    assert [interval.fetch(slow_batch, step) for step in (10, 11)] == [10, 11]
    now[0] += 3  # the steps themselves
    assert interval.measures(step=12) == {"steps_per_second": 2 / 4, "input_share": 1 / 4}
