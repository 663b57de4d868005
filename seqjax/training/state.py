"""The state of a training run."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from seqjax.typing import Scalar


class TrainState(NamedTuple):
    """Everything that a training step changes. A run that is resumed from it ends as if it had never stopped.

    Attributes:
      step: Steps done, ``int32``.
      params: The model's parameters.
      ema_params: Their exponential moving average, which is what is evaluated (Polyak & Juditsky 1992).
      opt_state: The optimiser's state.
      loss_sum: Sum of the losses since the last log line.
      broken_at: The first step with a loss or gradient that was not finite, or -1.
      best_measure: The lowest value so far of the validation measure that decides which checkpoint is best.
      best_step: The step that had it.
      carry: Recurrent state handed to the next step (truncated back-propagation); None if batches are independent.
    """

    step: Scalar
    params: Any
    ema_params: Any
    opt_state: Any
    loss_sum: Scalar
    broken_at: Scalar
    best_measure: Scalar
    best_step: Scalar
    carry: Any = None


def init_state(params: Any, optimizer: optax.GradientTransformation, carry: Any = None) -> TrainState:
    """The state before the first step. It owns its arrays, so that a step may reuse their buffers."""

    def copy(tree: Any) -> Any:  # unlike jnp.copy, it compiles no program for each shape
        return jax.device_put(tree, may_alias=False)

    return TrainState(
        step=jnp.zeros((), jnp.int32),
        params=copy(params),
        ema_params=copy(params),
        opt_state=optimizer.init(params),
        loss_sum=jnp.zeros((), jnp.float32),
        broken_at=jnp.full((), -1, jnp.int32),
        best_measure=jnp.full((), jnp.inf, jnp.float32),
        best_step=jnp.zeros((), jnp.int32),
        carry=copy(carry),
    )
