"""The memory task: what it refuses, what it draws, and what it measures."""

from math import log

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

from experiments.registry import build_task
from experiments.tasks.long_range.task import TEST, TRAIN, VALIDATION, DataConfig, Memory
from seqjax.errors import InputError

pytestmark = pytest.mark.usefixtures("quick_compilation")

DATA = {"problem": "copying", "length": 12, "batch_size": 4, "validation_rows": 300, "test_rows": 7}
MODEL = {
    "kind": "mlp",
    "cell": "lstm",
    "hidden_features": 3,
    "num_layers": 1,
    "activation": "tanh",
    "start": "orthogonal",
    "input_std": 0.0,
    "forget_bias": 1.0,
    "chrono": 0.0,
    "norm": False,
}


def task(**keys: object) -> Memory:
    """A task with some keys, given as ``group_key``, in place of the usual ones."""
    groups = {"data": dict(DATA), "model": dict(MODEL), "seed": 0, "task": "memory"}
    for name, value in keys.items():
        group, _, key = name.partition("_")
        if key:
            groups[group][key] = value
        else:
            groups[group] = value
    return build_task(ConfigDict(groups))


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"data_problem": "adddig"}, "'data.problem' is 'adddig', but must be one of 'adding', 'copying'; did you"),
        ({"data_problem": "adding", "data_length": 1}, "'data.length' is 1, but must be at least 2"),
        ({"data_length": 0}, "'data.length' is 0, but must be at least 1"),
        ({"data_batch_size": 0}, "'data.batch_size' is 0"),
        ({"data_test_rows": 0}, "'data.test_rows' is 0"),
        ({"seed": -1}, "'seed' is -1, but must be at least 0"),
        ({"model_kind": "rnn"}, "'model.kind' is 'rnn', but must be one of 'mlp', 'recurrent'"),
        ({"model_cell": "lstmm"}, "'model.cell' is 'lstmm'.*did you mean 'lstm'"),
        ({"model_activation": "sine"}, "'model.activation' is 'sine', but must be one of 'tanh', 'relu'"),
        ({"model_start": "identical"}, "'model.start' is 'identical'.*did you mean 'identity'"),
        ({"model_hidden_features": 0}, "'model.hidden_features' is 0"),
        ({"model_num_layers": 0}, "'model.num_layers' is 0"),
        ({"model_input_std": -1.0}, "'model.input_std' is -1.0, but must be at least 0"),
        ({"model_chrono": 2.0}, "'model.chrono' is 2.0, but must be 0 or above 2"),
    ],
)
def test_a_bad_value_is_one_sentence(keys, sentence):
    with pytest.raises(InputError, match=sentence):
        task(**keys)


def test_what_no_memory_costs_is_a_closed_form():
    assert DataConfig(**DATA | {"problem": "adding"}).no_memory_loss == pytest.approx(1 / 6)
    assert DataConfig(**DATA | {"length": 500}).no_memory_loss == pytest.approx(10 * log(8) / 520)


def test_parts_and_steps_are_drawn_apart_and_always_alike():
    memory, again = task(), task()
    first = memory.train_batch(0)
    drawn = [memory.data.draw((0, part, 0), 4) for part in (TRAIN, VALIDATION, TEST)] + [memory.train_batch(1)]
    assert len({batch.inputs.tobytes() for batch in drawn}) == 4
    np.testing.assert_array_equal(again.train_batch(0).inputs, first.inputs)
    assert not np.array_equal(task(seed=1).train_batch(0).inputs, first.inputs)


def test_copying_counts_every_step_in_the_loss_and_the_symbols_in_the_accuracy():
    memory = task()
    params = jax.tree.map(jnp.zeros_like, memory.initial_params)
    bias = params["network"]["output"]["bias"].reshape(32, 9)
    # The network says blank until the recall, then 3, with a probability of e^2 to 1 for each other symbol.
    bias = bias.at[:22, 8].set(50.0).at[22:, 3].set(2.0)
    params["network"]["output"]["bias"] = bias.reshape(-1)
    symbols = memory.data.draw((0, VALIDATION, 0), 300).inputs[:, :10]  # more than are tested at once
    hit = np.mean(symbols == 3)
    expected = 10 / 32 * (log(np.exp(2) + 8) - 2 * hit)
    measures = memory.validate(params)
    assert measures["accuracy"] == pytest.approx(hit)
    assert measures["loss"] == pytest.approx(expected, rel=1e-5)


def test_adding_is_measured_by_the_squared_error():
    memory = task(data_problem="adding", data_validation_rows=100)
    params = jax.tree.map(jnp.zeros_like, memory.initial_params)
    params["network"]["output"]["bias"] += 0.5
    targets = memory.data.draw((0, VALIDATION, 0), 100).targets
    assert memory.validate(params)["loss"] == pytest.approx(np.mean((targets - 0.5) ** 2), rel=1e-5)
    assert float(memory.loss(params, memory.train_batch(3), None)) == pytest.approx(
        np.mean((memory.train_batch(3).targets - 0.5) ** 2), rel=1e-5
    )
