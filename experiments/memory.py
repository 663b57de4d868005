"""The memory task: problems whose answer lies far back, and how far each network's gradient reaches."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from experiments.arguments import at_least, call, choice
from experiments.report import print_table
from seqjax import pictures
from seqjax.data.batching import in_order
from seqjax.data.synthetic import BLANK, RECALL, RECALLED, Examples, adding, copying
from seqjax.errors import InputError
from seqjax.layers.recurrent import LAYERS
from seqjax.models.readout import FeedForwardReadout, RecurrentReadout
from seqjax.recurrence.gradient_flow import forget_gates, gradient_flow
from seqjax.training.writer import read_metrics, write_text
from seqjax.typing import Array, PRNGKey

TRAIN, VALIDATION, TEST = range(3)  # second part of the key that examples are drawn from
TEST_BATCH = 250  # Sequences that are tested at once; no result depends on it.
DRAWN = 32  # test sequences over which pictures show the mean


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/memory_adding.py says what they mean."""

    problem: str
    length: int
    batch_size: int
    validation_rows: int
    test_rows: int

    def __post_init__(self) -> None:
        choice("data.problem", self.problem, ("adding", "copying"))
        at_least(2 if self.problem == "adding" else 1, "data", length=self.length)
        rows = ("batch_size", "validation_rows", "test_rows")
        at_least(1, "data", **{name: getattr(self, name) for name in rows})

    @property
    def time(self) -> int:
        """Steps of a sequence."""
        return self.length if self.problem == "adding" else self.length + 2 * RECALLED

    @property
    def no_memory_loss(self) -> float:
        """The loss of a model that knows the problem and forgets everything: a closed form."""
        return 1 / 6 if self.problem == "adding" else RECALLED * log(8) / self.time

    def draw(self, key: tuple[int, int, int], rows: int) -> Examples:
        """Examples of the problem; see :mod:`seqjax.data.synthetic`."""
        return (adding if self.problem == "adding" else copying)(key, rows, self.length)


