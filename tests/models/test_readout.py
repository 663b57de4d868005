"""Readouts: what reaches what, and the starts that the literature asks for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from seqjax.models.readout import FeedForwardReadout, RecurrentReadout

pytestmark = pytest.mark.usefixtures("quick_compilation")

OPTIONS = {
    "activation": "tanh",
    "start": "orthogonal",
    "input_std": 0.0,
    "forget_bias": 1.0,
    "chrono": 0.0,
    "norm": False,
}


def recurrent(last: int = 7, hidden_features: int = 6, **options: object) -> RecurrentReadout:
    sizes = {"last": last, "hidden_features": hidden_features, "num_layers": 1}
    return RecurrentReadout(3, 5, **sizes, **(OPTIONS | {"cell": "elman"} | options), rngs=nnx.Rngs(0))


def reached(model: nnx.Module) -> np.ndarray:
    """Which of seven inputs each output depends on, ``[N, T]``."""
    graph, params = nnx.split(model)
    x = jnp.asarray(np.random.default_rng(0).normal(size=(7, 3)), jnp.float32)
    jacobian = jax.jit(jax.jacobian(lambda x: nnx.merge(graph, params)(x[None])[0]))(x)  # [N, out, T, D]
    assert jacobian.shape[1] == 5
    return np.any(jacobian != 0, axis=(1, 3))


def test_a_recurrent_readout_sees_the_past_alone():
    np.testing.assert_array_equal(reached(recurrent(last=4)), np.tri(7, dtype=bool)[-4:])


def test_a_norm_leaves_the_readout_blind_to_the_size_of_the_carry():
    model = recurrent(norm=True)
    y = jnp.asarray(np.random.default_rng(0).normal(size=(2, 6)), jnp.float32)
    np.testing.assert_allclose(model.readout(5 * y), model.readout(y), rtol=1e-3, atol=1e-4)
    plain = recurrent()
    assert not np.allclose(plain.readout(5 * y), plain.readout(y), atol=0.1)


def test_a_feed_forward_readout_sees_everything():
    model = FeedForwardReadout(3, 5, time=7, last=2, hidden_features=50, num_layers=1, rngs=nnx.Rngs(0))
    assert reached(model).all()
    assert reached(model).shape == (2, 7)


def test_the_identity_start_adds_up():
    """Le, Jaitly & Hinton 2015: before training, h is the sum of what ReLU let through, a little of it."""
    model = recurrent(activation="relu", start="identity", input_std=0.001, hidden_features=400)
    (params,) = model.layer.forward
    np.testing.assert_array_equal(params.w_h[...], np.eye(400))
    assert float(params.w_x[...].std()) == pytest.approx(0.001, rel=0.1)
    y, _ = model.layer(jnp.ones((1, 7, 3)))
    np.testing.assert_allclose(y[0, -1], 7 * np.maximum(np.asarray(params.w_x[...]).sum(axis=0), 0), rtol=1e-4)


def test_an_lstm_starts_with_the_forget_gates_asked_for():
    (plain,) = recurrent(cell="lstm", forget_bias=2.5).layer.forward
    np.testing.assert_array_equal(plain.b[...], np.repeat([0, 2.5, 0, 0], 6))
    (chrono,) = recurrent(cell="lstm", chrono=100.0).layer.forward
    i, f, _, _ = np.split(np.asarray(chrono.b[...]), 4)
    np.testing.assert_array_equal(i, -f)
    assert (f >= 0).all()
    assert (f <= np.log(99)).all()
