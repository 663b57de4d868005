"""One step of training, as a pure function."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from seqjax.recurrence.truncated import truncated_gradient
from seqjax.training.state import TrainState
from seqjax.typing import PRNGKey

TrainStep = Callable[[TrainState, Any], TrainState]


def make_train_step(
    loss: Callable[..., Any], optimizer: optax.GradientTransformation, key: PRNGKey, average_decay: float = 0.0
) -> TrainStep:
    """The jitted function ``(state, batch) -> state``. It takes the memory of the state that it is given.

    Args:
      loss: ``loss(params, batch, key)``, a scalar; the key is for dropout. With a state that has a memory,
        ``loss(params, memory, batch, key) -> (value, memory)``; no gradient flows through the memory from step to step.
      optimizer: What turns gradients into updates.
      key: Source of all noise: step n uses ``fold_in(key, n)``, so that a resumed run draws the same.
      average_decay: How much of the parameters' average each step keeps; 0 makes it the parameters themselves. The
        first steps keep less, (1 + n) / (10 + n), so that the average soon forgets where it started.
    """

    def train_step(state: TrainState, batch: Any) -> TrainState:
        noise = jax.random.fold_in(key, state.step)
        memory = None
        if state.memory is None:
            value, grads = jax.value_and_grad(loss)(state.params, batch, noise)
        else:
            value, grads, memory = truncated_gradient(loss)(state.params, state.memory, batch, noise)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        count = state.step.astype(jnp.float32)
        decay = jnp.minimum(average_decay, (1 + count) / (10 + count))
        average = optax.incremental_update(params, state.average, 1 - decay)
        finite = jnp.isfinite(value) & jnp.isfinite(optax.tree.norm(grads))
        step = state.step + 1
        return state._replace(
            step=step,
            params=params,
            average=average,
            opt_state=opt_state,
            loss_sum=state.loss_sum + value,
            memory=memory,
            broken_at=jnp.where(finite | (state.broken_at >= 0), state.broken_at, step),
        )

    return jax.jit(train_step, donate_argnums=0)
