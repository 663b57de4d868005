"""Tasks by name, and the protocol that they implement."""

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from ml_collections import ConfigDict

from experiments.run.arguments import at_least, choice, nearest, parse
from experiments.run.fingerprint import Sources, fingerprint
from experiments.run.results import TestResult

if TYPE_CHECKING:  # A config is checked before JAX is imported.
    from seqjax.typing import Array, PRNGKey

# The class of each task, imported on demand.
TASKS = {
    "captioning": "experiments.tasks.captioning.task:Captioning",
    "classification": "experiments.tasks.classification.task:Classification",
    "dialogue": "experiments.tasks.dialogue.task:Dialogue",
    "forecasting": "experiments.tasks.forecasting.task:Forecasting",
    "language_modeling": "experiments.tasks.language_modeling.task:LanguageModeling",
    "long_range": "experiments.tasks.long_range.task:LongRange",
    "music": "experiments.tasks.music.task:Music",
    "question_answering": "experiments.tasks.question_answering.task:QuestionAnswering",
    "speech": "experiments.tasks.speech.task:Speech",
    "summarization": "experiments.tasks.summarization.task:Summarization",
    "translation": "experiments.tasks.translation.task:Translation",
}

# Tasks that read several kinds of inputs: from the values of config.data.inputs to the folder of each in the task's.
INPUTS = {
    "classification": {"texts": "", "frames": ".frames"},
    "dialogue": {"texts": "", "acts": ".acts"},
}


class Task(Protocol):
    """Data, a model and a loss: everything that a run trains and tests.

    A task is made from the groups ``data`` and ``model`` of a config and its seed, as in
    ``Forecasting(config.data, config.model, config.seed)``. With ``learned`` of an earlier run as
    a fourth argument, the task does not fit its vocabulary or scaler again.

    Attributes:
      initial_params: The parameters before the first step.
      initial_carry: The carry before the first step; None if batches are independent.
      learned: Everything fitted to the training data, such as a vocabulary or a scaler, as JSON values.
      data_summary: What was read, a line for each fact, such as the parts with their sizes; printed before training.
    """

    initial_params: Any
    initial_carry: Any
    learned: Mapping[str, Any]
    data_summary: Sequence[str]

    def train_batch(self, step: int) -> Any:
        """The batch of a training step, a pure function of the step."""

    def loss_sums(self, params: Any, carry: Any, batch: Any, key: "PRNGKey | None") -> "tuple[Array, Array, Any]":
        """The loss summed over the entries of a batch, their number or weight, and the carry for the next batch.

        With a key it is the training loss, including noise and smoothing; without one it is the validation and test
        loss. See :func:`~seqjax.training.step.make_train_step`.
        """

    def validate(self, params: Any) -> dict[str, float]:
        """Metrics on the validation set; the lowest value of the first one marks the best checkpoint."""

    def test(self, params: Any) -> TestResult:
        """Metrics of the model and of the baselines on the test set; a pure function of the parameters."""


def build_task(config: ConfigDict, learned: Mapping[str, Any] | None = None) -> Task:
    """The task that ``config.task`` names, with its data and its model.

    Args:
      config: A whole config.
      learned: ``Task.learned`` of an earlier run, which is then not fitted again.

    Raises:
      InputError: For an unknown task, a negative seed, or a config that the task rejects.
    """
    at_least(0, "", seed=config.seed)
    module = importlib.import_module(f"{task_package(config)}.task")
    name = TASKS[config.task].partition(":")[2]
    task: Task = getattr(module, name)(config.data, config.model, config.seed, learned)
    return task


def task_package(config: ConfigDict) -> str:
    """The package of the task that ``config.task`` names, and of its inputs if it reads several kinds.

    Raises:
      InputError: For an unknown task or kind of inputs, or none.
    """
    task = choice("task", config.task, TASKS)
    package = TASKS[task].rpartition(".task:")[0]
    if task not in INPUTS:
        return package

    def folder(inputs: str) -> str:
        return INPUTS[task][choice("data.inputs", inputs, INPUTS[task])]

    near = {key: value for key, value in config.data.items() if nearest("inputs", [key])}  # one mistyped is refused
    return package + parse(folder, "data", near)


def data_fingerprint(config: ConfigDict, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The fingerprint of the data that a config names, before they are read; see :func:`fingerprint`."""
    module = importlib.import_module(f"{task_package(config)}.data")
    sources: Sources = parse(module.DataConfig, "data", config.data).sources
    return fingerprint(sources.files, sources.packages, known)


def predict_flags() -> dict[str, ModuleType]:
    """The ``flags`` module of each task that predicts; these modules import nothing heavy."""
    names = {task: f"experiments.tasks.{task}.flags" for task in TASKS}
    return {task: importlib.import_module(name) for task, name in names.items() if importlib.util.find_spec(name)}
