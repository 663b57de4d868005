"""One epoch of a config's training: batches, and the initial parameters of all subjects."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

CONFIGS = Path(__file__).parents[2] / "configs"


class Epoch:
    """The arrays of :func:`make_epoch` as config, parameters and batches.

    Attributes:
      config: The config as a dict, with tuples as lists.
      params: The parameters of seqjax's model by their path, "encoder.forward.0.w_x".
      batches: Of the forecaster ``(inputs [B, T, D], known [B, N, K], targets [B, N, M], weights [B, N, M])``; of the
        classifier ``(ids [B, T], lengths [B], labels [B], weights [B])``, with T one of a few bucket sizes.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Unpacks the arrays."""
        self.config: dict[str, Any] = json.loads(str(arrays["config"]))
        self.params = {name.removeprefix("param."): arrays[name] for name in arrays if name.startswith("param.")}
        fields = [name for name in arrays if name.startswith("batch.")]
        count = 1 + max(int(name.split(".")[1]) for name in fields)
        self.batches = [tuple(arrays[f"batch.{n}.{field}"] for field in range(4)) for n in range(count)]


def make_epoch(name: str, is_quick: bool) -> dict[str, np.ndarray]:
    """The batches of the first epoch of ``configs/NAME.py``, the initial parameters and the config, as arrays.

    If ``is_quick``, those of the config's quick variant, and three batches.

    Raises:
      InputError: The data is not installed.
    """
    from flax.traverse_util import flatten_dict

    from experiments.registry import build_task
    from experiments.run.flags import config_module

    module, _ = config_module(str(CONFIGS / f"{name}.py"))
    config = module.get_config("quick" if is_quick else "")
    task: Any = build_task(config)
    count = 3 if is_quick else task.steps_per_epoch
    arrays = {"config": np.array(json.dumps(config.to_dict()))}
    for path, value in flatten_dict(task.initial_params).items():  # type: ignore[no-untyped-call]
        arrays["param." + ".".join(map(str, path))] = np.asarray(value)
    for n in range(count):
        arrays |= {f"batch.{n}.{field}": array for field, array in enumerate(task.train_batch(n))}
    return arrays
