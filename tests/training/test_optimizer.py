"""AdamW with its schedules, against values by hand.

The gradient of every test is constant, so that Adam's step is the learning rate itself and its size shows the schedule.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from seqjax.training.optimizer import adamw

OPTIONS = {
    "steps": 30,
    "learning_rate": 0.1,
    "schedule": "constant",
    "warmup_steps": 10,
    "weight_decay": 0.0,
    "clip_norm": 1.0,
}


def rates(**options: object) -> np.ndarray:
    """The learning rate of each step, ``[30]``, as the change of a parameter whose gradient is always 1."""
    optimizer = adamw(**OPTIONS | options)
    params = {"w": jnp.zeros((1, 1))}

    def step(carry, _):
        params, state = carry
        updates, state = optimizer.update({"w": jnp.ones((1, 1))}, state, params)
        return (optax.apply_updates(params, updates), state), -updates["w"][0, 0]

    return np.asarray(jax.lax.scan(step, (params, optimizer.init(params)), length=30)[1])


def first_update(params, grads, **options: object):
    """The updates of the first step, and the state after it."""
    optimizer = adamw(**OPTIONS | options)
    return jax.jit(lambda params, grads: optimizer.update(grads, optimizer.init(params), params))(params, grads)


def test_rate_rises_linearly_from_0_in_the_warm_up():
    np.testing.assert_allclose(rates()[:11], 0.1 * np.arange(11) / 10, rtol=1e-4)


def test_constant_schedule_stays_at_its_peak():
    np.testing.assert_allclose(rates()[10:], 0.1, rtol=1e-4)


def test_cosine_schedule_ends_at_a_hundredth_of_its_peak():
    time = np.arange(20) / 20
    expected = 0.1 * (0.99 * (1 + np.cos(np.pi * time)) / 2 + 0.01)
    np.testing.assert_allclose(rates(schedule="cosine")[10:], expected, rtol=1e-4)
    np.testing.assert_allclose(rates(schedule="cosine", steps=20)[20:], 0.001, rtol=1e-4)


def test_linear_schedule_ends_at_a_hundredth_of_its_peak():
    expected = 0.1 * (1 - 0.99 * np.arange(20) / 20)
    np.testing.assert_allclose(rates(schedule="linear")[10:], expected, rtol=1e-4)
    np.testing.assert_allclose(rates(schedule="linear", steps=20)[20:], 0.001, rtol=1e-4)


def test_without_warm_up_the_first_step_is_at_the_peak():
    np.testing.assert_allclose(rates(warmup_steps=0)[:3], 0.1, rtol=1e-4)


def test_unknown_schedule_is_named():
    with pytest.raises(ValueError, match="schedule must be one of constant, cosine, linear, not 'cosin'"):
        adamw(**OPTIONS | {"schedule": "cosin"})


@pytest.mark.parametrize("value", [-1, -1e-9, float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["learning_rate", "warmup_steps", "weight_decay", "clip_norm"])
def test_number_out_of_its_range_is_named(name, value, unchecked):
    with pytest.raises(ValueError, match=f"{name} must be .*, not {value}"):
        adamw(**OPTIONS | {name: value})


def test_learning_rate_of_0_is_refused_since_nothing_would_be_learned():
    with pytest.raises(ValueError, match="learning_rate must be above 0"):
        adamw(**OPTIONS | {"learning_rate": 0.0})


def test_clip_norm_of_0_clips_nothing():
    params, grads = {"a": np.zeros(1, np.float32)}, {"a": np.array([100.0], np.float32)}
    states = [first_update(params, grads, clip_norm=norm)[1] for norm in (0.0, 1e9)]
    jax.tree.map(np.testing.assert_array_equal, *states)


def test_matrices_decay_and_vectors_do_not():
    params = {"matrix": np.full((2, 2), 3, np.float32), "bias": np.full(2, 3, np.float32)}
    updates, _ = first_update(params, jax.tree.map(np.zeros_like, params), warmup_steps=0, weight_decay=0.5)
    np.testing.assert_allclose(updates["matrix"], -0.1 * 0.5 * 3, rtol=1e-6)
    np.testing.assert_array_equal(updates["bias"], 0)


@pytest.mark.parametrize(("norm", "ratio"), [(0.5, 1.0), (5.0, 0.2)])
def test_gradients_are_clipped_by_their_global_norm(norm, ratio):
    """Adam forgets the size of the first gradient; its second moment, 0.001 of the squares, does not."""
    params = {"a": np.zeros(1, np.float32), "b": np.zeros(1, np.float32)}
    _, state = first_update(params, {"a": np.float32([0.6 * norm]), "b": np.float32([-0.8 * norm])})
    nu = optax.tree.get(state, "nu")
    np.testing.assert_allclose(nu["a"], 0.001 * (0.6 * norm * ratio) ** 2, rtol=1e-4)
    np.testing.assert_allclose(nu["b"], 0.001 * (0.8 * norm * ratio) ** 2, rtol=1e-4)
