"""Tasks by name, and the protocol that they follow."""

import importlib
import importlib.util
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from ml_collections import ConfigDict

from experiments.run.arguments import at_least, choice, parse
from experiments.run.fingerprint import Sources, fingerprint
from experiments.run.results import TestResult

if TYPE_CHECKING:  # A config is checked before JAX is imported.
    from seqjax.typing import Array, PRNGKey

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

    def loss_sums(self, params: Any, carry: Any, batch: Any, key: "PRNGKey | None") -> "tuple[Array, Array, Any]":
        """The loss summed over the entries of a batch, their number or weight, and the carry for the next batch.

        With a key it is what training minimises, noise and smoothing included; without one it is the measure of
        validation and test. See :func:`~seqjax.training.step.make_train_step`.
        """

    def validate(self, params: Any) -> dict[str, float]:
        """Measures of the validation part; the first one decides which checkpoint is best: the lowest."""

    def test(self, params: Any) -> TestResult:
        """Measures of the test part, of the model and of the baselines; a pure function of the parameters."""


def build_task(config: ConfigDict, learned: Mapping[str, Any] | None = None) -> Task:
    """The task that ``config.task`` names, with its data and its model.

    Args:
      config: A whole config.
      learned: What a run learned from its data, to be used instead of learning it again.

    Raises:
      InputError: For an unknown task, a negative seed, and what the task refuses.
    """
    at_least(0, "", seed=config.seed)
    module, _, name = TASKS[choice("task", config.task, TASKS)].partition(":")
    task: Task = getattr(importlib.import_module(module), name)(config.data, config.model, config.seed, learned)
    return task


def data_fingerprint(config: ConfigDict, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fingerprint of the data that a config names, before they are read; see :func:`fingerprint`."""
    module = importlib.import_module(f"experiments.tasks.{choice('task', config.task, TASKS)}.data")
    sources: Sources = parse(module.DataConfig, "data", config.data).sources
    return fingerprint(sources.files, sources.packages, known)


def predict_flags() -> dict[str, ModuleType]:
    """The module ``flags`` of each task that answers standard input. It imports nothing heavy."""
    names = {task: f"experiments.tasks.{task}.flags" for task in TASKS}
    return {task: importlib.import_module(name) for task, name in names.items() if importlib.util.find_spec(name)}
