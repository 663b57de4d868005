"""Each kind of noise in a recurrent layer against its definition."""

import jax
import jax.numpy as jnp
import numpy as np
import numpy_oracle
import pytest
from flax import nnx
from layer_zoo import D, H
from random_modules import normal, random_module

from seqjax.layers import GRU, LSTM, RNN, FeedForward, MinGRU, Noise
from seqjax.recurrence import GRUCell
from tests.marks import slow_but

B, T = 3, 7
X = normal((B, T, D), seed=1)
KEY = jax.random.key(5)


def close(a, b):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), a, b)


NOISE = ["weight_dropout", "zoneout", "dropout", "input_dropout", "recurrent_dropout"]


@pytest.mark.parametrize("option", slow_but(2, NOISE))
def test_noise_needs_a_key_and_is_a_function_of_it(option):
    options = {"dropout": 0.5} if option == "dropout" else {"noise": Noise(**{option: 0.5})}
    layer = random_module(lambda: RNN(D, H, num_layers=2, **options, rngs=nnx.Rngs(0)))
    plain = random_module(lambda: RNN(D, H, num_layers=2, rngs=nnx.Rngs(0)))

    @jax.jit
    def run(key):
        return [call(X)[0] for call in (plain, layer)] + [layer(X, key=key, train=t)[0] for t in (None, True, False)]

    (without, silent, noisy, trained, evaluated), (_, _, same, *_), (_, _, other, *_) = (
        jax.device_get(run(key)) for key in (KEY, KEY, jax.random.key(6))
    )
    np.testing.assert_array_equal(noisy, same)
    assert np.abs(noisy - other).max() > 1e-3
    np.testing.assert_array_equal(evaluated, silent)
    np.testing.assert_array_equal(trained, noisy)
    if option != "zoneout":  # without a key it averages at its rate
        np.testing.assert_array_equal(silent, without)
    with pytest.raises(ValueError, match=rf"key must be given, not None, with train=True and .*'{option}'"):
        layer(X, train=True)


def test_dropout_between_layers_leaves_the_last_layer_alone():
    layer = random_module(lambda: LSTM(D, H, dropout=0.5, rngs=nnx.Rngs(0)))
    np.testing.assert_array_equal(*jax.jit(lambda key: [layer(X, key=each)[0] for each in (key, None)])(KEY))


def test_input_dropout_drops_the_same_features_at_all_steps_of_a_row():
    layer = random_module(lambda: MinGRU(D, H, noise=Noise(input_dropout=0.5), rngs=nnx.Rngs(0)))
    d_x = jax.jit(jax.grad(lambda x: jnp.sum(layer(x, key=KEY)[0] ** 2)))(np.tile(X, (20, 1, 1)))
    dropped = np.asarray(d_x) == 0
    np.testing.assert_array_equal(dropped.all(axis=1), dropped.any(axis=1))
    assert 0.3 < dropped.mean() < 0.7


@pytest.mark.parametrize("kind", slow_but(1, [LSTM, RNN, GRU]))
def test_recurrent_dropout_drops_the_same_units_of_h_at_all_steps(kind):
    layer = random_module(lambda: kind(D, H, noise=Noise(recurrent_dropout=0.5), rngs=nnx.Rngs(0)))
    graph, state = nnx.split(layer)

    @jax.jit
    def run(state, x):
        def total(state):
            return jnp.sum(nnx.merge(graph, state)(x, key=KEY)[0] ** 2)

        keep = jax.random.bernoulli(jax.random.split(jax.random.fold_in(KEY, 1), 4)[1], 0.5, (1, H))
        return jax.grad(total)(state).forward[0].w_h[...], keep[0]

    # Row k of dL/dW_h is a sum over steps of h_k times a gradient: 0 only if unit k is dropped at every step.
    d_w_h, keep = jax.device_get(run(state, np.asarray(X)[:1]))
    np.testing.assert_array_equal(np.all(d_w_h == 0, axis=1), ~keep)
    assert 0 < keep.sum() < H


def test_recurrent_dropout_does_not_drop_the_h_that_a_gru_keeps():
    cell = GRUCell()
    drawn = jax.eval_shape(lambda key: cell.init(key, D, H), KEY)
    params = jax.tree.map(lambda leaf: np.asarray(normal(leaf.shape)), drawn)
    params = params._replace(b=np.repeat(np.array([0.0, 100.0, 0.0], np.float32), H))
    carry, params = jax.device_put((cell.Carry(np.ones((1, H), np.float32)), params))
    new, _ = jax.jit(lambda x: cell.recur(params, carry, cell.project(params, x), recurrent_mask=jnp.zeros((1, H))))(
        np.asarray(X)[:1, 0]
    )
    close(new, carry)


