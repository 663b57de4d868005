"""The long-range task: problems that need memory over many steps, and gradients that reach back over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from experiments.run.arguments import at_least, choice, parse
from experiments.run.results import TestResult
from experiments.tasks.long_range.data import DataConfig
from seqjax.data.batching import in_order
from seqjax.data.synthetic import BLANK, RECALL, RECALLED, Examples
from seqjax.errors import InputError
from seqjax.layers.recurrent import LAYERS
from seqjax.models.pure import pure
from seqjax.models.readout import FeedForwardReadout, RecurrentReadout
from seqjax.plots.gradient_flow import plot_gradient_flow
from seqjax.recurrence.gradient_flow import forget_gates, gradient_flow
from seqjax.typing import Array, PRNGKey

TRAIN, VALIDATION, TEST = range(3)  # second number of the key that examples are generated from
TEST_BATCH = 250  # sequences that are tested at once; no result depends on it
PLOTTED = 32  # test sequences over which the plots average


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/long_range/adding.py explains them."""

    kind: str
    cell: str
    hidden_features: int
    num_layers: int
    activation: str
    recurrent_init: str
    input_init_std: float
    forget_bias: float
    chrono: float
    norm: bool

    def __post_init__(self) -> None:
        choice("model.kind", self.kind, ("mlp", "recurrent"))
        choice("model.cell", self.cell, LAYERS)
        choice("model.activation", self.activation, ("tanh", "relu"))
        choice("model.recurrent_init", self.recurrent_init, ("orthogonal", "identity"))
        at_least(1, "model", hidden_features=self.hidden_features, num_layers=self.num_layers)
        at_least(0, "model", input_init_std=self.input_init_std)
        if self.chrono and not self.chrono > 2:
            raise InputError(f"config key 'model.chrono' is {self.chrono}, but must be 0 or above 2")

    def build(self, data: DataConfig, seed: int) -> nnx.Module:
        """The model for the problem of ``data``, with initial parameters from ``seed``."""
        if data.problem == "adding":
            in_features, out_features, last = 2, 1, 1
        else:
            in_features, out_features, last = RECALL + 1, BLANK + 1, data.time
        options: dict[str, Any] = {
            "last": last,
            "hidden_features": self.hidden_features,
            "num_layers": self.num_layers,
            "rngs": nnx.Rngs(params=seed),
        }
        if self.kind == "mlp":
            return FeedForwardReadout(in_features, out_features, time=data.time, **options)
        return RecurrentReadout(
            in_features,
            out_features,
            cell=self.cell,
            activation=self.activation,
            recurrent_init=self.recurrent_init,
            input_init_std=self.input_init_std,
            forget_bias=self.forget_bias,
            chrono=self.chrono,
            norm=self.norm,
            **options,
        )


