"""One step of training, against the same step by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from seqjax.training.state import TrainState, init_state
from seqjax.training.step import make_train_step

ONE = jnp.float32(1)


def quadratic(params, carry, batch, key):
    """Half the squared distance, whose gradient is ``params - batch``."""
    return 0.5 * jnp.sum((params["w"] - batch) ** 2), ONE, carry


def start(optimizer: optax.GradientTransformation) -> TrainState:
    return init_state({"w": jnp.zeros(2)}, optimizer)


def test_step_is_gradient_descent():
    optimizer = optax.sgd(0.1)
    step = make_train_step(quadratic, optimizer, jax.random.key(0))
    state = step(start(optimizer), jnp.array([1.0, -2.0]))
    np.testing.assert_allclose(state.params["w"], [0.1, -0.2], rtol=1e-6)
    np.testing.assert_array_equal(state.ema_params["w"], state.params["w"])  # no averaging by default
    assert state.step == 1
    np.testing.assert_allclose(state.loss_sum, 2.5)
    state = step(state, jnp.array([1.0, -2.0]))
    np.testing.assert_allclose(state.loss_sum, 2.5 + 0.5 * (0.9**2 + 1.8**2), rtol=1e-6)


def test_step_minimises_the_loss_per_entry_and_an_empty_batch_changes_nothing():
    """The gradient of 8 w / 4 is 2; of a batch without entries it is 0."""
    optimizer = optax.sgd(0.5)
    step = make_train_step(
        lambda params, carry, batch, key: (jnp.sum(batch * params["w"]), batch[0], carry), optimizer, jax.random.key(0)
    )
    state = step(start(optimizer), jnp.array([4.0, 4.0]))
    np.testing.assert_allclose(state.params["w"], [-0.5, -0.5])
    np.testing.assert_allclose(step(state, jnp.zeros(2)).params["w"], [-0.5, -0.5])


def test_average_follows_its_formula():
    optimizer = optax.sgd(0.5)
    step = make_train_step(quadratic, optimizer, jax.random.key(0), ema_decay=0.2)
    state, average = start(optimizer), np.zeros(2)
    for count in range(5):
        state = step(state, jnp.array([1.0, -2.0]))
        decay = min(0.2, (1 + count) / (10 + count))
        average = decay * average + (1 - decay) * np.asarray(state.params["w"])
        np.testing.assert_allclose(state.ema_params["w"], average, rtol=1e-6)


def test_first_step_that_is_not_finite_is_noted():
    optimizer = optax.sgd(0.1)
    step = make_train_step(quadratic, optimizer, jax.random.key(0))
    state = start(optimizer)
    for batch, expected in ((1.0, -1), (np.inf, 2), (1.0, 2)):
        state = step(state, jnp.array([batch, batch], jnp.float32))
        assert state.broken_at == expected


def test_gradient_that_is_not_finite_is_noted_with_a_finite_loss():
    def root(params, carry, batch, key):
        return jnp.sum(jnp.sqrt(params["w"])), ONE, carry

    optimizer = optax.sgd(0.1)
    state = make_train_step(root, optimizer, jax.random.key(0))(start(optimizer), jnp.zeros(2))
    assert state.loss_sum == 0
    assert state.broken_at == 1


def test_noise_depends_on_the_step_and_the_key_alone():
    def noisy(params, carry, batch, key):
        return jnp.sum(params["w"] * jax.random.normal(key, (2,))), ONE, carry

    def run(seed):
        optimizer = optax.sgd(1.0)
        step = make_train_step(noisy, optimizer, jax.random.key(seed))
        state, path = start(optimizer), []
        for _ in range(3):
            before = np.asarray(state.params["w"])
            state = step(state, None)
            path.append(np.asarray(state.params["w"]) - before)
        return np.stack(path)

    path = run(0)
    np.testing.assert_array_equal(path, run(0))
    assert not np.array_equal(path, run(1))
    assert not np.array_equal(path[0], path[1])


def test_carry_goes_from_step_to_step_and_no_gradient_goes_through_it():
    """The loss is w times the carry, to which w then is added."""

    def loss_sums(params, carry, batch, key):
        return jnp.sum(params["w"] * carry), ONE, carry + params["w"]

    optimizer = optax.sgd(0.5)
    step = make_train_step(loss_sums, optimizer, jax.random.key(0))
    state = init_state({"w": jnp.ones(2)}, optimizer, jnp.array([1.0, 2.0]))
    w, carry = np.ones(2), np.array([1.0, 2.0])
    for _ in range(3):
        state = step(state, None)
        w, carry = w - 0.5 * carry, carry + w
        np.testing.assert_allclose(state.params["w"], w)
        np.testing.assert_allclose(state.carry, carry)


def test_initial_state_owns_its_arrays():
    """A step reuses the buffers of its state; the parameters that a run started from stay readable."""
    params, optimizer = {"w": jnp.zeros(2)}, optax.sgd(0.1)
    make_train_step(quadratic, optimizer, jax.random.key(0))(init_state(params, optimizer), jnp.ones(2))
    np.testing.assert_array_equal(params["w"], [0, 0])


def test_step_compiles_once():
    optimizer = optax.adamw(1e-3)
    step = make_train_step(quadratic, optimizer, jax.random.key(0), 0.9)
    state = start(optimizer)
    for _ in range(3):
        state = step(state, np.ones(2, np.float32))
    assert step._cache_size() == 1
