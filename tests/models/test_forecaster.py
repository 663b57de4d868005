"""Forecasters: shapes, order of quantiles, what reaches what, and a case that each can learn."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from seqjax.models.forecaster import MLPForecaster, RecurrentForecaster, SegmentForecaster, Sizes, rising, seasonal
from seqjax.models.seq2seq_forecaster import Seq2SeqForecaster
from tests.marks import slow_but

pytestmark = pytest.mark.usefixtures("quick_compilation")

SIZES = Sizes(lookback=8, horizon=4, in_features=5, known_features=3, targets=2, quantiles=3)


def make(kind: str, sizes: Sizes = SIZES, dropout: float = 0.0, own_values: float = 1.0) -> nnx.Module:
    options = {"hidden_features": 6, "num_layers": 1, "dropout": dropout, "rngs": nnx.Rngs(0)}
    head = {"seasons": (4, 1), "linear_rows": 8}
    if kind == "mlp":
        return MLPForecaster(sizes, **head, **options)
    if kind == "segment":
        return SegmentForecaster(sizes, block=2, **options)
    if kind == "seq2seq":
        return Seq2SeqForecaster(sizes, cell="gru", block=2, own_values=own_values, **head, **options)
    return RecurrentForecaster(sizes, cell=kind, block=2, **head, **options)


KINDS = slow_but(4, ["mlp", "lstm", "segment", "seq2seq", "elman", "gru"])


def windows(batch: int = 3, sizes: Sizes = SIZES, seed: int = 0) -> tuple[jax.Array, jax.Array]:
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(batch, sizes.lookback, sizes.in_features))
    known = rng.normal(size=(batch, sizes.horizon, sizes.known_features))
    return jnp.asarray(inputs, jnp.float32), jnp.asarray(known, jnp.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_quantiles_rise_and_every_input_counts(kind):
    model, (inputs, known) = make(kind), windows()
    forecast = jax.jit(lambda inputs, known: model(inputs, known))(inputs, known)
    assert forecast.shape == (3, 4, 2, 3)
    assert bool(jnp.all(jnp.diff(forecast, axis=-1) > 0))

    def first(inputs, known):
        return jnp.sum(model(inputs, known)[0])

    to_inputs, to_known = jax.jit(jax.grad(first, argnums=(0, 1)))(inputs, known)
    assert bool(jnp.all(jnp.any(to_inputs[0] != 0, axis=-1)))  # every row of its own window
    assert bool(jnp.all(jnp.any(to_known[0] != 0, axis=-1)))
    assert not bool(jnp.any(to_inputs[1:]))  # and nothing of the others
    assert not bool(jnp.any(to_known[1:]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_point_forecast_has_one_quantile_and_needs_nothing_known(kind):
    sizes = SIZES._replace(known_features=0, quantiles=1)
    model = make(kind, sizes)
    assert model(*windows(sizes=sizes)).shape == (3, 4, 2, 1)
    # An array without entries cannot be saved.
    assert all(leaf.size for leaf in jax.tree.leaves(nnx.state(model, nnx.Param)))


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_noise_from_the_key_alone(kind):
    model, (inputs, known) = make(kind, dropout=0.5), windows()
    quiet = model(inputs, known)
    one, same, other = (model(inputs, known, key=jax.random.key(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, quiet)


def test_segments_forecast_the_distance_to_the_last_value():
    """Lin et al. 2023, section 3.2: a constant added to the window is added to the forecast."""
    model, (inputs, known) = make("segment"), windows()
    shift = jnp.zeros_like(inputs).at[:, :, :2].set(jnp.array([10.0, -7.0]))
    moved = model(inputs + shift, known) - model(inputs, known)
    np.testing.assert_allclose(moved, np.broadcast_to(np.array([10, -7])[:, None], moved.shape), atol=1e-5)


@pytest.mark.slow
def test_segments_forecast_each_target_by_itself():
    model, (inputs, known) = make("segment"), windows()
    grads = jax.grad(lambda x: jnp.sum(model(x, known)[:, :, 0]))(inputs)
    assert bool(jnp.any(grads[:, :, 0]))
    assert not bool(jnp.any(grads[:, :, 1]))


def test_segment_decoding_equals_a_loop_over_segments():
    """Parallel decoding is one step of the GRU for each segment, from the same carry (section 3.3)."""
    model = make("segment", SIZES._replace(quantiles=1, known_features=0))
    inputs, _ = windows()
    whole = model(inputs, jnp.zeros((3, 4, 0)))
    for segment in range(2):
        alone = make("segment", SIZES._replace(quantiles=1, known_features=0, horizon=2))
        params = nnx.to_pure_dict(nnx.split(model, nnx.Param)[1])
        params["place"]["embedding"] = params["place"]["embedding"][segment : segment + 1]
        alone = nnx.merge(nnx.split(alone, nnx.Param)[0], params)
        part = alone(inputs, jnp.zeros((3, 2, 0)))
        np.testing.assert_allclose(part, whole[:, 2 * segment : 2 * segment + 2], atol=1e-6)


def test_the_decoder_reads_what_teacher_forcing_says():
    """The next step reads the median of the one before, or the truth; what is read at n reaches n + 1 and on."""
    inputs, known = windows()
    truth = jnp.asarray(np.random.default_rng(1).normal(size=(3, 4, 2)), jnp.float32)
    key = jax.random.key(0)
    forced, free = make("seq2seq", own_values=0.0), make("seq2seq", own_values=1.0)
    taught = jax.jit(lambda truth: forced(inputs, known, key=key, truth=truth))
    alone = free(inputs, known)
    # Each step's truth is its own forecast: then it makes no difference who is read.
    np.testing.assert_allclose(taught(alone[..., 1]), alone, atol=1e-6)
    told = taught(truth)
    np.testing.assert_array_equal(told[:, 0], taught(-truth)[:, 0])  # The first step follows the window.
    for n in range(1, 4):
        assert bool(jnp.all(jnp.any(told[:, n] != alone[:, n], axis=(1, 2))))
    changed = taught(truth.at[:, 1].add(1.0))
    assert [bool(jnp.any(changed[:, n] != told[:, n])) for n in range(4)] == [False, False, True, True]
    # Without a key there is no truth, and where the model reads its own values there is none either.
    np.testing.assert_array_equal(forced(inputs, known, truth=truth), alone)
    np.testing.assert_allclose(free(inputs, known, key=key, truth=truth), alone, atol=1e-6)


@pytest.mark.slow
def test_the_share_of_own_values_is_a_probability():
    with pytest.raises(ValueError, match=r"own_values must be in \[0, 1\], not 1.5"):
        make("seq2seq", own_values=1.5)
    inputs, known = windows(batch=64)
    truth = jnp.full((64, 4, 2), 100.0)
    mixed = make("seq2seq", own_values=0.25)(inputs, known, key=jax.random.key(0), truth=truth)
    alone = make("seq2seq")(inputs, known)
    forced = make("seq2seq", own_values=0.0)(inputs, known, key=jax.random.key(0), truth=truth)
    # The second step follows a first that is the same in all three: it is the one or the other.
    own = jnp.all(mixed[:, 1] == alone[:, 1], axis=(1, 2))
    told = jnp.all(mixed[:, 1] == forced[:, 1], axis=(1, 2))
    assert bool(jnp.all(own ^ told))
    assert 6 <= int(own.sum()) <= 28  # of 64; 16 are expected, and 3.5 are the standard deviation


def test_an_untrained_head_with_no_weights_is_the_seasonal_rule():
    model, (inputs, known) = make("lstm", SIZES._replace(quantiles=1)), windows()
    model.head.output.kernel[...] = jnp.zeros_like(model.head.output.kernel[...])
    np.testing.assert_array_equal(model(inputs, known)[..., 0], seasonal(inputs[:, :, :2], 4, 4))


def test_the_seasonal_rule_repeats_itself():
    series = jnp.arange(6.0)[None, :, None]
    np.testing.assert_array_equal(seasonal(series, 2, 5)[0, :, 0], [4, 5, 4, 5, 4])


def test_rising_keeps_the_middle_and_orders_the_rest():
    raw = jnp.array([[3.0, -2.0, 5.0, 0.0, -9.0]])
    out = rising(raw)
    assert out[0, 2] == 5
    softplus = np.log1p(np.exp([3.0, -2.0, 0.0, -9.0]))
    np.testing.assert_allclose(
        out[0],
        [5 - softplus[1] - softplus[0], 5 - softplus[1], 5, 5 + softplus[2], 5 + softplus[2] + softplus[3]],
        1e-6,
    )


@pytest.mark.parametrize("kind", slow_but(1, ["lstm", "segment"]))
def test_training_learns_a_sine(kind):
    """A model that cannot learn what any forecaster should is broken, whatever its shapes."""
    sizes = Sizes(lookback=8, horizon=4, in_features=1, known_features=0, targets=1, quantiles=1)
    phase = np.random.default_rng(0).uniform(0, 6, (64, 1, 1))
    wave = jnp.asarray(np.sin(phase + np.arange(12)[None, :, None] * 0.7), jnp.float32)
    inputs, targets, known = wave[:, :8], wave[:, 8:], jnp.zeros((64, 4, 0))
    head = {"seasons": (), "linear_rows": 0}
    options = {"hidden_features": 16, "num_layers": 1, "dropout": 0.0, "rngs": nnx.Rngs(0), "block": 2}
    model = (
        SegmentForecaster(sizes, **options)
        if kind == "segment"
        else RecurrentForecaster(sizes, cell="lstm", **head, **options)
    )
    graph, params = nnx.split(model, nnx.Param)
    optimizer = optax.adam(1e-2)

    def loss(params):
        return jnp.mean((nnx.merge(graph, params)(inputs, known)[..., 0] - targets) ** 2)

    @jax.jit
    def step(carry, _):
        params, state = carry
        value, grads = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(grads, state, params)
        return (optax.apply_updates(params, updates), state), value

    with jax.numpy_dtype_promotion("standard"):  # Optax does not heed strict promotion.
        _, losses = jax.lax.scan(step, (params, optimizer.init(params)), length=300)
    assert losses[-1] < 0.01 * losses[0]
