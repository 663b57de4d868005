"""AdamW with a schedule of the learning rate, the optimiser of all experiments."""

from typing import Any

import jax
import optax

from seqjax.training.options import OptimizerOptions

FINAL_RATE = 0.01  # of the peak, where a schedule decays


def adamw(
    *, steps: int, learning_rate: float, schedule: str, warmup_steps: int, weight_decay: float, clip_norm: float
) -> optax.GradientTransformation:
    """AdamW (Loshchilov & Hutter 2019) on gradients clipped by their global norm (Pascanu et al. 2013).

    Weights decay; biases and gains, arrays with one axis, do not.

    Args:
      steps: Steps of the whole run; a decaying schedule ends there at a hundredth of its peak.
      learning_rate: The peak, reached after the warm-up; above 0.
      schedule: "constant", "cosine" or "linear", after the warm-up.
      warmup_steps: Steps over which the rate rises linearly from 0.
      weight_decay: Decay of the weights for each unit of the learning rate.
      clip_norm: The largest norm of a gradient; 0 for no clipping.

    Raises:
      ValueError: A negative or infinite number, NaN, or an unknown schedule.
    """
    OptimizerOptions(
        learning_rate=learning_rate,
        schedule=schedule,
        warmup_steps=warmup_steps,
        weight_decay=weight_decay,
        clip_norm=clip_norm,
    )
    decay_steps = max(steps - warmup_steps, 1)
    schedules = {
        "constant": optax.constant_schedule(learning_rate),
        "cosine": optax.cosine_decay_schedule(learning_rate, decay_steps, alpha=FINAL_RATE),
        "linear": optax.linear_schedule(learning_rate, FINAL_RATE * learning_rate, decay_steps),
    }
    warmup = optax.linear_schedule(0.0, learning_rate, max(warmup_steps, 1))
    rate = optax.join_schedules([warmup, schedules[schedule]], [warmup_steps])

    def matrices(params: Any) -> Any:
        return jax.tree.map(lambda leaf: leaf.ndim > 1, params)

    clip = optax.clip_by_global_norm(clip_norm) if clip_norm else optax.identity()
    return optax.chain(clip, optax.adamw(rate, weight_decay=weight_decay, mask=matrices))
