"""Chunks of a stream, and gradients truncated at their starts."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.recurrence import GRUCell, LSTMCell, chunks, truncated_gradient, unroll
from tests.recurrence.problems import draw

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
    params = draw(jax.eval_shape(lambda: cell.init(jax.random.key(0), D, H)), rng)
    params = jax.tree.map(lambda leaf: 0.5 * np.asarray(leaf), params)
    reset = np.zeros((B, T), bool)
    reset[0, 6] = reset[1, 4] = True
    return cell, params, {"x": rng.normal(size=(B, T, D)).astype(np.float32), "reset": reset}


@cache
def programs(cell):
    """For one chunk: the truncated gradient, and the full gradient with the value and the last carry."""

    @jax.jit
    def run(params, carry, chunk, mask):
        def alone(params):
            return loss(cell)(params, carry, chunk["x"], chunk["reset"], mask)

        full = jax.value_and_grad(alone, has_aux=True)(params)
        return truncated_gradient(loss(cell))(params, carry, chunk["x"], chunk["reset"], mask), full

    return lambda *arguments: jax.device_get(run(*arguments))


def zeros(carry):
    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, np.float32), carry)


def first_carry(cell, params):
    return zeros(jax.eval_shape(lambda: cell.zero_carry(jax.device_put(params), B)))


def close(a, b, atol):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=atol), a, b)


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


def test_truncated_gradient_gives_the_whole_loss_and_the_gradient_of_each_chunk(problem):
    cell, params, stream = problem
    carry = first_carry(cell, params)
    total = 0.0
    for chunk, mask in chunks(stream, 4):
        # The full gradient through a chunk alone: its first carry is a constant.
        (value, gradients, carry), (_, expected) = programs(cell)(params, carry, chunk, mask)
        close(gradients, expected, atol=1e-5)
        total += value
    (whole, last), _ = programs(cell)(params, first_carry(cell, params), stream, None)[1]
    np.testing.assert_allclose(total, whole, rtol=1e-5)
    close(carry, last, atol=1e-6)


def test_truncated_gradient_is_full_for_one_chunk_and_truncated_for_several(problem):
    cell, params, stream = problem
    zero = first_carry(cell, params)
    (_, one, _), (_, full) = programs(cell)(params, zero, stream, None)
    carry, several = zero, zeros(params)
    for chunk, mask in chunks(stream, 4):
        (_, gradients, carry), _ = programs(cell)(params, carry, chunk, mask)
        several = jax.tree.map(np.add, several, gradients)
    close(one, full, atol=1e-5)
    assert np.abs(several.w_h - full.w_h).max() > 1e-3


def test_truncated_gradient_stops_at_the_start_of_a_chunk(problem):
    cell, params, stream = problem

    def ends(carry, params, x):
        value, _, last = truncated_gradient(loss(cell))(params, carry, x, stream["reset"], None)
        return value + sum(jnp.sum(leaf) for leaf in last)

    carry = jax.tree.map(lambda leaf: leaf + np.float32(0.5), first_carry(cell, params))
    slope = jax.jit(jax.grad(ends))(carry, params, stream["x"])
    jax.tree.map(lambda leaf: np.testing.assert_array_equal(leaf, 0), slope)


def test_chunks_refuses_bad_arguments():
    with pytest.raises(ValueError, match="length must be at least 1, not 0"):
        next(chunks(np.zeros((2, 3)), 0))
    with pytest.raises(ValueError, match=r"same batch and time, not \[\(2, 3\), \(2, 4\)\]"):
        next(chunks([np.zeros((2, 3)), np.zeros((2, 4))], 2))