class Memory:
    """A network that has to remember, with the problem that it is trained and tested on.

    Every batch is drawn from (seed, part, step) alone, so that a resumed run sees what it would have seen.

    Attributes:
      fresh_params: The parameters before the first step.
    """

    fresh_memory = None

    def __init__(self, data: Mapping[str, Any], model: Mapping[str, Any], seed: int) -> None:
        self.data: DataConfig = call(DataConfig, "data", data)
        if seed < 0:
            raise InputError(f"config key 'seed' is {seed}, but must be at least 0")
        self._seed = seed
        call(self._build, "model", model)
        self._losses = jax.jit(self._row_measures)

    def _build(
        self,
        *,
        kind: str,
        cell: str,
        hidden_features: int,
        num_layers: int,
        activation: str,
        start: str,
        input_std: float,
        forget_bias: float,
        chrono: float,
        norm: bool,
    ) -> None:
        choice("model.kind", kind, ("mlp", "recurrent"))
        choice("model.cell", cell, LAYERS)
        choice("model.activation", activation, ("tanh", "relu"))
        choice("model.start", start, ("orthogonal", "identity"))
        at_least(1, "model", hidden_features=hidden_features, num_layers=num_layers)
        at_least(0, "model", input_std=input_std)
        if chrono and not chrono > 2:
            raise InputError(f"config key 'model.chrono' is {chrono}, but must be 0 or above 2")
        adds, time = self.data.problem == "adding", self.data.time
        in_features, out_features, last = (2, 1, 1) if adds else (RECALL + 1, BLANK + 1, time)
        sizes: dict[str, Any] = {"last": last, "hidden_features": hidden_features, "num_layers": num_layers}
        rngs = nnx.Rngs(params=self._seed)
        module: nnx.Module
        if kind == "mlp":
            module = FeedForwardReadout(in_features, out_features, time=time, **sizes, rngs=rngs)
        else:
            module = RecurrentReadout(
                in_features,
                out_features,
                cell=cell,
                activation=activation,
                recurrent_init=start,
                input_init_std=input_std,
                forget_bias=forget_bias,
                chrono=chrono,
                norm=norm,
                **sizes,
                rngs=rngs,
            )
        self._is_recurrent, self._has_forget_gates = kind == "recurrent", kind == "recurrent" and cell == "lstm"
        self._graph, params = nnx.split(module, nnx.Param)
        self.fresh_params = nnx.to_pure_dict(params)

    def save(self, workdir: Path) -> None:
        """Writes nothing: config and parameters say it all."""

    def train_batch(self, step: int) -> Examples:
        """The sequences of a training step."""
        return self.data.draw((self._seed, TRAIN, step), self.data.batch_size)

    def loss(self, params: Any, batch: Examples, key: PRNGKey | None) -> Array:
        """The mean squared error of the sum, or the mean cross-entropy of a copied symbol in nats."""
        return jnp.mean(self._row_measures(params, batch)["loss"])

    def _row_measures(self, params: Any, batch: Examples) -> dict[str, Array]:
        """The loss of each sequence ``[B]``; of copying also the share of the symbols that are recalled."""
        inputs, targets = map(jnp.asarray, batch)
        outputs = nnx.merge(self._graph, params)(self._features(inputs))
        measures = {"loss": self._errors(outputs, targets).mean(axis=1)}
        if self.data.problem == "copying":
            right = jnp.argmax(outputs, axis=-1) == targets
            measures["accuracy"] = right[:, -RECALLED:].mean(axis=1)
        return measures

    def _errors(self, outputs: Array, targets: Array) -> Array:
        """Of each output ``[B, N, out]``, given ``targets [B, N]``: what the loss is the mean of."""
        if self.data.problem == "adding":
            return jnp.square(outputs[..., 0] - targets)
        errors: Array = optax.softmax_cross_entropy_with_integer_labels(outputs, targets)
        return errors

    def _features(self, inputs: Array) -> Array:
        return inputs if self.data.problem == "adding" else jax.nn.one_hot(inputs, RECALL + 1)

    def _measure(self, params: Any, part: int, rows: int) -> dict[str, float]:
        """Means over all sequences of the validation or the test part."""
        examples = self.data.draw((self._seed, part, 0), rows)
        batches = [self._losses(params, Examples(*(e[some] for e in examples))) for some in self._batches(rows)]
        joined = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
        return {name: float(values.mean(dtype=np.float64)) for name, values in joined.items()}

    @staticmethod
    def _batches(rows: int) -> list[np.ndarray]:
        return in_order(np.arange(rows), TEST_BATCH)

    def validate(self, params: Any) -> dict[str, float]:
        """The measures of the validation part."""
        return self._measure(params, VALIDATION, self.data.validation_rows)

    def test(self, params: Any, workdir: Path) -> dict[str, float]:
        """Tests on the test part; writes ``test.json``, ``table.json`` and pictures.

        Returns:
          ``loss``; of copying ``accuracy``, the share of symbols recalled; ``no_memory_loss``, the least that a model
          can have that remembers nothing, and ``loss_over_no_memory``; ``solved``, 1 for an error of the sum below
          0.001 or 99 of 100 symbols recalled, else 0; ``length``; ``parameters``, their number; and
          ``milliseconds_per_step``, input included, of the log interval of training that was fastest: what else the
          machine does can only slow it down.
        """
        measures = self._measure(params, TEST, self.data.test_rows)
        bar = self.data.no_memory_loss
        measures |= {
            "no_memory_loss": bar,
            "loss_over_no_memory": measures["loss"] / bar,
            "solved": float(measures["accuracy"] >= 0.99 if "accuracy" in measures else measures["loss"] < 0.001),
            "length": float(self.data.length),
            "parameters": float(sum(leaf.size for leaf in jax.tree.leaves(params))),
        }
        records = read_metrics(workdir)
        speeds = [record["steps_per_second"] for record in records if "steps_per_second" in record]
        if speeds:
            measures["milliseconds_per_step"] = 1000 / max(speeds)
        write_text(workdir / "test.json", json.dumps(measures, indent=2) + "\n")
        table = {"model": measures, "no memory": {"loss": bar, "loss_over_no_memory": 1.0}}
        write_text(workdir / "table.json", json.dumps(table, indent=2) + "\n")
        drawn = ["loss.png"]
        pictures.losses(workdir / "loss.png", records)
        if self._is_recurrent:
            self._draw_gradient_flow(params, workdir / "gradient_flow.png")
            drawn.insert(0, "gradient_flow.png")
        print_table("Test", table, tuple(measures))
        print(f"{workdir}: test.json, {', '.join(drawn)}")
        return measures

    def _draw_gradient_flow(self, params: Any, path: Path) -> None:
        inputs, targets = map(jnp.asarray, self.data.draw((self._seed, TEST, 0), DRAWN))
        norms: dict[str, np.ndarray] = {}
        gates: dict[str, np.ndarray] = {}
        for moment, these in (("at the start", self.fresh_params), ("after training", params)):
            flow, gate = self._flow(these, inputs, targets)
            norms |= {f"{name}, {moment}": np.asarray(norm).mean(axis=0) for name, norm in flow.items()}
            if gate is not None:
                gates[moment] = np.asarray(gate).mean(axis=0)
        pictures.gradient_flow(path, norms, gates)

    def _flow(self, params: Any, inputs: Array, targets: Array) -> tuple[dict[str, Array], Array | None]:
        """Of the first layer: gradient norms ``[B, T]`` for each field of its carry, and an LSTM's forget gates."""

        def flow(params: Any, inputs: Array, targets: Array) -> Any:
            model: Any = nnx.merge(self._graph, params)
            x = self._features(inputs)

            def last_loss(y: Array) -> Array:
                return self._errors(model.readout(y[:, None]), targets[..., -1:])[:, 0]

            first, *_ = gradient_flow(model.layer.step, model.layer.initial_carry(len(x)), x, last_loss)
            gates = forget_gates(model.layer.forward[0].as_tuple(), x) if self._has_forget_gates else None
            return first._asdict(), gates

        found: tuple[dict[str, Array], Array | None] = jax.jit(flow)(params, inputs, targets)
        return found
