"""The model of frames."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from seqjax.models.frame_model import FrameModel

RATES = {"frame_dropout": 0.3, "output_dropout": 0.5}


def model(cell: str = "elman", **options) -> FrameModel:
    return FrameModel(6, cell=cell, hidden_features=5, **RATES | options, rngs=nnx.Rngs(0))


def frames() -> jax.Array:
    return jax.random.bernoulli(jax.random.key(0), 0.3, (2, 7, 6)).astype(jnp.float32)


@pytest.mark.slow
def test_padding_is_invisible():
    mask = jnp.arange(7) < jnp.array([[7], [4]])
    graph, params = nnx.split(model(), nnx.Param)

    @jax.jit
    @partial(jax.value_and_grad, has_aux=True)
    def call(params, frames):
        logits = jnp.where(mask[..., None], nnx.merge(graph, params)(frames, mask), 0)
        return jnp.sum(logits**2), logits

    there = call(params, frames())
    for garbage in (1.0, jnp.nan):
        other = call(params, jnp.where(mask[..., None], frames(), garbage))
        jax.tree.map(np.testing.assert_array_equal, other, there)


@pytest.mark.usefixtures("quick_compilation")
def test_steps_after_a_start_say_what_the_whole_says():
    network = model("lstm", num_layers=2)
    whole = jax.jit(network)(frames(), jnp.ones((2, 7), bool))

    @jax.jit
    def stepped(frames):
        carry = network.read(frames, jnp.arange(7) < jnp.array([[5], [5]]))
        carry, first = network.step(carry, frames[:, 5])
        return first, network.step(carry, frames[:, 6])[1]

    for time, logits in enumerate(stepped(frames()), 5):
        np.testing.assert_allclose(logits, whole[:, time], atol=1e-6)


@pytest.mark.usefixtures("quick_compilation")
def test_a_key_turns_noise_on():
    network, mask = model(frame_dropout=0.0), jnp.ones((2, 7), bool)
    plain, noisy = (np.asarray(network(frames(), mask, key=key)) for key in (None, jax.random.key(0)))
    assert not np.allclose(plain, noisy)


def test_a_rate_that_is_none_is_refused():
    with pytest.raises(ValueError, match="frame_dropout"):
        model(frame_dropout=1.0)
