"""Readouts: which inputs each output depends on, and the initial parameters of the literature."""

import jax
import numpy as np
import pytest
from flax import nnx
from random_modules import normal, random_module

from seqjax.models.readout import FeedForwardReadout, RecurrentReadout

OPTIONS = {
    "activation": "tanh",
    "recurrent_init": "orthogonal",
    "input_init_std": 0.0,
    "forget_bias": 1.0,
    "chrono": 0.0,
    "norm": False,
}


def recurrent(last: int = 7, hidden_features: int = 6, **options: object) -> RecurrentReadout:
    sizes = {"last": last, "hidden_features": hidden_features, "num_layers": 1}
    return RecurrentReadout(3, 5, **sizes, **(OPTIONS | {"cell": "elman"} | options), rngs=nnx.Rngs(0))


def dependencies(model: nnx.Module) -> np.ndarray:
    """True where an output depends on one of seven inputs, ``[N, T]``."""
    graph, params = nnx.split(model)
    program = jax.jit(jax.jacobian(lambda x: nnx.merge(graph, params)(x[None])[0]))
    jacobian = np.asarray(program(normal((7, 3))))  # [N, out, T, D]
    assert jacobian.shape[1] == 5
    return np.any(jacobian != 0, axis=(1, 3))


def test_recurrent_readout_depends_on_the_past_alone():
    np.testing.assert_array_equal(dependencies(random_module(lambda: recurrent(last=4))), np.tri(7, dtype=bool)[-4:])


def test_norm_makes_the_readout_independent_of_the_scale_of_outputs():
    model, plain = (random_module(lambda norm=norm: recurrent(norm=norm)) for norm in (True, False))
    run = jax.jit(lambda y: [[each.readout(5 * y), each.readout(y)] for each in (model, plain)])
    normalised, plain_outputs = run(normal((2, 6)))
    np.testing.assert_allclose(*normalised, rtol=1e-3, atol=1e-4)
    assert not np.allclose(*plain_outputs, atol=0.1)


def test_feed_forward_readout_depends_on_every_input():
    model = random_module(
        lambda: FeedForwardReadout(3, 5, time=7, last=2, hidden_features=50, num_layers=1, rngs=nnx.Rngs(0))
    )
    depends = dependencies(model)
    assert depends.all()
    assert depends.shape == (2, 7)


def test_identity_init_adds_up_its_inputs():
    """Le, Jaitly & Hinton 2015: before training, h is the sum of the inputs' contributions after ReLU."""

    @jax.jit
    def run(x):
        model = recurrent(activation="relu", recurrent_init="identity", input_init_std=0.001, hidden_features=200)
        (params,) = model.layer.forward
        return params.w_h[...], params.w_x[...], model.layer(x)[0]

    w_h, w_x, y = jax.device_get(run(np.ones((1, 7, 3), np.float32)))
    np.testing.assert_array_equal(w_h, np.eye(200))
    assert float(w_x.std()) == pytest.approx(0.001, rel=0.1)
    np.testing.assert_allclose(y[0, -1], 7 * np.maximum(w_x.sum(axis=0), 0), rtol=1e-4)


def test_initial_forget_gates_of_an_lstm():
    @jax.jit
    def biases():
        """Of the other parameters none is drawn."""
        models = recurrent(cell="lstm", forget_bias=2.5), recurrent(cell="lstm", chrono=100.0)
        return [model.layer.forward[0].b[...] for model in models]

    plain, chrono = jax.device_get(biases())
    np.testing.assert_array_equal(plain, np.repeat([0, 2.5, 0, 0], 6))
    i, f, _, _ = np.split(chrono, 4)
    np.testing.assert_array_equal(i, -f)
    assert (f >= 0).all()
    assert (f <= np.log(99)).all()
