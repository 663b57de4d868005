"""The long-range task: its keys, its data and its measures."""

from math import log
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

from experiments.registry import build_task
from experiments.tasks.long_range.data import DataConfig
from experiments.tasks.long_range.task import PLOTTED, TEST, TRAIN, VALIDATION, LongRange
from seqjax.errors import InputError

DATA = {"problem": "copying", "length": 12, "batch_size": 4, "validation_rows": 300, "test_rows": 7}
MODEL = {
    "kind": "mlp",
    "cell": "lstm",
    "hidden_features": 3,
    "num_layers": 1,
    "activation": "tanh",
    "recurrent_init": "orthogonal",
    "input_init_std": 0.0,
    "forget_bias": 1.0,
    "chrono": 0.0,
    "norm": False,
}


def make_task(**keys: object) -> LongRange:
    """A task with some keys, given as ``group_key``, changed."""
    groups: dict[str, Any] = {"data": dict(DATA), "model": dict(MODEL), "seed": 0, "task": "long_range"}
    for name, value in keys.items():
        group, _, key = name.partition("_")
        if key:
            groups[group][key] = value
        else:
            groups[group] = value
    return build_task(ConfigDict(groups))


def zeros(task: LongRange) -> Any:
    """Parameters of zeros."""
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, np.float32), task.initial_params)


@pytest.mark.parametrize("problem", ["adding", "copying"])
def test_validate_has_the_loss_first_since_it_decides(problem):
    task = make_task(data_problem=problem)
    assert next(iter(task.validate(task.initial_params))) == "loss"


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
        ({"model_recurrent_init": "identical"}, "'model.recurrent_init' is 'identical'.*did you mean 'identity'"),
        ({"model_hidden_features": 0}, "'model.hidden_features' is 0"),
        ({"model_num_layers": 0}, "'model.num_layers' is 0"),
        ({"model_input_init_std": -1.0}, "'model.input_init_std' is -1.0, but must be at least 0"),
        ({"model_chrono": 2.0}, "'model.chrono' is 2.0, but must be 0 or above 2"),
    ],
)
def test_long_range_rejects_a_bad_value_in_one_sentence(keys, sentence):
    with pytest.raises(InputError, match=sentence):
        make_task(**keys)


def test_no_memory_loss_is_the_closed_form():
    assert DataConfig(**DATA | {"problem": "adding"}).no_memory_loss == pytest.approx(1 / 6)
    assert DataConfig(**DATA | {"length": 500}).no_memory_loss == pytest.approx(10 * log(8) / 520)


def test_train_batch_differs_from_other_parts_steps_and_seeds_and_is_always_the_same():
    task, again = make_task(), make_task()
    first = task.train_batch(0)
    batches = [task.data.generate((0, part, 0), 4) for part in (TRAIN, VALIDATION, TEST)] + [task.train_batch(1)]
    assert len({batch.inputs.tobytes() for batch in batches}) == 4
    np.testing.assert_array_equal(again.train_batch(0).inputs, first.inputs)
    assert not np.array_equal(make_task(seed=1).train_batch(0).inputs, first.inputs)


def test_copying_counts_every_step_in_the_loss_and_the_symbols_in_the_accuracy():
    task = make_task()
    params = zeros(task)
    bias = np.zeros((32, 9), np.float32)
    # The network predicts blanks until the recall, then 3, with a probability of e^2 to 1 for each other symbol.
    bias[:22, 8], bias[22:, 3] = 50, 2
    params["network"]["output"]["bias"] = bias.reshape(-1)
    symbols = task.data.generate((0, VALIDATION, 0), 300).inputs[:, :10]  # more than one batch
    hit = np.mean(symbols == 3)
    expected = 10 / 32 * (log(np.exp(2) + 8) - 2 * hit)
    measures = task.validate(params)
    assert measures["accuracy"] == pytest.approx(hit)
    assert measures["loss"] == pytest.approx(expected, rel=1e-5)


def test_adding_is_measured_by_the_squared_error():
    task = make_task(data_problem="adding", data_validation_rows=100)
    params = zeros(task)
    params["network"]["output"]["bias"] += np.float32(0.5)
    targets = task.data.generate((0, VALIDATION, 0), 100).targets
    assert task.validate(params)["loss"] == pytest.approx(np.mean((targets - 0.5) ** 2), rel=1e-5)
    batch = task.train_batch(3)
    summed, count, carry = jax.jit(lambda params, batch: task.loss_sums(params, None, batch, None))(params, batch)
    assert float(summed) == pytest.approx(np.sum((batch.targets - 0.5) ** 2), rel=1e-5)
    assert (float(count), carry) == (4, None)


def test_test_compares_the_loss_with_that_without_memory():
    task = make_task(data_problem="adding", data_test_rows=100)
    params = zeros(task)
    params["network"]["output"]["bias"] += np.float32(1)
    loss = np.mean((task.data.generate((0, TEST, 0), 100).targets - 1) ** 2)
    result = task.test(params)
    assert result.table["model"] == pytest.approx(
        {"loss": loss, "loss_over_no_memory": 6 * loss, "solved": 0, "length": 12, "parameters": 24 * 3 + 3 + 3 + 1},
        rel=1e-5,
    )
    assert result.flat()["no_memory_loss"] == pytest.approx(1 / 6)
    assert result.plots == {}, "a feed-forward network has no gradient through time"


def test_plot_gradient_flow_has_the_norms_and_gates_before_and_after_training(tmp_path, monkeypatch):
    """A forget bias of 50 makes the gates 1; the first norm is the gradient with respect to c before the last step."""
    drawn: dict[str, Any] = {}
    monkeypatch.setattr(
        "experiments.tasks.long_range.task.plot_gradient_flow",
        lambda path, norms, gates: drawn.update(norms=norms, gates=gates),
    )
    task = make_task(data_problem="adding", data_length=4, model_kind="recurrent", model_forget_bias=50.0)
    trained = zeros(task)  # its gates are sigmoid(0)
    task.test(trained).plots["gradient_flow.png"](tmp_path / "flow.png")
    labels = [f"{field}, {time} training" for time in ("before", "after") for field in ("c", "h")]
    assert sorted(drawn["norms"]) == sorted(labels)
    assert {norm.shape for norm in drawn["norms"].values()} == {(4,)}
    np.testing.assert_allclose(drawn["gates"]["before training"], np.ones((4, 3)), rtol=1e-6)
    np.testing.assert_allclose(drawn["gates"]["after training"], np.full((4, 3), 0.5), rtol=1e-6)
    assert (drawn["norms"]["c, after training"] == 0).all(), "the readout is zero"

    batch = task.data.generate((0, TEST, 0), PLOTTED)
    model = task._apply(task.initial_params)

    def loss(nudge):
        _, (carry,) = model.layer(jnp.asarray(batch.inputs[:, :3]))
        _, y = model.layer.step((carry._replace(c=carry.c + nudge),), jnp.asarray(batch.inputs[:, 3]))
        return jnp.sum((model.readout(y)[:, 0] - batch.targets[:, 0]) ** 2)

    gradient = jax.jit(jax.grad(loss))(jnp.zeros((PLOTTED, 3)))
    expected = np.mean(np.linalg.norm(gradient, axis=-1))
    np.testing.assert_allclose(drawn["norms"]["c, before training"][0], expected, rtol=1e-4)