class LongRange:
    """A network with the problem that it is trained and tested on.

    Every batch is generated from (seed, part, step) alone, so that a resumed run reads the same batches.
    """

    initial_carry = None

    def __init__(
        self,
        data: Mapping[str, Any],
        model: Mapping[str, Any],
        seed: int,
        learned: Mapping[str, Any] | None = None,
    ) -> None:
        self.data: DataConfig = parse(DataConfig, "data", data)
        self.model: ModelConfig = parse(ModelConfig, "model", model)
        self._seed = seed
        self.learned: dict[str, Any] = {}
        self.data_summary = (f"generated sequences of the problem {self.data.problem!r}, {self.data.time} steps each",)
        self._apply, self.initial_params = pure(parse(self.model.build, "model", {}, data=self.data, seed=seed))
        self._losses = jax.jit(self._row_measures)

    def train_batch(self, step: int) -> Examples:
        """The sequences of a training step."""
        return self.data.generate((self._seed, TRAIN, step), self.data.batch_size)

    def loss_sums(self, params: Any, carry: None, batch: Examples, key: PRNGKey | None) -> tuple[Array, Array, None]:
        """The squared error of adding or the cross-entropy of copying, in nats, summed; and the number of sequences."""
        losses = self._row_measures(params, batch)["loss"]
        return jnp.sum(losses), jnp.asarray(len(losses), losses.dtype), None

    def _row_measures(self, params: Any, batch: Examples) -> dict[str, Array]:
        """The loss of each sequence ``[B]``; for copying also the share of symbols that are recalled correctly."""
        inputs, targets = map(jnp.asarray, batch)
        outputs = self._apply(params)(self._features(inputs))
        measures = {"loss": self._errors(outputs, targets).mean(axis=1)}
        if self.data.problem == "copying":
            correct = jnp.argmax(outputs, axis=-1) == targets
            measures["accuracy"] = correct[:, -RECALLED:].mean(axis=1)
        return measures

    def _errors(self, outputs: Array, targets: Array) -> Array:
        """The error of each output ``[B, N, out]`` given its target ``[B, N]``; the loss is their mean."""
        if self.data.problem == "adding":
            return jnp.square(outputs[..., 0] - targets)
        errors: Array = optax.softmax_cross_entropy_with_integer_labels(outputs, targets)
        return errors

    def _features(self, inputs: Array) -> Array:
        return inputs if self.data.problem == "adding" else jax.nn.one_hot(inputs, RECALL + 1)

    def _measure(self, params: Any, part: int, rows: int) -> dict[str, float]:
        """Means over all sequences of the validation or the test part."""
        examples = self.data.generate((self._seed, part, 0), rows)
        batches = in_order(np.arange(rows), TEST_BATCH)
        measures = [self._losses(params, Examples(*(each[batch] for each in examples))) for batch in batches]
        rowwise = {name: np.concatenate([each[name] for each in measures]) for name in measures[0]}
        return {name: float(values.mean(dtype=np.float64)) for name, values in rowwise.items()}

    def validate(self, params: Any) -> dict[str, float]:
        """The measures of the validation part; the loss decides which checkpoint is best."""
        measures = self._measure(params, VALIDATION, self.data.validation_rows)
        # The names of a dict that comes out of jit are sorted, and the first measure decides.
        return {"loss": measures.pop("loss"), **measures}

    def test(self, params: Any) -> TestResult:
        """Measures of the test part.

        - ``loss``: mean squared error of adding, mean cross-entropy of copying in nats;
        - ``accuracy``: for copying, the share of symbols that are recalled correctly;
        - ``loss_over_no_memory``: the loss relative to the lowest one without memory, ``no_memory_loss``;
        - ``solved``: 1 for a mean squared error below 0.001 or an accuracy of at least 0.99, else 0;
        - ``length``: the key ``data.length``;
        - ``parameters``: number of parameters.
        """
        measures = self._measure(params, TEST, self.data.test_rows)
        bound = self.data.no_memory_loss
        measures |= {
            "loss_over_no_memory": measures["loss"] / bound,
            "solved": float(measures["accuracy"] >= 0.99 if "accuracy" in measures else measures["loss"] < 0.001),
            "length": float(self.data.length),
            "parameters": float(sum(leaf.size for leaf in jax.tree.leaves(params))),
        }
        plots = {"gradient_flow.png": partial(self._plot_gradient_flow, params)}
        return TestResult(
            table={"model": measures, "no memory": {"loss": bound}},
            plots=plots if self.model.kind == "recurrent" else {},
        )

    def _plot_gradient_flow(self, params: Any, path: Path) -> None:
        inputs, targets = map(jnp.asarray, self.data.generate((self._seed, TEST, 0), PLOTTED))
        norms: dict[str, np.ndarray] = {}
        gates: dict[str, np.ndarray] = {}
        for time, weights in (("before training", self.initial_params), ("after training", params)):
            flow, gate = self._flow(weights, inputs, targets)
            norms |= {f"{name}, {time}": np.asarray(norm).mean(axis=0) for name, norm in flow.items()}
            if gate is not None:
                gates[time] = np.asarray(gate).mean(axis=0)
        plot_gradient_flow(path, norms, gates)

    def _flow(self, params: Any, inputs: Array, targets: Array) -> tuple[dict[str, Array], Array | None]:
        """Gradient norms ``[B, T]`` by field of the first layer's carry, and the forget gates of an LSTM or None."""

        def flow(params: Any, inputs: Array, targets: Array) -> Any:
            model, x = self._apply(params), self._features(inputs)

            def last_loss(y: Array) -> Array:
                return self._errors(model.readout(y[:, None]), targets[..., -1:])[:, 0]

            first, *_ = gradient_flow(model.layer.step, model.layer.initial_carry(len(x)), x, last_loss)
            gates = forget_gates(model.layer.forward[0].as_tuple(), x) if self.model.cell == "lstm" else None
            return first._asdict(), gates

        norms: tuple[dict[str, Array], Array | None] = jax.jit(flow)(params, inputs, targets)
        return norms
