"""The config groups ``train`` and ``optimizer``: options of the training loop, and the optimiser."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml_collections import ConfigDict

from experiments.run.arguments import at_least, choice, fitted, nearest, parse, probability
from seqjax.errors import InputError
from seqjax.training.options import SCHEDULES, OptimizerOptions, TrainOptions

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
    """The group ``train``, after a check of all that can be checked without JAX.

    Raises:
      InputError: For a group, key or value that is missing or wrong.
    """
    for name in GROUPS:
        if name not in config:
            raise InputError(f"config key {name!r} is missing")
    for name in config:
        if name not in GROUPS:
            raise InputError(f"there is no config key {name!r}{nearest(name, GROUPS)}")
    fitted("task", config.task, str)
    at_least(0, "", seed=fitted("seed", config.seed, int))
    for name in GROUPS[2:]:
        if not isinstance(config[name], ConfigDict):
            raise InputError(f"config key {name!r} is {config[name]!r}, but must be a group of keys")
    if "schedule" in config.optimizer:
        choice("optimizer.schedule", fitted("optimizer.schedule", config.optimizer.schedule, str), SCHEDULES)
    parse(OptimizerOptions, "optimizer", config.optimizer)
    return parse(TrainConfig, "train", config.train)


def remark_on(config: ConfigDict) -> str:
    """A sentence on options that do not suit each other; empty if there is nothing to remark."""
    warmup_steps, steps = config.optimizer.warmup_steps, config.train.steps
    if warmup_steps < steps:
        return ""
    return f"optimizer.warmup_steps is {warmup_steps}: in {steps} steps the learning rate does not reach its peak"


def build_optimizer(config: ConfigDict) -> "optax.GradientTransformation":
    """AdamW as the group ``optimizer`` describes it, over ``train.steps`` steps."""
    from seqjax.training.optimizer import adamw  # imports JAX

    return parse(adamw, "optimizer", config.optimizer, steps=config.train.steps)