def test_weight_dropout_drops_entries_of_w_h_for_all_rows_and_steps():
    layer = random_module(lambda: RNN(D, H, noise=Noise(weight_dropout=0.5), rngs=nnx.Rngs(0)))
    graph, state = nnx.split(layer)

    def total(state):
        y = nnx.merge(graph, state)(X, key=KEY)[0]
        return jnp.sum(y**2), y

    gradient, y = jax.jit(jax.grad(total, has_aux=True))(state)
    dropped = np.asarray(gradient.forward[0].w_h[...]) == 0
    assert 0.2 < dropped.mean() < 0.8
    params = {name: np.asarray(leaf, np.float64) for name, leaf in layer.forward[0].as_tuple()._asdict().items()}
    params["w_h"] = np.where(dropped, 0, 2 * params["w_h"])
    _, expected = numpy_oracle.run(numpy_oracle.elman_step, params, {"h": np.zeros((B, H))}, np.asarray(X, np.float64))
    close(y, expected)


def test_zoneout_keeps_units_unchanged_at_its_rate():
    layer = random_module(lambda: LSTM(D, 50, noise=Noise(zoneout=(0.5, 0.1)), rngs=nnx.Rngs(0)))
    x = normal((40, 1, D))
    run = jax.jit(lambda carry, key: layer(x, carry=carry, key=key)[1])
    (start,) = run(None, None)
    (end,) = run((start,), KEY)
    for field, rate in (("c", 0.5), ("h", 0.1)):
        kept = (np.asarray(getattr(end, field)) == np.asarray(getattr(start, field))).mean()
        assert abs(kept - rate) < 0.05


def test_zoneout_without_a_key_averages_at_its_rate():
    plain, layer = (
        random_module(lambda: GRU(D, H, rngs=nnx.Rngs(0))),
        random_module(lambda: GRU(D, H, noise=Noise(zoneout=0.25), rngs=nnx.Rngs(0))),
    )
    start = (GRUCell.Carry(jax.device_put(np.ones((B, H), np.float32))),)
    run = jax.jit(lambda x: [each(x, carry=start) for each in (layer, plain)])
    (y, (end,)), (_, (new,)) = jax.device_get(run(np.asarray(X)[:, :1]))
    close(end.h, 0.25 * 1 + 0.75 * new.h)
    close(y[:, 0], end.h)


@pytest.mark.usefixtures("unchecked")
def test_train_and_eval_decide_about_calls_that_do_not():
    layer = random_module(lambda: RNN(D, H, num_layers=2, dropout=0.5, rngs=nnx.Rngs(0)))

    def run(layer, **options):
        """The outputs, as a program of its own each time: the mode is read while it is traced."""
        return np.asarray(jax.jit(lambda x: layer(x, **options)[0])(X))

    silent, noisy = run(layer), run(layer, key=KEY)
    assert np.abs(silent - noisy).max() > 1e-3
    layer.train()
    with pytest.raises(ValueError, match=r"key must be given, not None, with train\(\) and .*0\.5.*eval\(\) turns"):
        layer(X)
    np.testing.assert_array_equal(run(layer, key=KEY), noisy)
    np.testing.assert_array_equal(run(layer, train=False), silent)
    jax.eval_shape(lambda x: layer.step(None, x), np.asarray(X)[:, 0])  # without noise in every mode
    layer.eval()
    np.testing.assert_array_equal(run(layer), silent)
    np.testing.assert_array_equal(run(layer, key=KEY), silent)
    np.testing.assert_array_equal(run(layer, key=KEY, train=True), noisy)
    again = nnx.view(layer, deterministic=False)
    np.testing.assert_array_equal(run(again, key=KEY), noisy)
    np.testing.assert_array_equal(run(layer, key=KEY), silent)
    plain = random_module(lambda: RNN(D, H, rngs=nnx.Rngs(0)))
    plain.train()
    jax.eval_shape(plain, X)  # there is no noise to miss


def test_a_net_of_the_users_heeds_train_and_eval():
    class Net(nnx.Module):
        def __init__(self, rngs):
            self.layer = RNN(D, H, noise=Noise(input_dropout=0.5), rngs=rngs)
            self.head = FeedForward(H, H, 1, dropout=0.5, rngs=rngs)

        def __call__(self, x, key=None):
            return self.head(self.layer(x, key=key)[0], key=key)

    net = random_module(lambda: Net(nnx.Rngs(0)))

    def run(key=None):
        return np.asarray(jax.jit(lambda x: net(x, key))(X))

    silent = run()
    net.train()
    with pytest.raises(ValueError, match="key must be given"):
        net(X)
    assert np.abs(run(KEY) - silent).max() > 0
    net.eval()
    np.testing.assert_array_equal(run(KEY), silent)
