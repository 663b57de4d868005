"""Weights from and to Keras, compared with Keras' equations in NumPy, and with Keras itself if it is installed."""

import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.interop.keras import from_weights, to_weights
from seqjax.layers import GRU, LSTM, RNN, Noise

D, H = 3, 4
LAYERS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 5, D)).astype(np.float32)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def keras_step(kind, weights, h, c, x):
    """One step as keras/src/layers/rnn/{simple_rnn,lstm,gru}.py write it, with default arguments."""
    kernel, recurrent_kernel, *rest = weights
    bias = rest[0] if rest else np.zeros(kernel.shape[1])
    if kind == "rnn":
        return np.tanh(x @ kernel + bias + h @ recurrent_kernel), c
    if kind == "lstm":
        i, f, candidate, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
        return sigmoid(o) * np.tanh(c), c
    if bias.ndim == 2:  # reset_after
        x_z, x_r, x_h = np.split(x @ kernel + bias[0], 3, axis=-1)
        inner_z, inner_r, inner_h = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)
        z, r = sigmoid(x_z + inner_z), sigmoid(x_r + inner_r)
        candidate = np.tanh(x_h + r * inner_h)
    else:
        x_z, x_r, x_h = np.split(x @ kernel + bias, 3, axis=-1)
        z = sigmoid(x_z + h @ recurrent_kernel[:, :H])
        r = sigmoid(x_r + h @ recurrent_kernel[:, H : 2 * H])
        candidate = np.tanh(x_h + (r * h) @ recurrent_kernel[:, 2 * H :])
    return z * h + (1 - z) * candidate, c


def keras_layer(kind, weights, x):
    h = c = np.zeros((len(x), H))
    outputs = []
    for x_t in np.moveaxis(x, 1, 0):
        h, c = keras_step(kind, weights, h, c, x_t)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def random_weights(kind, width, *, bias=True, reset_after=True):
    gates = GATES[kind] * H
    shapes = [(width, gates), (H, gates)]
    if bias:
        shapes.append((2, gates) if kind == "gru" and reset_after else (gates,))
    return [RNG.normal(size=shape).astype(np.float32) for shape in shapes]


CASES = [("rnn", {}), ("rnn", {"bias": False}), ("lstm", {}), ("lstm", {"bias": False}), ("gru", {})]
CASES += [("gru", {"reset_after": False}), ("gru", {"reset_after": False, "bias": False})]


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_layer_with_keras_weights_computes_keras_equations(kind, options):
    weights = random_weights(kind, D, **options)
    layer = random_module(lambda: LAYERS[kind](D, H, **options, rngs=nnx.Rngs(0)))
    assert from_weights(layer, weights) is layer
    np.testing.assert_allclose(jax.jit(lambda x: layer(x)[0])(jnp.asarray(X)), keras_layer(kind, weights, X), atol=2e-6)
    back = to_weights(layer)
    assert [value.shape for value in back] == [value.shape for value in weights]
    np.testing.assert_allclose(keras_layer(kind, back, X), keras_layer(kind, weights, X), atol=2e-6)


@pytest.mark.parametrize("merge", ["concat", "sum"])
def test_stacked_and_bidirectional_weights_have_keras_order(merge):
    """A model's list: layer by layer, and in each the forward direction first."""
    join = (lambda *ys: np.concatenate(ys, axis=-1)) if merge == "concat" else np.add
    parts = [random_weights("gru", width) for width in (D, D, *[2 * H if merge == "concat" else H] * 2)]
    y = X
    for forward, backward in (parts[:2], parts[2:]):
        y = join(keras_layer("gru", forward, y), keras_layer("gru", backward, y[:, ::-1])[:, ::-1])
    layer = random_module(lambda: GRU(D, H, num_layers=2, bidirectional=True, merge=merge, rngs=nnx.Rngs(0)))
    from_weights(layer, [value for part in parts for value in part])
    np.testing.assert_allclose(jax.jit(lambda x: layer(x)[0])(jnp.asarray(X)), y, atol=5e-6)
    other = from_weights(
        random_module(lambda: GRU(D, H, num_layers=2, bidirectional=True, merge=merge, rngs=nnx.Rngs(1)), seed=1),
        to_weights(layer),
    )
    jax.tree.map(np.testing.assert_array_equal, nnx.state(other), nnx.state(layer))


def test_weights_that_do_not_fit_are_refused_and_change_nothing(unchecked):
    layer = random_module(lambda: GRU(D, H, rngs=nnx.Rngs(0)))
    before = to_weights(layer)
    with pytest.raises(ValueError, match="weights must be 3 arrays, kernel, recurrent_kernel, bias, not 2"):
        from_weights(layer, before[:2])
    with pytest.raises(ValueError, match=r"bias of cell 0 must have shape \(2, 12\), not \(12,\) .*reset_after=False"):
        from_weights(layer, random_weights("gru", D, reset_after=False))
    with pytest.raises(ValueError, match=r"kernel of cell 0 must have shape \(3, 12\), not \(3, 16\)"):
        from_weights(layer, random_weights("lstm", D))
    with pytest.raises(ValueError, match="must hold floating-point numbers, not int64"):
        from_weights(layer, [before[0].astype(np.int64), *before[1:]])
    with pytest.raises(TypeError, match="weights must be a list of arrays, as get_weights"):
        from_weights(layer, {"kernel": before[0]})
    jax.tree.map(np.testing.assert_array_equal, to_weights(layer), before)


@pytest.mark.parametrize(
    "options",
    [
        {"peepholes": True},
        {"proj_features": 2},
        {"reverse": True},
        {"num_layers": 2, "dropout": 0.1},
        {"num_layers": 2, "residual": True},
        {"noise": Noise(recurrent_dropout=0.1)},
        {"out_features": 4},
        {"learn_carry": True},
    ],
)
def test_options_that_keras_lacks_are_refused(options):
    layer = random_module(lambda: LSTM(D, H, **options, rngs=nnx.Rngs(0)))
    name = [*options][-1]
    for call in (lambda: to_weights(layer), lambda: from_weights(layer, [])):
        with pytest.raises(ValueError, match=f"Keras has no place for {name}"):
            call()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(("kind", "options"), CASES)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_keras_itself_computes_the_same(kind, options, bidirectional):
    os.environ.setdefault("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    names = {"bias": "use_bias"}
    theirs = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind]
    module = theirs(H, return_sequences=True, **{names.get(name, name): value for name, value in options.items()})
    module = keras.layers.Bidirectional(module) if bidirectional else module
    module(X)
    module.set_weights([RNG.normal(size=value.shape) for value in module.get_weights()])
    layer = random_module(lambda: LAYERS[kind](D, H, **options, bidirectional=bidirectional, rngs=nnx.Rngs(0)))
    from_weights(layer, module.get_weights())
    y = np.asarray(module(X))
    np.testing.assert_allclose(jax.jit(lambda x: layer(x)[0])(jnp.asarray(X)), y, atol=5e-6)
    module.set_weights(to_weights(layer))
    np.testing.assert_allclose(np.asarray(module(X)), y, atol=5e-6)
