"""SegRNN: independence of targets, invariance to a shift, parallel decoding of segments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from forecaster_oracle import SIZES, make, windows


def test_segment_forecast_moves_with_the_window():
    """Lin et al. 2023, section 3.2: a constant added to the targets of the window is added to the forecast."""
    model, (inputs, known) = make("segment"), windows()
    run = jax.jit(lambda inputs: model(inputs, known))
    shifted = np.array(inputs)
    shifted[:, :, :2] += np.array([10, -7], np.float32)
    moved = np.asarray(run(shifted)) - np.asarray(run(inputs))
    np.testing.assert_allclose(moved, np.broadcast_to(np.array([10, -7])[:, None], moved.shape), atol=1e-5)


@pytest.mark.slow
def test_segment_forecast_of_a_target_depends_on_that_target_alone():
    model, (inputs, known) = make("segment"), windows()
    grads = jax.grad(lambda x: jnp.sum(model(x, known)[:, :, 0]))(inputs)
    assert np.any(np.asarray(grads)[:, :, 0])
    assert not np.any(np.asarray(grads)[:, :, 1])


def test_segment_decoding_equals_a_loop_over_segments():
    """Parallel decoding is one step of the GRU for each segment, from the same carry (section 3.3)."""
    sizes = SIZES._replace(quantiles=1, known_features=0)
    model, alone = make("segment", sizes), make("segment", sizes._replace(horizon=2))
    inputs, _ = windows()
    whole = jax.jit(model)(inputs, np.zeros((3, 4, 0), np.float32))
    graph, params = nnx.split(alone, nnx.Param)[0], nnx.to_pure_dict(nnx.split(model, nnx.Param)[1])
    run = jax.jit(lambda params: nnx.merge(graph, params)(inputs, jnp.zeros((3, 2, 0))))
    positions = np.asarray(params["position"]["embedding"])
    for segment in range(2):
        params["position"]["embedding"] = positions[segment : segment + 1]
        np.testing.assert_allclose(run(params), whole[:, 2 * segment : 2 * segment + 2], atol=1e-6)
