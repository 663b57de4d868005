"""Bad arguments raise at trace time, with a message that names the argument, its value and the valid values."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.layers import GRU, LSTM, RNN, Attention, FeedForward, MinGRU, Noise, Recurrent
from seqjax.recurrence import LSTMCell, Plan

pytestmark = pytest.mark.usefixtures("unchecked")

LAYERS = [RNN, LSTM, GRU]


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"in_features": 0}, "in_features must be at least 1, not 0"),
        ({"hidden_features": -3}, "hidden_features must be at least 1, not -3"),
        ({"num_layers": 0}, "num_layers must be at least 1, not 0"),
        ({"out_features": 0}, "out_features must be at least 1, not 0"),
        ({"dropout": 1.5}, r"dropout must be at least 0 and below 1, not 1\.5"),
        ({"dropout": -0.1}, r"dropout must be at least 0 and below 1, not -0\.1"),
        ({"noise": Noise(zoneout=(0.1, 0.2, 0.3))}, r"zoneout must be one rate, or one for each of \(.*\), not \(0\.1"),
        ({"merge": "mul"}, "merge must be 'concat' or 'sum', not 'mul'"),
        ({"bidirectional": True, "reverse": True}, "reverse must be False with bidirectional=True"),
        ({"plan": Plan(backend="associative")}, "plan must not have backend='associative' for .*Cell"),
    ],
)
def test_layers_refuse_bad_sizes_and_rates(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        kind(**({"in_features": 2, "hidden_features": 3} | arguments), rngs=nnx.Rngs(0))


@pytest.mark.parametrize(
    ("kind", "options", "error", "message"),
    [
        (LSTM, {"hidden_features": 2.5}, TypeError, r"hidden_features must be an int, not 2\.5"),
        (LSTM, {"num_layers": True}, TypeError, "num_layers must be an int, not True"),
        (LSTM, {"proj_features": 0}, ValueError, "proj_features must be at least 1, not 0"),
        (LSTM, {"chrono": 1.0}, ValueError, r"chrono must be above 2 steps, not 1\.0"),
        (LSTM, {"chrono": 9.0, "bias": False}, ValueError, "bias must be True with chrono"),
        (GRU, {"proj_features": 2}, TypeError, "proj_features"),
        (GRU, {"rngs": 0}, TypeError, r"rngs must be flax.nnx.Rngs with a stream 'params' or a default.*, not 0"),
        (LSTM, {"rngs": jax.random.key(0)}, TypeError, "rngs must be flax.nnx.Rngs"),
        (RNN, {"rngs": nnx.Rngs(dropout=0)}, TypeError, "rngs must be flax.nnx.Rngs with a stream 'params'"),
        (FeedForward, {"out_features": 1, "rngs": None}, TypeError, "rngs must be flax.nnx.Rngs"),
        (LSTM, {"plan": "autodiff"}, TypeError, r"plan must be a Plan, as Plan\(backend=.*, not 'autodiff'"),
        (LSTM, {"noise": 0.3}, TypeError, r"noise must be a Noise, as Noise\(.*, not 0\.3"),
        (LSTM, {"dtypes": jnp.bfloat16}, TypeError, r"dtypes must be a Dtypes, as Dtypes\(.*, not "),
        (LSTM, {"dropout": "0.1"}, TypeError, "dropout must be a number, not '0.1'"),
        (RNN, {"activation": "tanh"}, TypeError, "activation must be a function, as jnp.tanh is, not 'tanh'"),
        (
            MinGRU,
            {"noise": Noise(recurrent_dropout=0.1)},
            ValueError,
            r"recurrent_dropout must be 0, not 0\.1, for a cell without w_h",
        ),
        (
            MinGRU,
            {"noise": Noise(weight_dropout=0.1)},
            ValueError,
            r"weight_dropout must be 0, not 0\.1, for a cell without w_h",
        ),
        (
            MinGRU,
            {"plan": Plan(backend="associative"), "noise": Noise(zoneout=0.1)},
            ValueError,
            "zoneout must be 0, not 0.1, with backend='associative'",
        ),
        (FeedForward, {"out_features": 0}, ValueError, "out_features must be at least 1, not 0"),
        (FeedForward, {"out_features": 1, "num_layers": -1}, ValueError, "num_layers must be at least 0, not -1"),
        (FeedForward, {"out_features": 1, "dropout": 1.0}, ValueError, "dropout must be at least 0 and below 1"),
    ],
)
def test_layers_refuse_bad_options(kind, options, error, message):
    with pytest.raises(error, match=message):
        kind(**({"in_features": 2, "hidden_features": 3, "rngs": nnx.Rngs(0)} | options))


def test_recurrent_refuses_what_is_no_cell():
    with pytest.raises(TypeError, match="cell must have Params, Carry, init and step"):
        Recurrent("lstm", 2, 3, rngs=nnx.Rngs(0))


@pytest.mark.parametrize("rate", [1.0, 1.5, -0.1])
@pytest.mark.parametrize("name", ["input_dropout", "recurrent_dropout", "weight_dropout", "zoneout"])
def test_noise_refuses_bad_rates(name, rate):
    with pytest.raises(ValueError, match=f"{name} must be at least 0 and below 1, not {rate}"):
        Noise(**{name: rate})


@pytest.fixture(params=LAYERS, scope="module")
def layer(request):
    return random_module(lambda: request.param(2, 3, num_layers=2, rngs=nnx.Rngs(0)))


X = jnp.asarray(np.ones((4, 5, 2), np.float32))


@pytest.mark.parametrize(
    ("x", "arguments", "error", "message"),
    [
        (X[0], {}, ValueError, r"x must have shape \[B, T, 2\], not \[5, 2\]"),
        (jnp.ones((4, 5, 3)), {}, ValueError, r"x must have shape \[B, T, 2\], not \[4, 5, 3\]"),
        (X[None], {}, ValueError, r"x must have shape \[B, T, 2\], not \[1, 4, 5, 2\]"),
        ([[[1.0, 2.0]]], {}, TypeError, "x must be an array, not a list; jnp.asarray makes one"),
        (X, {"mask": [[True] * 5] * 4}, TypeError, "mask must be an array, not a list"),
        (X, {"reset": True}, TypeError, "reset must be an array, not a bool"),
        (X, {"mask": jnp.ones((1, 5), bool)}, ValueError, r"mask must have the shape \[4, 5\].*not \[1, 5\]"),
        (X, {"carry": []}, TypeError, "carry must have the structure"),
        (X, {"key": jax.random.split(jax.random.key(0), 4)}, ValueError, r"key must be one key, not.* \[4\]"),
        (X.astype(int), {}, TypeError, "x must be of a floating type, not int32"),
        (X, {"mask": jnp.ones((5, 4), bool)}, ValueError, r"mask must have the shape \[4, 5\].*not \[5, 4\]"),
        (X, {"mask": jnp.ones((4, 5))}, TypeError, "mask must be of type bool, not float32"),
        (X, {"reset": jnp.ones((4, 6), bool)}, ValueError, r"reset must have the shape \[4, 5\].*not \[4, 6\]"),
        (X, {"reset": jnp.ones((4, 5), int)}, TypeError, "reset must be of type bool, not int32"),
        (
            X,
            {"carry": (LSTMCell.Carry(X[:, 0], X[:, 0]),)},
            TypeError,
            "carry must have the structure",
        ),
        (X, {"carry": X[:, 0]}, TypeError, "carry must have the structure"),
        (X, {"key": jnp.zeros(2, jnp.uint32)}, TypeError, "key must be a typed key"),
        (X, {"key": 3}, TypeError, "key must be a typed key, as jax.random.key.0. makes, not 3"),
    ],
)
def test_call_refuses_bad_inputs_while_tracing(layer, x, arguments, error, message):
    with pytest.raises(error, match=message):
        jax.eval_shape(lambda: layer(x, **arguments))


def test_call_refuses_numbers_in_place_of_a_carry(layer):
    carry = jax.tree.map(lambda leaf: 0.0, layer.initial_carry(4))
    with pytest.raises(TypeError, match="carry must be an array, not a float"):
        layer(X, carry=carry)


def test_step_refuses_a_sequence(layer):
    with pytest.raises(ValueError, match=r"x must have shape \[B, 2\], one step, not \[4, 5, 2\]"):
        layer.step(None, X)


def test_call_takes_arrays_of_numpy_in_double_precision(layer, recwarn):
    y, _ = layer(np.ones((4, 5, 2)))
    np.testing.assert_array_equal(y, layer(X)[0])
    assert y.dtype == jnp.float32
    assert not recwarn.list


@pytest.mark.parametrize(
    ("values", "mask", "query", "message"),
    [
        (
            np.ones((4, 5, 1), np.float32),
            jnp.ones((4, 5), bool),
            X,
            r"values must have shape \[B, S, 2\], not \[4, 5, 1\]",
        ),
        (X, jnp.ones((1, 5), bool), X, r"mask must have the shape \[4, 5\]"),
        (X, jnp.ones((4, 5), bool), X[:, 0], r"query must have shape \[4, Q, 2\], not \[4, 2\]"),
        (X, jnp.ones((4, 5), bool), X[:1], r"query must have shape \[4, Q, 2\], not \[1, 5, 2\]"),
    ],
)
def test_attention_refuses_other_shapes(values, mask, query, message):
    layer = random_module(lambda: Attention(2, 2, rngs=nnx.Rngs(0)))
    with pytest.raises(ValueError, match=message):
        layer(query, layer.project(values, mask))


def test_call_refuses_the_carry_of_another_batch(layer):
    carry = layer.initial_carry(3)
    with pytest.raises(ValueError, match=r"carry must have the shapes .*\[4, 3\].*, not .*\[3, 3\]"):
        layer(X, carry=carry)


def test_call_refuses_a_missing_key_in_training_with_dropout():
    layer = random_module(lambda: LSTM(2, 3, num_layers=2, dropout=0.1, rngs=nnx.Rngs(0)))
    with pytest.raises(ValueError, match=r"key must be given, not None, with train=True and \{'dropout': 0\.1\}"):
        jax.eval_shape(lambda x: layer(x, train=True), X)
