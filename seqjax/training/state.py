"""Everything that a training run has to remember."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from seqjax.typing import Scalar


class TrainState(NamedTuple):
    """What a step changes. A run goes on from it as if it had never stopped.

    Attributes:
      step: Steps done, ``int32``.
      params: The model's parameters.
      average: Their moving average, which is what is evaluated (Polyak & Juditsky 1992).
      opt_state: The optimiser's state.
      loss_sum: Sum of the losses since the last log line.
      broken_at: The first step with a loss or gradient that was not finite, or -1.
      best_measure: The lowest of the validations' decisive measure so far.
      best_step: The step that had it.
      memory: What a step leaves to the next one besides: the carry of a stream that is read on; or None.
    """

    step: Scalar
    params: Any
    average: Any
    opt_state: Any
    loss_sum: Scalar
    broken_at: Scalar
    best_measure: Scalar
    best_step: Scalar
    memory: Any = None


def init_state(params: Any, optimizer: optax.GradientTransformation, memory: Any = None) -> TrainState:
    """The state before the first step. It owns its arrays, so that a step may take their memory."""
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        params=jax.tree.map(jnp.copy, params),
        average=jax.tree.map(jnp.copy, params),
        opt_state=optimizer.init(params),
        loss_sum=jnp.zeros((), jnp.float32),
        broken_at=jnp.full((), -1, jnp.int32),
        best_measure=jnp.full((), jnp.inf, jnp.float32),
        best_step=jnp.zeros((), jnp.int32),
        memory=jax.tree.map(jnp.copy, memory),
    )
