"""Tasks by name: the door where a config becomes a task, its optimiser and its training options."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import optax
from ml_collections import ConfigDict

from experiments.run.arguments import at_least, call, choice
from experiments.run.results import TestResult
from seqjax.errors import InputError
from seqjax.training.optimizer import SCHEDULES, adamw
from seqjax.training.state import TrainState, init_state
from seqjax.typing import Array, PRNGKey

GROUPS = ("seed", "task", "data", "model", "optimizer", "train")

# The class of each task, imported when it is asked for.
TASKS = {
    "classification": "experiments.tasks.classification.task:Classification",
    "forecasting": "experiments.tasks.forecasting.task:Forecasting",
    "language_modeling": "experiments.tasks.language_modeling.task:LanguageModeling",
    "long_range": "experiments.tasks.long_range.task:LongRange",
    "music": "experiments.tasks.music.task:Music",
    "translation": "experiments.tasks.translation.task:Translation",
}


class Task(Protocol):
    """Data, a model and a loss: everything that a run trains and tests.

    A task is made from the groups ``data`` and ``model`` of a config and its seed, as in
    ``Forecasting(config.data, config.model, config.seed)``. With ``learned`` as a fourth argument it takes what a run
    has learned from its data instead of learning it again.

    Attributes:
      initial_params: The parameters before the first step.
      initial_carry: The carry before the first step; None if batches are independent.
      learned: What was learned from the training data, such as a vocabulary or a scaler, as JSON values.
    """

    initial_params: Any
    initial_carry: Any
    learned: Mapping[str, Any]

    def train_batch(self, step: int) -> Any:
        """The batch of a training step, a pure function of the step."""

    def loss_sums(self, params: Any, carry: Any, batch: Any, key: PRNGKey | None) -> tuple[Array, Array, Any]:
        """The loss summed over the entries of a batch, their number or weight, and the carry for the next batch.

        With a key it is what training minimises, noise and smoothing included; without one it is the measure of
        validation and test. See :func:`~seqjax.training.step.make_train_step`.
        """

    def validate(self, params: Any) -> dict[str, float]:
        """Measures of the validation part; the first one decides which checkpoint is best: the lowest."""

    def test(self, params: Any) -> TestResult:
        """Measures of the test part, of the model and of the baselines; a pure function of the parameters."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The keys of ``config.train``; every config explains them."""

    steps: int
    ema_decay: float
    log_every: int
    evaluate_every: int
    patience: int
    max_to_keep: int

    def __post_init__(self) -> None:
        positive = ("steps", "log_every", "evaluate_every", "max_to_keep")
        at_least(1, "train", **{key: getattr(self, key) for key in positive})
        at_least(0, "train", patience=self.patience, ema_decay=self.ema_decay)


def build_training(config: ConfigDict) -> TrainConfig:
    """The group ``train``, checked. It is the first to be built: here a config that lacks a group is noticed."""
    for group in GROUPS:
        if group not in config:
            raise InputError(f"config key {group!r} is missing")
    return call(TrainConfig, "train", config.train)


def build_task(config: ConfigDict, learned: Mapping[str, Any] | None = None) -> Task:
    """The task that ``config.task`` names, with its data and its model."""
    module, _, name = TASKS[choice("task", config.task, TASKS)].partition(":")
    task: Task = getattr(importlib.import_module(module), name)(config.data, config.model, config.seed, learned)
    return task


def build_optimizer(config: ConfigDict) -> optax.GradientTransformation:
    """AdamW as the groups ``optimizer`` and ``train`` describe it."""
    if "schedule" in config.optimizer:
        choice("optimizer.schedule", config.optimizer.schedule, SCHEDULES)
    return call(adamw, "optimizer", config.optimizer, steps=config.train.steps)


def build_state(config: ConfigDict, task: Task) -> TrainState:
    """The state before the first step."""
    return init_state(task.initial_params, build_optimizer(config), task.initial_carry)
