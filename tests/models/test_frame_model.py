"""The model of frames: invisible padding, streaming, dropout."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.models.frame_model import FrameModel

RATES = {"frame_dropout": 0.3, "output_dropout": 0.5}


def model(cell: str = "elman", **options) -> FrameModel:
    return random_module(lambda: FrameModel(6, cell=cell, hidden_features=5, **RATES | options, rngs=nnx.Rngs(0)))


def frames() -> jax.Array:
    return jax.device_put((np.random.default_rng(0).random((2, 7, 6)) < 0.3).astype(np.float32))


@pytest.mark.slow
def test_nan_at_padding_changes_nothing():
    mask = jnp.asarray(np.arange(7) < np.array([[7], [4]]))
    graph, params = nnx.split(model(), nnx.Param)

    @jax.jit
    @partial(jax.value_and_grad, has_aux=True)
    def call(params, frames):
        logits = jnp.where(mask[..., None], nnx.merge(graph, params)(frames, mask), 0)
        return jnp.sum(logits**2), logits

    plain = call(params, frames())
    for garbage in (1.0, jnp.nan):
        other = call(params, jnp.where(mask[..., None], frames(), garbage))
        jax.tree.map(np.testing.assert_array_equal, other, plain)


def test_steps_after_a_read_equal_the_whole_sequence():
    network = model("lstm", num_layers=2)

    @jax.jit
    def run(frames):
        carry = network.read(frames, jnp.arange(7)[None] < jnp.array([[5], [5]]))
        carry, first = network.step(carry, frames[:, 5])
        return network(frames, jnp.ones((2, 7), bool)), (first, network.step(carry, frames[:, 6])[1])

    whole, stepped = run(frames())
    for time, logits in enumerate(stepped, 5):
        np.testing.assert_allclose(logits, np.asarray(whole)[:, time], atol=1e-6)


@pytest.mark.parametrize("rate", ["frame_dropout", "output_dropout"])
def test_each_dropout_needs_a_key(rate):
    network, mask = model(**(dict.fromkeys(RATES, 0.0) | {rate: 0.5})), jax.device_put(np.ones((2, 7), bool))
    run = jax.jit(lambda frames, key: (network(frames, mask), network(frames, mask, key=key)))
    (plain, one), (_, same), (_, other) = (run(frames(), jax.random.key(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, plain)
    assert not np.allclose(one, other)
    # A frame in which no key sounds has nothing to drop.
    # (Silent frames have outputs to drop, for no bias is 0.)
    assert np.allclose(*run(np.zeros_like(frames()), jax.random.key(0))) == (rate == "frame_dropout")


def test_frame_dropout_zeroes_a_share_of_the_frames_entries():
    """With W_x = 1 for one unit and a linear readout of it: each entry of a first frame is counted twice, or not."""
    options = {"hidden_features": 1, "frame_dropout": 0.5, "output_dropout": 0.0}
    network = random_module(lambda: FrameModel(400, cell="elman", **options, rngs=nnx.Rngs(0)), scale=0.0)
    (params,) = network.layer.forward
    params.w_x[...] = jax.device_put(np.full((400, 1), 1e-4, np.float32))  # so small that tanh is linear
    network.output.kernel[...] = jax.device_put(np.full((1, 400), 1e4, np.float32))
    run = jax.jit(lambda key: network(jnp.ones((3, 1, 400)), jnp.ones((3, 1), bool), key=key))
    logits = np.asarray(run(jax.random.key(0)))
    counts = logits[:, 0, 0] / 2  # entries kept, of 400
    assert np.all((counts > 150) & (counts < 250))  # 200 are expected, and 10 are the standard deviation
    assert len(set(counts.round().tolist())) > 1  # each row has its own


@pytest.mark.parametrize("rate", list(RATES))
def test_a_rate_of_one_is_rejected(rate):
    with pytest.raises(ValueError, match=rate):
        model(**{rate: 1.0})
