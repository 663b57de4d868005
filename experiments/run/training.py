"""The config groups ``train`` and ``optimizer``: options of the training loop, and the optimiser."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml_collections import ConfigDict

from experiments.run.arguments import at_least, choice, parse, probability
from seqjax.errors import InputError
from seqjax.training.options import SCHEDULES, TrainOptions

if TYPE_CHECKING:
    import optax

GROUPS = ("seed", "task", "data", "model", "optimizer", "train")


@dataclass(frozen=True, kw_only=True)
class TrainConfig(TrainOptions):
    """The keys of ``config.train``; every config explains them.

    Attributes:
      ema_decay: Decay of the parameters' moving average, which is what is evaluated; 0 for none.
      max_to_keep: Checkpoints of the latest steps to keep, at least 1.
    """

    ema_decay: float
    max_to_keep: int

    def __post_init__(self) -> None:
        positive = ("steps", "log_every", "evaluate_every", "max_to_keep")
        at_least(1, "train", **{key: getattr(self, key) for key in positive})
        at_least(0, "train", patience=self.patience)
        probability("train.ema_decay", self.ema_decay, below_one=True)


def parse_train(config: ConfigDict) -> TrainConfig:
    """The group ``train``, after a check that the config has all groups and a schedule that exists.

    Raises:
      InputError: For a group, key or value that is missing or wrong.
    """
    for group in GROUPS:
        if group not in config:
            raise InputError(f"config key {group!r} is missing")
    if "schedule" in config.optimizer:
        choice("optimizer.schedule", config.optimizer.schedule, SCHEDULES)
    return parse(TrainConfig, "train", config.train)


def build_optimizer(config: ConfigDict) -> "optax.GradientTransformation":
    """AdamW as the group ``optimizer`` describes it, over ``train.steps`` steps."""
    from seqjax.training.optimizer import adamw  # imports JAX

    return parse(adamw, "optimizer", config.optimizer, steps=config.train.steps)
