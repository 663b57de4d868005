"""Initial weights and biases of the cells."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.initializers import chrono_bias
from seqjax.recurrence import ElmanCell, GRUCell, LSTMCell

CELLS = pytest.mark.parametrize(("cell", "gates"), [(ElmanCell(), 1), (LSTMCell(), 4), (GRUCell(), 3)])


@CELLS
def test_each_gate_block_of_w_h_is_orthogonal_and_they_differ(cell, gates):
    width = 4
    w_h = np.asarray(cell.init(jax.random.key(3), 3, width).w_h)
    assert w_h.shape == (width, gates * width)
    blocks = np.split(w_h, gates, axis=1)
    for index, block in enumerate(blocks):
        np.testing.assert_allclose(block.T @ block, np.eye(width), atol=1e-5)
        for other in blocks[:index]:
            assert not np.allclose(block, other)


def test_w_h_with_a_projection_has_orthonormal_rows_in_each_block():
    params = LSTMCell(proj_features=3).init(jax.random.key(3), 3, 4)
    for block in np.split(np.asarray(params.w_h), 4, axis=1):
        np.testing.assert_allclose(block @ block.T, np.eye(3), atol=1e-5)
    w_r = np.asarray(params.w_r)
    np.testing.assert_allclose(w_r.T @ w_r, np.eye(3), atol=1e-5)


@CELLS
def test_w_x_is_glorot_uniform_in_each_block(cell, gates):
    w_x = np.asarray(cell.init(jax.random.key(0), 100, 60).w_x)
    bound = np.sqrt(6 / (100 + 60))
    for block in np.split(w_x, gates, axis=1):
        assert 0.98 * bound < np.abs(block).max() <= bound
        assert abs(block.mean()) < 0.02 * bound


@pytest.mark.parametrize("cell", [ElmanCell(), LSTMCell(), GRUCell()])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_init_draws_parameters_of_any_type(cell, dtype):
    with jax.enable_x64(dtype == "float64"):
        params = cell.init(jax.random.key(0), 3, 4, dtype=dtype)
        assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype(dtype)}
        w = np.asarray(params.w_h, np.float64)[:, :4]
        tolerance = {"bfloat16": 2e-2, "float16": 2e-3, "float64": 1e-12}[dtype]
        np.testing.assert_allclose(w.T @ w, np.eye(4), atol=tolerance)


def test_forget_bias_sets_the_bias_of_the_forget_gate_alone():
    b = np.asarray(LSTMCell(forget_bias=2.5).init(jax.random.key(0), 3, 4).b).reshape(4, 4)
    np.testing.assert_array_equal(b, [[0] * 4, [2.5] * 4, [0] * 4, [0] * 4])


def test_chrono_bias_spreads_time_scales_evenly():
    u = np.exp(np.asarray(chrono_bias(jax.random.key(0), 4000, 100.0)))
    assert u.min() >= 1
    assert u.max() <= 99
    assert abs(u.mean() - 50) < 1


def test_chrono_sets_opposite_biases_of_input_and_forget_gate():
    i, f, g, o = np.asarray(LSTMCell(chrono=100.0).init(jax.random.key(0), 3, 4).b).reshape(4, -1)
    assert len(set(f)) == 4
    np.testing.assert_array_equal(i, -f)
    np.testing.assert_array_equal([g, o], 0)


def test_chrono_bias_refuses_two_steps_or_fewer():
    with pytest.raises(ValueError, match="chrono must be above 2 steps, not 2"):
        chrono_bias(jax.random.key(0), 4, 2.0)
