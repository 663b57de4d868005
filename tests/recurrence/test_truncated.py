import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.recurrence import chunks, gru, lstm, truncated_gradient, unroll

pytestmark = pytest.mark.usefixtures("quick_compilation")

B, T, D, H = 2, 11, 3, 4


def loss(cell):
    def run(params, carry, x, reset, mask):
        x, reset, mask = jax.tree.map(jnp.asarray, (x, reset, mask))
        carry, y = unroll(cell, params, carry, x, mask=mask, reset=reset)
        return jnp.sum(jnp.sin(y)), carry

    return run


@pytest.fixture(params=[lstm, gru], ids=["lstm", "gru"])
def problem(request):
    rng = np.random.default_rng(0)
    cell = request.param
    params = cell.init(jax.random.key(0), D, H)
    reset = np.zeros((B, T), bool)
    reset[0, 6] = reset[1, 4] = True
    return cell, params, {"x": rng.normal(size=(B, T, D)).astype(np.float32), "reset": reset}


def test_chunks_share_one_shape_and_lose_nothing(problem):
    _, _, stream = problem
    pieces, masks = zip(*chunks(stream, 4), strict=True)
    assert {piece["x"].shape for piece in pieces} == {(B, 4, D)}
    joined = np.concatenate([piece["x"] for piece in pieces], axis=1)
    np.testing.assert_array_equal(joined[:, :T], stream["x"])
    np.testing.assert_array_equal(np.concatenate(masks, axis=1), np.arange(12)[None] < np.full((B, 1), T))


def test_a_stream_on_disk_stays_there(tmp_path):
    stream = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (B, 1000, D))
    stream[:] = np.arange(1000)[None, :, None]
    piece, mask = next(chunks(stream, 10))
    assert type(piece) is np.ndarray
    np.testing.assert_array_equal(piece[0, :, 0], np.arange(10))
    assert mask.all()


def test_carried_chunks_give_the_whole_loss_and_their_own_gradient(problem):
    cell, params, stream = problem
    gradient = jax.jit(truncated_gradient(loss(cell)))
    carry = cell.zero_carry(params, B)
    total = 0.0
    # The full gradient through a chunk alone: its first carry is a constant.
    alone = jax.jit(jax.grad(lambda p, c, s, m: loss(cell)(p, c, s["x"], s["reset"], m)[0]))
    for piece, mask in chunks(stream, 4):
        expected = alone(params, carry, piece, mask)
        value, gradients, carry = gradient(params, carry, piece["x"], piece["reset"], mask)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), gradients, expected)
        total += value
    whole, last = loss(cell)(params, cell.zero_carry(params, B), stream["x"], stream["reset"], None)
    np.testing.assert_allclose(total, whole, rtol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), carry, last)


def test_one_chunk_over_all_has_the_full_gradient_and_more_chunks_have_less(problem):
    cell, params, stream = problem
    zero = cell.zero_carry(params, B)
    gradient = jax.jit(truncated_gradient(loss(cell)))
    full = jax.jit(jax.grad(lambda p: loss(cell)(p, zero, stream["x"], stream["reset"], None)[0]))(params)

    def summed(length):
        carry, total = zero, None
        for piece, mask in chunks(stream, length):
            _, gradients, carry = gradient(params, carry, piece["x"], piece["reset"], mask)
            total = gradients if total is None else jax.tree.map(jnp.add, total, gradients)
        return total

    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), summed(T), full)
    assert np.abs(summed(4).w_h - full.w_h).max() > 1e-3


def test_the_gradient_is_cut_at_the_start_of_a_chunk(problem):
    cell, params, stream = problem
    step = truncated_gradient(loss(cell))

    def value(carry):
        value, _, last = step(params, carry, stream["x"], stream["reset"], None)
        return value + sum(jnp.sum(leaf) for leaf in last)

    carry = jax.tree.map(lambda leaf: leaf + 0.5, cell.zero_carry(params, B))
    jax.tree.map(lambda leaf: np.testing.assert_array_equal(leaf, 0), jax.grad(value)(carry))


def test_bad_arguments():
    with pytest.raises(ValueError, match="length must be at least 1, not 0"):
        next(chunks(np.zeros((2, 3)), 0))
    with pytest.raises(ValueError, match=r"same batch and time, not \[\(2, 3\), \(2, 4\)\]"):
        next(chunks([np.zeros((2, 3)), np.zeros((2, 4))], 2))
