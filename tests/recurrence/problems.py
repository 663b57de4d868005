"""Small problems for the tests of recurrences, with padding and resets in every position that matters."""

from functools import partial

import jax
import numpy as np

B, T, D, H = 4, 6, 3, 5

# Padding on the right, on the left, in the middle, and an empty row.
MASK = np.array([[1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1], [1, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0]], bool)
# A start inside a row, at its first real position, and at padding, where it is ignored.
RESET = np.array([[0, 0, 1, 0, 1, 0], [0, 1, 1, 0, 0, 1], [0, 1, 0, 1, 0, 1], [0, 1, 0, 0, 1, 0]], bool)


def draw(tree, rng):
    """Random arrays of the shapes of a tree."""
    return jax.tree.map(lambda leaf: jax.device_put(rng.normal(size=leaf.shape).astype(np.float32)), tree)


def make_problem(cell, seed=5):
    """The cell, random parameters, a random carry and random inputs."""
    rng = np.random.default_rng(seed)
    params = draw(jax.eval_shape(lambda key: cell.init(key, D, H), jax.random.key(0)), rng)
    carry = draw(cell.zero_carry(params, B), rng)
    return cell, params, carry, jax.device_put(rng.normal(size=(B, T, D)).astype(np.float32))


def assert_bitwise(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def assert_close(a, b, atol=1e-6):
    jax.tree.map(partial(np.testing.assert_allclose, atol=atol), a, b)
