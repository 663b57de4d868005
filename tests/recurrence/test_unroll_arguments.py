"""``unroll`` refuses arrays of other shapes and types while it is traced, before anything is broadcast."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.masking import mask_from_lengths
from seqjax.recurrence import LinearCell, LSTMCell, unroll

pytestmark = pytest.mark.usefixtures("unchecked")

B, T, D, H = 4, 5, 2, 3
CELL = LSTMCell()
PARAMS = CELL.init(jax.random.key(0), D, H)
CARRY = CELL.zero_carry(PARAMS, B)
X = jnp.ones((B, T, D))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"xs": X[0]}, ValueError, r"xs must have the shape \[B, T, D\], not \[5, 2\]"),
        ({"xs": X[None]}, ValueError, r"xs must have the shape \[B, T, D\], not \[1, 4, 5, 2\]"),
        ({"xs": [[[1.0, 2.0]]]}, TypeError, "xs must be an array, not a list; jnp.asarray makes one"),
        (
            {"carry": CELL.zero_carry(PARAMS, 1)},
            ValueError,
            r"carry must have the shape \[B, .*B = 4 .*\[1, 3\]",
        ),
        ({"carry": LSTMCell.Carry(CARRY.c, 0.0)}, TypeError, "carry must be an array, not a float"),
        ({"mask": jnp.ones((1, T), bool)}, ValueError, r"mask must have the shape \[4, 5\] of x's.*, not \[1, 5\]"),
        ({"mask": jnp.ones((B, 1), bool)}, ValueError, r"mask must have the shape \[4, 5\] of x's.*, not \[4, 1\]"),
        ({"mask": jnp.ones((B, T), int)}, TypeError, "mask must be of type bool, not int32"),
        ({"mask": [[True]]}, TypeError, "mask must be an array, not a list"),
        ({"reset": jnp.zeros((T, B), bool)}, ValueError, r"reset must have the shape \[4, 5\] of x's.*, not \[5, 4\]"),
        ({"reset": jnp.zeros((B, T))}, TypeError, "reset must be of type bool, not float32"),
        (
            {"initial": CELL.zero_carry(PARAMS, 1)},
            ValueError,
            r"initial must have the shape \[B, .*\[1, 3\]",
        ),
        ({"initial": (CARRY.c, CARRY.h)}, TypeError, "initial must have the structure of carry"),
        (
            {"initial": LSTMCell.Carry(CARRY.c, CARRY.h[:, :2])},
            ValueError,
            r"initial must .* shape \[4, 3\]",
        ),
        ({"recurrent_mask": jnp.ones((1, H))}, ValueError, r"recurrent_mask must have the shape \[B, P\] with B = 4"),
        ({"recurrent_mask": jnp.ones(H)}, ValueError, r"recurrent_mask must have the shape \[B, P\].*not \[3\]"),
    ],
)
def test_unroll_names_the_argument_its_shape_and_the_expected_one(changes, error, message):
    arguments = {"carry": CARRY, "xs": X} | changes
    with pytest.raises(error, match=message):
        jax.eval_shape(lambda: unroll(CELL, PARAMS, **arguments))


def test_unroll_takes_arrays_of_numpy_and_no_steps():
    cell = LinearCell()
    params = cell.init(jax.random.key(0), D, H)
    carry = cell.zero_carry(params, B)
    expected = unroll(cell, params, carry, X)
    ours = unroll(cell, params, jax.tree.map(np.asarray, carry), np.asarray(X), mask=np.ones((B, T), bool))
    jax.tree.map(np.testing.assert_array_equal, ours, expected)
    assert unroll(cell, params, carry, X[:, :0])[1].shape == (B, 0, H)


@pytest.mark.parametrize("lengths", [[1, 2], (1, 2), np.array([1, 2]), jnp.array([1, 2], jnp.uint8)])
def test_mask_from_lengths_takes_lists_and_arrays(lengths):
    np.testing.assert_array_equal(mask_from_lengths(lengths, 3), [[True, False, False], [True, True, False]])
    assert mask_from_lengths([], 3).shape == (0, 3)


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([1, 4], ValueError, "lengths must lie between 0 and time=3, not be 4"),
        ([-1, 2], ValueError, "lengths must lie between 0 and time=3, not be -1"),
        ([1.0, 2.0], TypeError, "lengths must be whole numbers, not of type float64"),
        ([True, False], TypeError, "lengths must be whole numbers, not of type bool"),
        ([[1, 2]], ValueError, r"lengths must have shape \[B\], not \[1, 2\]"),
        (2, ValueError, r"lengths must have shape \[B\], not \[\]"),
    ],
)
def test_mask_from_lengths_refuses_other_lengths(lengths, error, message):
    with pytest.raises(error, match=message):
        mask_from_lengths(lengths, 3)


def test_mask_from_lengths_takes_traced_lengths():
    np.testing.assert_array_equal(jax.jit(lambda n: mask_from_lengths(n, 2))(jnp.array([1])), [[True, False]])
