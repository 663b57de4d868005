"""Forecasters: parity with NumPy loops, order of quantiles, dependence on inputs, dropout, learning."""

from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from forecaster_oracle import SIZES, check_parity, make, untrained, windows
from random_modules import random_module

from seqjax.models.forecaster import RecurrentForecaster, Sizes, ascending, seasonal
from seqjax.models.segment_forecaster import SegmentForecaster
from tests.marks import slow_but

KINDS = slow_but(4, ["mlp", "lstm", "segment", "seq2seq", "elman", "gru"])


class Results(NamedTuple):
    """Forecasts without a key and with keys 1, 1 and 2, and the gradients of the first row without a key."""

    quiet: jax.Array
    noisy: list[jax.Array]
    to_inputs: jax.Array
    to_known: jax.Array


@cache
def results(kind: str) -> Results:
    model = make(kind, dropout=0.5)

    @jax.jit
    def run(inputs, known, key):
        def first_row(inputs, known):
            forecast = model(inputs, known)
            return jnp.sum(forecast[0]), forecast

        gradients, quiet = jax.grad(first_row, argnums=(0, 1), has_aux=True)(inputs, known)
        return quiet, gradients, model(inputs, known, key=key)

    runs = [jax.device_get(run(*windows(), jax.random.key(seed))) for seed in (1, 1, 2)]
    quiet, gradients, _ = runs[0]
    return Results(quiet, [noisy for *_, noisy in runs], *gradients)


@pytest.mark.parametrize("kind", KINDS)
def test_quantiles_ascend_and_depend_on_every_input_of_their_row_alone(kind):
    got = results(kind)
    assert got.quiet.shape == (3, 4, 2, 3)
    assert np.all(np.diff(got.quiet, axis=-1) > 0)
    for gradient in (got.to_inputs, got.to_known):
        assert np.all(np.any(gradient[0] != 0, axis=-1))
        assert not np.any(gradient[1:])


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_random_with_a_key_alone(kind):
    got = results(kind)
    one, same, other = got.noisy
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, got.quiet)


@pytest.mark.parametrize("kind", KINDS)
def test_point_forecast_has_one_quantile_and_needs_no_known_covariates(kind):
    sizes = SIZES._replace(known_features=0, quantiles=1)
    model = make(kind, sizes)
    assert jax.eval_shape(model, *windows(sizes=sizes)).shape == (3, 4, 2, 1)
    # A checkpoint cannot hold an array without entries.
    assert all(leaf.size for leaf in jax.tree.leaves(nnx.state(model, nnx.Param)))


@pytest.mark.parametrize(
    ("kind", "sizes", "head"),
    [
        (
            "mlp",
            SIZES,
            {"seasons": (3, 1), "linear_rows": 5},
        ),  # a season shorter than the horizon
        ("lstm", SIZES, {"seasons": (8, 1), "linear_rows": 8}),
        ("gru", SIZES._replace(known_features=0, quantiles=1), {"seasons": (), "linear_rows": 0}),
        ("elman", SIZES._replace(quantiles=1), {"seasons": (), "linear_rows": 3}),
    ],
)
def test_forecast_equals_a_numpy_loop(kind, sizes, head):
    check_parity(kind, sizes, **head)


def test_untrained_head_without_output_is_the_seasonal_baseline():
    sizes = SIZES._replace(quantiles=1)

    @jax.jit
    def run(inputs, known):
        model, head = make("lstm", sizes), untrained("lstm", sizes).head  # no other parameters are drawn
        model.head.linear, model.head.output.bias = head.linear, head.output.bias
        model.head.output.kernel[...] = jnp.zeros_like(model.head.output.kernel[...])
        return model(inputs, known)[..., 0], seasonal(inputs[:, :, :2], 4, 4)

    np.testing.assert_array_equal(*run(*windows()))


def test_seasonal_baseline_repeats_a_short_season():
    series = jax.device_put(np.arange(6, dtype=np.float32)[None, :, None])
    np.testing.assert_array_equal(seasonal(series, 2, 5)[0, :, 0], [4, 5, 4, 5, 4])


def test_ascending_keeps_the_middle_and_orders_the_others():
    out = jax.jit(ascending)(np.array([[3.0, -2.0, 5.0, 0.0, -9.0]], np.float32))
    assert out[0, 2] == 5
    softplus = np.log1p(np.exp([3.0, -2.0, 0.0, -9.0]))
    np.testing.assert_allclose(
        out[0],
        [5 - softplus[1] - softplus[0], 5 - softplus[1], 5, 5 + softplus[2], 5 + softplus[2] + softplus[3]],
        1e-6,
    )


@pytest.mark.parametrize("kind", slow_but(1, ["lstm", "segment"]))
def test_training_learns_a_sine(kind):
    sizes = Sizes(lookback=8, horizon=4, in_features=1, known_features=0, targets=1, quantiles=1)
    phase = np.random.default_rng(0).uniform(0, 6, (64, 1, 1))
    wave = np.sin(phase + np.arange(12)[None, :, None] * 0.7).astype(np.float32)
    inputs, targets, known = jax.device_put((wave[:, :8], wave[:, 8:], np.zeros((64, 4, 0), np.float32)))
    head = {"seasons": (), "linear_rows": 0}
    options = {"hidden_features": 16, "num_layers": 1, "dropout": 0.0, "block": 2}
    model = random_module(
        lambda: (
            SegmentForecaster(sizes, **options, rngs=nnx.Rngs(0))
            if kind == "segment"
            else RecurrentForecaster(sizes, cell="lstm", **head, **options, rngs=nnx.Rngs(0))
        ),
        scale=0.3,
    )
    graph, params = nnx.split(model, nnx.Param)
    optimizer = optax.adam(1e-2)

    def loss(params):
        return jnp.mean((nnx.merge(graph, params)(inputs, known)[..., 0] - targets) ** 2)

    def step(carry, _):
        params, state = carry
        value, grads = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(grads, state, params)
        return (optax.apply_updates(params, updates), state), value

    with jax.numpy_dtype_promotion("standard"):  # Optax promotes types
        _, losses = jax.jit(lambda: jax.lax.scan(step, (params, optimizer.init(params)), length=300))()
    assert losses[-1] < 0.01 * losses[0]
