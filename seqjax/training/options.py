"""Options of a training run. It imports nothing heavy, so that a config can be checked before JAX is imported."""

import math
from dataclasses import dataclass

SCHEDULES = ("constant", "cosine", "linear")  # of the learning rate, after the warm-up


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Length of a run, and the steps between its log lines and validations.

    Attributes:
      steps: Steps of the whole run, at least 1.
      log_every: Steps between two records of the training loss, at least 1.
      evaluate_every: Steps between two validations, each followed by a checkpoint, at least 1.
      patience: Validations without a new best after which the run ends early; 0 never ends it.

    Raises:
      ValueError: For a number that is too small.
    """

    steps: int
    log_every: int
    evaluate_every: int
    patience: int

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("log_every", 1), ("evaluate_every", 1), ("patience", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class OptimizerOptions:
    """Options of :func:`~seqjax.training.optimizer.adamw`.

    Attributes:
      learning_rate: The peak, reached after the warm-up; above 0.
      schedule: "constant", "cosine" or "linear", after the warm-up.
      warmup_steps: Steps over which the rate rises linearly from 0, at least 0.
      weight_decay: Decay of the weights for each unit of the learning rate, at least 0.
      clip_norm: The largest norm of a gradient; 0 for no clipping.

    Raises:
      ValueError: For a value out of its range, infinity and NaN included, or an unknown schedule.
    """

    learning_rate: float
    schedule: str
    warmup_steps: int
    weight_decay: float
    clip_norm: float

    def __post_init__(self) -> None:
        if self.schedule not in SCHEDULES:
            raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}, not {self.schedule!r}")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate must be above 0 and finite, not {self.learning_rate}")
        for name in ("warmup_steps", "weight_decay", "clip_norm"):
            if not 0 <= getattr(self, name) < math.inf:
                zero = "; 0 means no clipping" if name == "clip_norm" else ""
                raise ValueError(f"{name} must be at least 0 and finite, not {getattr(self, name)}{zero}")
