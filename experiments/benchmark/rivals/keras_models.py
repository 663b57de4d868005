"""Epochs of the forecaster and the classifier as Keras models on JAX, trained by ``model.fit``."""

from typing import Any

import keras
import numpy as np

from experiments.benchmark.cases import Case
from experiments.benchmark.epochs import Epoch
from experiments.benchmark.rivals.jax_calls import as_float32
from experiments.benchmark.rivals.keras import ours
from experiments.benchmark.rivals.measured import Arrays, Measured
from seqjax.tokens import UNK

ops = keras.ops


def epoch(case: Case, arrays: Arrays, subject: str) -> Measured:
    """``model.fit`` over the batches in their order."""
    given = Epoch(arrays)
    options, config = given.config["optimizer"], given.config["model"]
    is_forecaster = given.config["task"] == "forecasting"
    model: Any = (Forecaster if is_forecaster else Classifier)(given)
    # Keras passes the loss targets alone, so that the weights are stacked with them.
    batches = [(batch[:2], np.stack(batch[2:], axis=-1).astype(np.float32)) for batch in given.batches]
    model(batches[0][0])  # creates its variables
    model.load(given)
    optimizer = keras.optimizers.AdamW(
        options["learning_rate"], options["weight_decay"], epsilon=1e-8, global_clipnorm=options["clip_norm"]
    )
    optimizer.exclude_from_weight_decay([value for value in model.trainable_variables if len(value.shape) == 1])
    levels = np.array(config.get("quantiles", ()), np.float32)

    def loss(targets: Any, output: Any) -> Any:
        return _pinball(targets, output, levels) if is_forecaster else _cross_entropy(targets, output)

    model.compile(optimizer, loss)
    output = model(batches[0][0], training=False)
    first = {"output": as_float32(output), "loss": as_float32(loss(batches[0][1], output))}
    losses = []

    def call() -> Any:
        history = model.fit(Batches(batches), epochs=1, shuffle=False, verbose=0)
        losses.append(history.history["loss"][-1])

    count = sum(int(np.prod(value.shape)) for value in model.trainable_variables)
    return Measured(call, lambda: first, report=lambda: {"loss": float(losses[-1]), "parameters": count})


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches by their number, for ``model.fit``."""

    def __init__(self, batches: list[Any]) -> None:
        """Holds the batches."""
        super().__init__()
        self.batches = batches

    def __len__(self) -> int:
        """The number of batches."""
        return len(self.batches)

    def __getitem__(self, index: int) -> Any:
        """The batch of a number."""
        return self.batches[index]


class Forecaster(keras.Model):  # type: ignore[misc]
    """:class:`seqjax.models.forecaster.RecurrentForecaster` in Keras, ``[B, N, M, Q]``."""

    def __init__(self, given: Epoch) -> None:
        """Creates the layers."""
        super().__init__()
        config, params = given.config["model"], given.params
        self.config = config
        _, _, targets, _ = given.batches[0]
        self.horizon, self.targets = targets.shape[1:]
        width = config["hidden_features"]
        self.encoder = keras.layers.LSTM(width)
        self.context = keras.layers.Dense(width)
        self.ahead = keras.layers.Embedding(self.horizon, width)
        self.beside = keras.layers.Dense(width, use_bias=False)
        self.hidden = keras.layers.Dense(width)
        self.readout = keras.layers.Dense(params["head.output.bias"].shape[0])
        self.linear = keras.layers.Dense(self.horizon, use_bias=False)
        self.drops = [keras.layers.Dropout(config["dropout"]) for _ in range(2)]

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The forecast from inputs ``[B, T, D]`` and known covariates ``[B, N, K]``."""
        inputs, known = inputs
        config = self.config
        _, time, width = inputs.shape
        context = self.encoder(ops.reshape(inputs, (-1, time // config["block"], config["block"] * width)))
        context = self.drops[0](context, training=training)
        series = inputs[:, :, : self.targets]
        ahead = np.arange(self.horizon)
        past = [ops.take(series, time - season + ahead % season, axis=1) for season in config["seasons"]]
        recent = ops.swapaxes(series[:, -config["linear_rows"] :], 1, 2)
        baseline = past[0] + ops.swapaxes(self.linear(recent), 1, 2)
        features = self.context(context)[:, None] + self.ahead(ahead)
        features = features + self.beside(ops.concatenate([known, *past], axis=-1))
        features = self.drops[1](ops.relu(features), training=training)
        raw = self.readout(ops.relu(self.hidden(features)))
        raw = ops.reshape(raw, (-1, self.horizon, self.targets, raw.shape[-1] // self.targets))
        middle, gaps = raw.shape[-1] // 2, ops.softplus(raw)
        below = -ops.flip(ops.cumsum(ops.flip(gaps[..., :middle], -1), -1), -1)
        above = ops.cumsum(gaps[..., middle + 1 :], -1)
        spread = ops.concatenate([below, ops.zeros_like(raw[..., :1]), above], axis=-1)
        return raw[..., middle : middle + 1] + spread + baseline[..., None]

    def load(self, given: Epoch) -> None:
        """Loads seqjax's parameters."""
        self.encoder.set_weights(_cell(given, "forward"))
        self.ahead.set_weights([given.params["head.embed_step.embedding"]])
        names = {
            "from_context": self.context,
            "extra_inputs": self.beside,
            "hidden": self.hidden,
            "output": self.readout,
        }
        for name, dense in {**names, "linear": self.linear}.items():
            parts = ("kernel", "bias") if dense.use_bias else ("kernel",)
            dense.set_weights([given.params[f"head.{name}.{part}"] for part in parts])


class Classifier(keras.Model):  # type: ignore[misc]
    """:class:`seqjax.models.classifier.RecurrentClassifier` with mean pooling in Keras, ``[B, C]``."""

    def __init__(self, given: Epoch) -> None:
        """Creates the layers."""
        super().__init__()
        config, params = given.config["model"], given.params
        self.word_dropout = config["word_dropout"]
        self.embed = keras.layers.Embedding(*params["embed.table.embedding"].shape)
        self.encoder = keras.layers.Bidirectional(keras.layers.LSTM(config["hidden_features"], return_sequences=True))
        self.readout = keras.layers.Dense(params["output.bias"].shape[0])
        self.drops = [keras.layers.Dropout(config[name]) for name in ("embed_dropout", "output_dropout")]
        self.seed = keras.random.SeedGenerator(0)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The logits of ids ``[B, T]``, of which the first ``lengths [B]`` are real."""
        ids, lengths = inputs
        mask = ops.arange(ids.shape[1])[None] < ops.cast(lengths, "int32")[:, None]
        if training:
            ids = ops.where(keras.random.uniform(ops.shape(ids), seed=self.seed) < self.word_dropout, UNK, ids)
        x = self.drops[0](self.embed(ids), training=training)
        y = self.encoder(x, mask=mask)
        real = ops.cast(mask, y.dtype)
        pooled = ops.sum(y * real[..., None], axis=1) / ops.maximum(ops.sum(real, axis=1, keepdims=True), 1)
        return self.readout(self.drops[1](pooled, training=training))

    def load(self, given: Epoch) -> None:
        """Loads seqjax's parameters."""
        self.embed.set_weights([given.params["embed.table.embedding"]])
        self.encoder.set_weights(_cell(given, "forward") + _cell(given, "backward"))
        self.readout.set_weights([given.params["output.kernel"], given.params["output.bias"]])


def _cell(given: Epoch, direction: str) -> list[Any]:
    cell = {name: given.params[f"encoder.{direction}.0.{name}"] for name in ("w_x", "w_h", "b")}
    return ours("lstm", cell)


def _pinball(targets: Any, forecast: Any, levels: np.ndarray) -> Any:
    targets, weights = targets[..., 0], targets[..., 1]
    error = targets[..., None] - forecast
    loss = 2 * ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)
    return ops.sum(loss * weights) / ops.maximum(ops.sum(weights), 1)


def _cross_entropy(targets: Any, logits: Any) -> Any:
    labels, weights = targets[..., 0], targets[..., 1]
    losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    return ops.sum(losses * weights) / ops.maximum(ops.sum(weights), 1)
