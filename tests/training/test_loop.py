"""The loop: resuming, stopping early, breaking down, being interrupted."""

import os
import signal

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from seqjax.training.checkpoint import Checkpoints
from seqjax.training.loop import DivergedRun, InterruptedRun, train
from seqjax.training.state import TrainState, init_state
from seqjax.training.step import make_train_step
from seqjax.training.writer import MetricWriter, read_metrics

OPTIMIZER = optax.adam(0.05)


def loss(params, batch, key):
    noise = 0.1 * jax.random.normal(key, params["w"].shape)
    return jnp.sum((params["w"] - batch + noise) ** 2)


def batch(step):
    return np.full(3, np.sin(step), np.float32)


def run(workdir, *, batches=batch, validate=None, **options) -> TrainState:
    """Trains 40 steps on ``workdir``, resuming what is there."""
    fresh = init_state({"w": jnp.zeros(3)}, OPTIMIZER)
    checkpoints = Checkpoints(workdir / "checkpoints")
    state = checkpoints.restore_latest(fresh, warn=print) or fresh
    writer = MetricWriter(workdir, int(state.step))
    keys = {"steps": 40, "log_every": 5, "evaluate_every": 10, "patience": 0} | options
    try:
        return train(
            state,
            make_train_step(loss, OPTIMIZER, jax.random.key(0), 0.9),
            batches,
            validate or (lambda params: {"loss": float(jnp.sum(params["w"] ** 2))}),
            checkpoints=checkpoints,
            writer=writer,
            **keys,
        )
    finally:
        writer.close()


def measures(workdir) -> list[dict[str, float]]:
    """The records without those of time."""
    timing = ("steps_per_second", "input_share")
    return [{name: x for name, x in record.items() if name not in timing} for record in read_metrics(workdir)]


@pytest.mark.parametrize(("at", "number"), [(3, signal.SIGINT), (10, signal.SIGTERM), (27, signal.SIGINT)])
def test_an_interrupted_run_goes_on_as_if_it_had_not_been(tmp_path, number, at):
    whole = run(tmp_path / "whole")

    def interrupting(step):
        if step + 1 == at:
            os.kill(os.getpid(), number)
        return batch(step)

    with pytest.raises(InterruptedRun) as end:
        run(tmp_path / "parts", batches=interrupting)
    assert (end.value.step, end.value.signal) == (at, number)
    parts = run(tmp_path / "parts")
    jax.tree.map(np.testing.assert_array_equal, parts, whole)
    assert measures(tmp_path / "parts") == measures(tmp_path / "whole")


def test_the_logged_loss_is_the_mean_of_its_interval(tmp_path):
    state = init_state({"w": jnp.zeros(3)}, OPTIMIZER)
    step = make_train_step(loss, OPTIMIZER, jax.random.key(0), 0.9)
    values, before = [], 0.0
    for number in range(10):
        state = step(state, batch(number))
        values.append(float(state.loss_sum) - before)
        before = float(state.loss_sum)
    run(tmp_path, steps=10)
    logged = [record["train_loss"] for record in measures(tmp_path) if "train_loss" in record]
    np.testing.assert_allclose(logged, [np.mean(values[:5]), np.mean(values[5:])], rtol=1e-5)


def test_a_loss_that_is_not_finite_stops_within_one_log_interval_and_keeps_the_last_good_checkpoint(tmp_path):
    def breaking(step):
        return batch(step) * (np.nan if step + 1 == 22 else 1)

    seen = []

    def counting(step):
        seen.append(step + 1)
        return breaking(step)

    with pytest.raises(DivergedRun) as end:
        run(tmp_path, batches=counting)
    assert end.value.step == 22
    assert max(seen) == 25
    saved = Checkpoints(tmp_path / "checkpoints").restore_latest(init_state({"w": jnp.zeros(3)}, OPTIMIZER), print)
    assert saved.step == 20
    assert bool(jnp.all(jnp.isfinite(saved.params["w"])))


def test_patience_ends_a_run_and_it_stays_ended(tmp_path):
    losses = iter([3.0, 2.0, 2.5, 2.6])
    state = run(tmp_path, steps=1000, patience=2, validate=lambda params: {"loss": next(losses)})
    assert state.step == 40
    assert state.best_step == 20
    assert run(tmp_path, steps=1000, patience=2).step == 40
    best = Checkpoints(tmp_path / "checkpoints").restore_best(state)
    assert best.step == 20


def test_the_end_is_validated_though_no_interval_ends_there(tmp_path):
    run(tmp_path, steps=13)
    assert [record["step"] for record in measures(tmp_path) if "validation_loss" in record] == [10, 13]


@pytest.mark.parametrize("option", [{"steps": 0}, {"log_every": 0}, {"evaluate_every": -1}, {"patience": -1}])
def test_options_that_cannot_be_are_named(tmp_path, option):
    with pytest.raises(ValueError, match=f"{next(iter(option))} must be at least"):
        run(tmp_path, **option)
