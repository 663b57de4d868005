"""One step of training, as a pure function."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from seqjax.recurrence.truncated import truncated_gradient
from seqjax.training.state import TrainState
from seqjax.typing import Array, PRNGKey

LossSums = Callable[[Any, Any, Any, PRNGKey | None], tuple[Array, Array, Any]]
TrainStep = Callable[[TrainState, Any], TrainState]


def make_train_step(
    loss_sums: LossSums, optimizer: optax.GradientTransformation, key: PRNGKey, ema_decay: float = 0.0
) -> TrainStep:
    """Makes the jitted function ``(state, batch) -> state``, which reuses the buffers of the state that it is given.

    Args:
      loss_sums: ``loss_sums(params, carry, batch, key) -> (summed, count, carry)``: the loss summed over the entries
        of a batch, their number or weight, and the carry for the next batch. The step minimises ``summed / count``
        (0 for an empty batch). ``key`` is the source of dropout. Where batches are independent, the carry is None. No
        gradient flows through the carry from step to step.
      optimizer: Turns gradients into updates.
      key: Source of all noise: step n uses ``fold_in(key, n)``, so that a resumed run draws the same.
      ema_decay: Share of the parameters' moving average that each step keeps; 0 makes it the parameters themselves.
        The first steps keep less, (1 + n) / (10 + n), so that the average soon forgets where it started.
    """

    def loss(params: Any, carry: Any, batch: Any, key: PRNGKey) -> tuple[Array, Any]:
        summed, count, carry = loss_sums(params, carry, batch, key)
        return summed / jnp.maximum(count, 1), carry

    def train_step(state: TrainState, batch: Any) -> TrainState:
        noise = jax.random.fold_in(key, state.step)
        value, grads, carry = truncated_gradient(loss)(state.params, state.carry, batch, noise)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        count = state.step.astype(jnp.float32)
        decay = jnp.minimum(ema_decay, (1 + count) / (10 + count))
        ema_params = optax.incremental_update(params, state.ema_params, 1 - decay)
        finite = jnp.isfinite(value) & jnp.isfinite(optax.tree.norm(grads))
        step = state.step + 1
        return state._replace(
            step=step,
            params=params,
            ema_params=ema_params,
            opt_state=opt_state,
            loss_sum=state.loss_sum + value,
            carry=carry,
            broken_at=jnp.where(finite | (state.broken_at >= 0), state.broken_at, step),
        )

    return jax.jit(train_step, donate_argnums=0)
