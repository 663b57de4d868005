"""Options of a training run. It imports nothing heavy, so that a config can be checked before JAX is imported."""

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
