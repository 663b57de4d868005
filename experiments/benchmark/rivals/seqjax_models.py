"""seqjax's decoding, and epochs of its forecaster and its classifier."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from flax.traverse_util import unflatten_dict

from experiments.benchmark.cases import Case
from experiments.benchmark.epochs import Epoch
from experiments.benchmark.rivals.jax_calls import as_float32
from experiments.benchmark.rivals.measured import Arrays, Measured
from experiments.benchmark.rivals.seqjax import with_weights
from experiments.run.workdir import tuples
from experiments.tasks.classification.task import ModelConfig
from experiments.tasks.forecasting import model as forecasting
from experiments.tasks.forecasting.data import DataConfig
from seqjax.decoding import beam_search, greedy
from seqjax.losses import weighted_mean
from seqjax.masking import mask_from_lengths
from seqjax.models.pure import pure
from seqjax.recurrence import LSTMCell
from seqjax.training.optimizer import adamw
from seqjax.training.state import init_state
from seqjax.training.step import make_train_step


def decode(case: Case, arrays: Arrays, subject: str) -> Measured:
    """Greedy decoding or beam search with an LSTM, an embedding and an output layer, in one program."""
    graph, params = nnx.split(with_weights(case, arrays))
    given = [jnp.asarray(arrays[name]) for name in ("c", "h", "embedding", "w_out", "b_out")]
    time = case.shape[1]

    @jax.jit
    def search(params: Any, c: Any, h: Any, embedding: Any, w_out: Any, b_out: Any) -> Any:
        layer = nnx.merge(graph, params)

        def step(carry: Any, token: Any) -> tuple[Any, Any]:
            carry, y = layer.step(carry, embedding[token])
            return carry, y @ w_out + b_out

        carry = (LSTMCell.Carry(c, h),)
        if case.cell.endswith("greedy"):
            best = greedy(step, carry, max_length=time)
            return best.tokens, best.scores
        beams = beam_search(step, carry, beam=int(case.cell.split()[-1]), max_length=time)
        return beams.tokens[:, 0], beams.scores[:, 0]

    def call() -> Any:
        return jax.block_until_ready(search(params, *given))  # type: ignore[no-untyped-call]

    return Measured(call, lambda: dict(zip(("tokens", "scores"), map(as_float32, call()), strict=True)))


def epoch(case: Case, arrays: Arrays, subject: str) -> Measured:
    """Steps of :func:`seqjax.training.step.make_train_step` over the batches in their order."""
    given = Epoch(arrays)
    config = tuples(given.config)
    tree = unflatten_dict({_path(name): jnp.asarray(value) for name, value in given.params.items()})  # type: ignore[no-untyped-call]
    losses, apply = (_forecaster if config["task"] == "forecasting" else _classifier)(given, config)

    def loss_sums(params: Any, carry: None, batch: Any, key: Any) -> tuple[Any, Any, None]:
        values, weights = losses(params, batch, key)
        return jnp.sum(values * weights), jnp.sum(weights), None

    optimizer = adamw(
        steps=1,
        learning_rate=config["optimizer"]["learning_rate"],
        schedule="constant",
        warmup_steps=0,
        weight_decay=config["optimizer"]["weight_decay"],
        clip_norm=config["optimizer"]["clip_norm"],
    )
    step = make_train_step(loss_sums, optimizer, jax.random.key(0))
    batch = given.batches[0]
    loss = jax.jit(lambda params, batch: weighted_mean(*losses(params, batch, None)))(tree, batch)
    first = {"output": as_float32(apply(tree, batch)), "loss": as_float32(loss)}
    state = init_state(tree, optimizer)

    def call() -> Any:
        nonlocal state
        state = state._replace(loss_sum=jnp.zeros((), jnp.float32))
        for batch in given.batches:
            state = step(state, batch)
        return jax.block_until_ready(state)  # type: ignore[no-untyped-call]

    count = sum(leaf.size for leaf in jax.tree.leaves(tree))
    return Measured(
        call, lambda: first, report=lambda: {"loss": float(state.loss_sum) / len(given.batches), "parameters": count}
    )


def _forecaster(given: Epoch, config: Any) -> tuple[Any, Any]:
    """Functions ``(params, batch, key)`` to losses and weights, and ``(params, batch)`` to quantiles."""
    model = forecasting.ModelConfig(**config["model"])
    apply, _ = pure(model.build(DataConfig(**config["data"]), 0))

    def losses(params: Any, batch: Any, key: Any) -> tuple[Any, Any]:
        inputs, known, targets, weights = batch
        return model.pointwise_loss(apply(params)(inputs, known, key=key), targets), weights

    return losses, jax.jit(lambda params, batch: apply(params)(batch[0], batch[1]))


def _classifier(given: Epoch, config: Any) -> tuple[Any, Any]:
    """Functions ``(params, batch, key)`` to losses and weights, and ``(params, batch)`` to logits."""
    vocabulary, classes = given.params["embed.table.embedding"].shape[0], given.params["output.bias"].shape[0]
    apply, _ = pure(ModelConfig(**config["model"]).build(vocabulary, classes, 0))

    def logits(params: Any, batch: Any, key: Any) -> Any:
        ids, lengths, _, _ = batch
        return apply(params)(ids, mask_from_lengths(lengths, ids.shape[1]), key=key)

    def losses(params: Any, batch: Any, key: Any) -> tuple[Any, Any]:
        _, _, labels, weights = batch
        values = optax.losses.softmax_cross_entropy_with_integer_labels(logits(params, batch, key), labels)
        return values, weights

    return losses, jax.jit(partial(logits, key=None))


def _path(name: str) -> tuple[Any, ...]:
    """The keys of a leaf in a tree, from its name, such as "encoder.forward.0.w_x"."""
    return tuple(int(part) if part.isdecimal() else part for part in name.split("."))
