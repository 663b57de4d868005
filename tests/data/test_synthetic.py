"""The adding and the copying problem against their definitions and closed forms."""

from math import log

import numpy as np
import pytest

from seqjax.data.synthetic import BLANK, RECALL, adding, copying


def test_adding_marks_two_random_steps_and_sums_their_values():
    inputs, targets = adding((0, 0, 0), 4000, 7)
    values, marks = np.moveaxis(inputs, -1, 0)
    assert inputs.dtype == targets.dtype == np.float32
    assert 0 <= values.min() < values.max() < 1
    assert set(np.unique(marks)) == {0, 1}
    np.testing.assert_array_equal(marks.sum(axis=1), 2)
    np.testing.assert_allclose(targets[:, 0], [row[mark == 1].sum() for row, mark in zip(values, marks, strict=True)])
    pairs = {tuple(np.flatnonzero(mark)) for mark in marks}
    assert len(pairs) == 7 * 6 / 2
    np.testing.assert_allclose(marks.mean(axis=0), 2 / 7, atol=0.03)


def test_adding_without_memory_leaves_the_variance_of_the_sum():
    _, targets = adding((1, 0, 0), 100_000, 2)
    np.testing.assert_allclose(np.mean((targets - 1) ** 2), 1 / 6, rtol=0.02)


def test_copying_asks_for_the_symbols_after_the_span():
    inputs, targets = copying((0, 0, 0), 500, 30)
    assert inputs.shape == targets.shape == (500, 50)
    np.testing.assert_array_equal(inputs[:, :10], targets[:, -10:])
    assert set(np.unique(inputs[:, :10])) == set(range(8))
    assert (inputs[:, 10:39] == BLANK).all()
    assert (inputs[:, 39:] == RECALL).all()
    assert (targets[:, :40] == BLANK).all()
    # Each of the symbols is guessed with probability 1/8, the blanks are certain.
    probability = np.where(targets == BLANK, 1.0, 1 / 8)
    np.testing.assert_allclose(-np.log(probability).mean(), 10 * log(8) / 50)


@pytest.mark.parametrize("problem", [adding, copying])
def test_examples_are_a_function_of_their_key_alone(problem):
    first = problem((3, 0, 5), 8, 40)
    for again, before in zip(problem((3, 0, 5), 8, 40), first, strict=True):
        np.testing.assert_array_equal(again, before)
    for key in ((4, 0, 5), (3, 1, 5), (3, 0, 6)):
        assert not np.array_equal(problem(key, 8, 40).inputs, first.inputs)
