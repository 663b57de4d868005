"""From a config to the objects that it names: the door where its keys become typed arguments."""

import importlib.metadata
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import jax
import optax
from ml_collections import ConfigDict

from experiments.arguments import at_least, call, choice
from experiments.classification import Classification
from experiments.command import flatten
from experiments.forecasting import Forecasting
from experiments.language import Language
from experiments.memory import Memory
from experiments.music import Music
from experiments.translation import Translation
from seqjax.errors import InputError
from seqjax.training.checkpoint import Checkpoints
from seqjax.training.state import TrainState, init_state
from seqjax.training.writer import write_text

GROUPS = ("seed", "task", "data", "model", "optimizer", "train")


class Task(Protocol):
    """What is trained and tested: data, a model and a loss.

    Attributes:
      fresh_params: The parameters before the first step.
      fresh_memory: What the first step is left besides, or None; see :class:`~seqjax.training.state.TrainState`.
    """

    fresh_params: Any
    fresh_memory: Any

    def save(self, workdir: Path) -> None:
        """Writes what a prediction needs besides config and parameters."""

    def train_batch(self, step: int) -> Any:
        """The batch of a step; the same one whenever it is asked for."""

    @property
    def loss(self) -> Callable[..., Any]:
        """What training minimises; see :func:`~seqjax.training.step.make_train_step`."""

    def validate(self, params: Any) -> dict[str, float]:
        """Measures on the validation part, of which the first decides what is best: the lowest."""

    def test(self, params: Any, workdir: Path) -> dict[str, float]:
        """Measures on the test part; writes ``test.json`` (they), ``table.json`` (they beside others') and pictures."""


# From the groups data and model, and the seed, to a task.
TASKS: dict[str, Callable[[ConfigDict, ConfigDict, int], Task]] = {
    "classification": Classification,
    "forecasting": Forecasting,
    "language": Language,
    "memory": Memory,
    "music": Music,
    "translation": Translation,
}


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The keys of ``config.train``; every config says what they mean."""

    steps: int
    average_decay: float
    log_every: int
    evaluate_every: int
    patience: int
    keep: int

    def __post_init__(self) -> None:
        at_least(1, "train", **{key: getattr(self, key) for key in ("steps", "log_every", "evaluate_every", "keep")})
        at_least(0, "train", patience=self.patience, average_decay=self.average_decay)


def build_training(config: ConfigDict) -> TrainConfig:
    """The group ``train``, checked. It is the first to be built: here a config that lacks a group is noticed."""
    for group in GROUPS:
        if group not in config:
            raise InputError(f"config key {group!r} is missing")
    return call(TrainConfig, "train", config.train)


def build_task(config: ConfigDict) -> Task:
    """The task that ``config.task`` names, with its data and its model."""
    task = TASKS[choice("task", config.task, TASKS)]
    return task(config.data, config.model, config.seed)


def build_state(config: ConfigDict, params: Any, memory: Any = None) -> TrainState:
    """The state before the first step, from fresh parameters, and a fresh memory where the task has one."""
    return init_state(params, build_optimizer(config), memory)


def restore_best(config: ConfigDict, params: Any, workdir: Path, memory: Any = None) -> Any:
    """The averaged parameters that were best on validation, in the structure of fresh ``params`` (and ``memory``)."""
    checkpoints = Checkpoints(workdir / "checkpoints", config.train.keep)
    return checkpoints.restore_best(build_state(config, params, memory)).average


def build_optimizer(config: ConfigDict) -> optax.GradientTransformation:
    """AdamW as the groups ``optimizer`` and ``train`` describe it."""
    return call(adamw, "optimizer", config.optimizer, steps=config.train.steps)


def adamw(
    *, steps: int, learning_rate: float, schedule: str, warmup_steps: int, weight_decay: float, clip_norm: float
) -> optax.GradientTransformation:
    """AdamW (Loshchilov & Hutter 2019) after clipping the gradient's norm (Pascanu et al. 2013).

    Weights decay, biases and gains (arrays of one axis) do not.
    """
    peak, rest = learning_rate, max(steps - warmup_steps, 1)
    falls = {
        "constant": optax.constant_schedule(peak),
        "cosine": optax.cosine_decay_schedule(peak, rest, alpha=0.01),
        "linear": optax.linear_schedule(peak, 0.01 * peak, rest),
    }
    fall = falls[choice("optimizer.schedule", schedule, falls)]
    rate = optax.join_schedules([optax.linear_schedule(0.0, peak, max(warmup_steps, 1)), fall], [warmup_steps])

    def matrices(params: Any) -> Any:
        return jax.tree.map(lambda leaf: leaf.ndim > 1, params)

    return optax.chain(
        optax.clip_by_global_norm(clip_norm), optax.adamw(rate, weight_decay=weight_decay, mask=matrices)
    )


def open_workdir(workdir: Path, config: ConfigDict) -> None:
    """Makes the folder of a run and writes ``config.json`` in it. If it holds checkpoints, the config has to be theirs.

    Raises:
      InputError: If the folder cannot be written, or holds a run with another config.
    """
    path = workdir / "config.json"
    try:
        workdir.mkdir(parents=True, exist_ok=True)
        if not any((workdir / "checkpoints" / "latest").glob("[0-9]*")):
            record = {"config": config.to_dict(), "versions": versions(), "commit": commit()}
            write_text(path, json.dumps(record, indent=2) + "\n")
    except OSError as error:
        raise InputError(f"workdir {workdir} cannot be written ({error.strerror}); name another folder") from None
    _require_same(load_config(workdir), config, workdir)


def load_config(workdir: Path) -> ConfigDict:
    """The config that the run in ``workdir`` was made with.

    Raises:
      InputError: If there is no run.
    """
    try:
        record = json.loads((workdir / "config.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{workdir} holds no run (no config.json); train there first") from None
    except ValueError:
        raise InputError(f"{workdir / 'config.json'} is damaged; train on another workdir") from None
    return ConfigDict(tuples(record["config"]))


def _require_same(old: ConfigDict, new: ConfigDict, workdir: Path) -> None:
    before, after = flatten(old), flatten(new)
    changes = [
        f"{key} was {before.get(key, 'absent')!r} and is {after.get(key, 'absent')!r}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]
    if changes:
        raise InputError(
            f"workdir {workdir} holds a run with another config: {'; '.join(changes)}; "
            "name another workdir, or leave the config as it was to resume"
        )


def tuples(value: Any) -> Any:
    """What JSON made of a config, with tuples again: JSON has lists only, configs have tuples only."""
    if isinstance(value, dict):
        return {name: tuples(item) for name, item in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def versions() -> dict[str, str]:
    """The versions of the packages that results depend on."""
    names = ("seqjax", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "grain", "numpy")
    return {name: importlib.metadata.version(name) for name in names}


def commit() -> str:
    """The commit of the checkout that runs, marked if files differ from it; "unknown" outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
