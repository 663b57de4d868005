"""Readouts: which inputs each output depends on, and the initial parameters of the literature."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

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
    x = jnp.asarray(np.random.default_rng(0).normal(size=(7, 3)), jnp.float32)
    jacobian = jax.jit(jax.jacobian(lambda x: nnx.merge(graph, params)(x[None])[0]))(x)  # [N, out, T, D]
    assert jacobian.shape[1] == 5
    return np.any(jacobian != 0, axis=(1, 3))


def test_recurrent_readout_depends_on_the_past_alone():
    np.testing.assert_array_equal(dependencies(recurrent(last=4)), np.tri(7, dtype=bool)[-4:])


def test_norm_makes_the_readout_independent_of_the_scale_of_outputs():
    model = recurrent(norm=True)
    y = jnp.asarray(np.random.default_rng(0).normal(size=(2, 6)), jnp.float32)
    np.testing.assert_allclose(model.readout(5 * y), model.readout(y), rtol=1e-3, atol=1e-4)
    plain = recurrent()
    assert not np.allclose(plain.readout(5 * y), plain.readout(y), atol=0.1)


def test_feed_forward_readout_depends_on_every_input():
    model = FeedForwardReadout(3, 5, time=7, last=2, hidden_features=50, num_layers=1, rngs=nnx.Rngs(0))
    depends = dependencies(model)
    assert depends.all()
    assert depends.shape == (2, 7)


def test_identity_init_adds_up_its_inputs():
    """Le, Jaitly & Hinton 2015: before training, h is the sum of the inputs' contributions after ReLU."""
    model = recurrent(activation="relu", recurrent_init="identity", input_init_std=0.001, hidden_features=200)
    (params,) = model.layer.forward
    np.testing.assert_array_equal(params.w_h[...], np.eye(200))
    assert float(params.w_x[...].std()) == pytest.approx(0.001, rel=0.1)
    y, _ = jax.jit(lambda x: model.layer(x))(jnp.ones((1, 7, 3)))
    np.testing.assert_allclose(y[0, -1], 7 * np.maximum(np.asarray(params.w_x[...]).sum(axis=0), 0), rtol=1e-4)


def test_initial_forget_gates_of_an_lstm():
    (plain,) = recurrent(cell="lstm", forget_bias=2.5).layer.forward
    np.testing.assert_array_equal(plain.b[...], np.repeat([0, 2.5, 0, 0], 6))
    (chrono,) = recurrent(cell="lstm", chrono=100.0).layer.forward
    i, f, _, _ = np.split(np.asarray(chrono.b[...]), 4)
    np.testing.assert_array_equal(i, -f)
    assert (f >= 0).all()
    assert (f <= np.log(99)).all()
