"""One step of training, against the same step by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from seqjax.training.state import TrainState, init_state
from seqjax.training.step import make_train_step


def quadratic(params, batch, key):
    """Its gradient is params - batch."""
    return 0.5 * jnp.sum((params["w"] - batch) ** 2)


def start(optimizer: optax.GradientTransformation) -> TrainState:
    return init_state({"w": jnp.zeros(2)}, optimizer)


def test_a_step_is_gradient_descent():
    optimizer = optax.sgd(0.1)
    step = make_train_step(quadratic, optimizer, jax.random.key(0))
    state = step(start(optimizer), jnp.array([1.0, -2.0]))
    np.testing.assert_allclose(state.params["w"], [0.1, -0.2], rtol=1e-6)
    np.testing.assert_array_equal(state.average["w"], state.params["w"])  # no averaging by default
    assert state.step == 1
    np.testing.assert_allclose(state.loss_sum, 2.5)
    state = step(state, jnp.array([1.0, -2.0]))
    np.testing.assert_allclose(state.loss_sum, 2.5 + 0.5 * (0.9**2 + 1.8**2), rtol=1e-6)


def test_the_average_follows_its_formula():
    optimizer = optax.sgd(0.5)
    step = make_train_step(quadratic, optimizer, jax.random.key(0), ema_decay=0.2)
    state, average = start(optimizer), np.zeros(2)
    for count in range(5):
        state = step(state, jnp.array([1.0, -2.0]))
        decay = min(0.2, (1 + count) / (10 + count))
        average = decay * average + (1 - decay) * np.asarray(state.params["w"])
        np.testing.assert_allclose(state.average["w"], average, rtol=1e-6)


def test_the_first_broken_step_is_remembered():
    optimizer = optax.sgd(0.1)
    step = make_train_step(quadratic, optimizer, jax.random.key(0))
    state = start(optimizer)
    for batch, expected in ((1.0, -1), (np.inf, 2), (1.0, 2)):
        state = step(state, jnp.array([batch, batch], jnp.float32))
        assert state.broken_at == expected


def test_a_gradient_that_is_not_finite_counts_as_broken_though_the_loss_is():
    optimizer = optax.sgd(0.1)
    step = make_train_step(lambda params, batch, key: jnp.sum(jnp.sqrt(params["w"])), optimizer, jax.random.key(0))
    state = step(start(optimizer), jnp.zeros(2))
    assert state.loss_sum == 0
    assert state.broken_at == 1


def test_noise_depends_on_the_step_and_the_key_alone():
    def noisy(params, batch, key):
        return jnp.sum(params["w"] * jax.random.normal(key, (2,)))

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


def test_a_memory_goes_from_step_to_step_and_no_gradient_goes_through_it():
    """The loss is w times the memory, which w then is added to."""

    def loss(params, memory, batch, key):
        return jnp.sum(params["w"] * memory), memory + params["w"]

    optimizer = optax.sgd(0.5)
    step = make_train_step(loss, optimizer, jax.random.key(0))
    state = init_state({"w": jnp.ones(2)}, optimizer, jnp.array([1.0, 2.0]))
    w, memory = np.ones(2), np.array([1.0, 2.0])
    for _ in range(3):
        state = step(state, None)
        w, memory = w - 0.5 * memory, memory + w
        np.testing.assert_allclose(state.params["w"], w)
        np.testing.assert_allclose(state.memory, memory)


def test_it_compiles_once():
    optimizer = optax.adamw(1e-3)
    step = make_train_step(quadratic, optimizer, jax.random.key(0), 0.9)
    state = start(optimizer)
    for _ in range(3):
        state = step(state, np.ones(2, np.float32))
    assert step._cache_size() == 1
