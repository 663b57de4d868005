"""Chunks of a stream, and gradients truncated at their starts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.recurrence import GRUCell, LSTMCell, chunks, truncated_gradient, unroll

B, T, D, H = 2, 11, 3, 4


def loss(cell):
    def run(params, carry, x, reset, mask):
        x, reset, mask = jax.tree.map(jnp.asarray, (x, reset, mask))
        carry, y = unroll(cell, params, carry, x, mask=mask, reset=reset)
        return jnp.sum(jnp.sin(y)), carry

    return run


@pytest.fixture(params=[LSTMCell(), GRUCell()], ids=["lstm", "gru"], scope="module")
def problem(request):
    rng = np.random.default_rng(0)
    cell = request.param
    params = cell.init(jax.random.key(0), D, H)
    reset = np.zeros((B, T), bool)
    reset[0, 6] = reset[1, 4] = True
    return cell, params, {"x": rng.normal(size=(B, T, D)).astype(np.float32), "reset": reset}


@pytest.fixture(scope="module")
def gradient(problem):
    cell, *_ = problem
    return jax.jit(truncated_gradient(loss(cell)))


def test_chunks_have_one_shape_and_hold_the_whole_stream(problem):
    _, _, stream = problem
    parts, masks = zip(*chunks(stream, 4), strict=True)
    assert {part["x"].shape for part in parts} == {(B, 4, D)}
    joined = np.concatenate([part["x"] for part in parts], axis=1)
    np.testing.assert_array_equal(joined[:, :T], stream["x"])
    np.testing.assert_array_equal(np.concatenate(masks, axis=1), np.arange(12)[None] < np.full((B, 1), T))


def test_chunks_read_a_stream_from_disk(tmp_path):
    stream = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (B, 1000, D))
    stream[:] = np.arange(1000)[None, :, None]
    chunk, mask = next(chunks(stream, 10))
    assert type(chunk) is np.ndarray
    np.testing.assert_array_equal(chunk[0, :, 0], np.arange(10))
    assert mask.all()


def test_truncated_gradient_gives_the_whole_loss_and_the_gradient_of_each_chunk(problem, gradient):
    cell, params, stream = problem
    carry = cell.zero_carry(params, B)
    total = 0.0
    # The full gradient through a chunk alone: its first carry is a constant.
    alone = jax.jit(jax.grad(lambda p, c, s, m: loss(cell)(p, c, s["x"], s["reset"], m)[0]))
    for chunk, mask in chunks(stream, 4):
        expected = alone(params, carry, chunk, mask)
        value, gradients, carry = gradient(params, carry, chunk["x"], chunk["reset"], mask)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), gradients, expected)
        total += value
    whole, last = loss(cell)(params, cell.zero_carry(params, B), stream["x"], stream["reset"], None)
    np.testing.assert_allclose(total, whole, rtol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), carry, last)


def test_truncated_gradient_is_full_for_one_chunk_and_truncated_for_several(problem, gradient):
    cell, params, stream = problem
    zero = cell.zero_carry(params, B)
    full = jax.jit(jax.grad(lambda p: loss(cell)(p, zero, stream["x"], stream["reset"], None)[0]))(params)

    def summed(length):
        carry, total = zero, None
        for chunk, mask in chunks(stream, length):
            _, gradients, carry = gradient(params, carry, chunk["x"], chunk["reset"], mask)
            total = gradients if total is None else jax.tree.map(jnp.add, total, gradients)
        return total

    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), summed(T), full)
    assert np.abs(summed(4).w_h - full.w_h).max() > 1e-3


def test_truncated_gradient_stops_at_the_start_of_a_chunk(problem, gradient):
    cell, params, stream = problem

    def value(carry):
        value, _, last = gradient(params, carry, stream["x"], stream["reset"], np.ones((B, T), bool))
        return value + sum(jnp.sum(leaf) for leaf in last)

    carry = jax.tree.map(lambda leaf: leaf + 0.5, cell.zero_carry(params, B))
    jax.tree.map(lambda leaf: np.testing.assert_array_equal(leaf, 0), jax.grad(value)(carry))


def test_chunks_refuses_bad_arguments():
    with pytest.raises(ValueError, match="length must be at least 1, not 0"):
        next(chunks(np.zeros((2, 3)), 0))
    with pytest.raises(ValueError, match=r"same batch and time, not \[\(2, 3\), \(2, 4\)\]"):
        next(chunks([np.zeros((2, 3)), np.zeros((2, 4))], 2))
