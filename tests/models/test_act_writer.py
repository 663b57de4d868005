"""Models of replies: what a dialogue act does to them, steps one by one, and the cost of the act vectors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.models.act_writer import ActWriter
from seqjax.tokens import BOS, EOS, PAD

FEATURES, WORDS = 6, 9
ACTS = jnp.array([[1, 3, 5, PAD], [2, PAD, PAD, PAD], [4, 1, PAD, PAD]])
TOKENS = jnp.array([[BOS, 4, 5, 6, EOS], [BOS, 7, EOS, PAD, PAD], [PAD] * 5])  # the last row only fills the batch
TGT_IN, TGT_OUT = TOKENS[:, :-1], TOKENS[:, 1:]


def make(conditioning):
    options = {"embed_features": 4, "hidden_features": 5, "dropout": 0.3}
    return random_module(
        lambda: ActWriter(FEATURES, WORDS, conditioning=conditioning, **options, rngs=nnx.Rngs(0)), scale=0.8
    )


@pytest.fixture(scope="module")
def semantic():
    return make("sclstm")


@jax.jit
def run(module):
    """Logits, costs and weights of all steps at once, and logits and weights of steps one by one."""
    context, carry = module.encode(ACTS)
    _, _, weights = module.decoder.decode(context, carry, TGT_IN)
    logits, costs = module.logits_and_cost(ACTS, TGT_IN, TGT_OUT)
    steps = []
    for t in range(TGT_IN.shape[1]):
        carry, *each = module.step(context, carry, TGT_IN[:, t])
        steps.append(each)
    return logits, costs, weights, steps, carry


def test_all_steps_at_once_equal_steps_one_by_one(semantic):
    logits, _, weights, steps, carry = run(semantic)
    for t, (stepped, acts) in enumerate(steps):
        np.testing.assert_allclose(stepped, logits[:, t], atol=1e-5)
        np.testing.assert_allclose(acts, weights[:, t], atol=1e-6)
    np.testing.assert_allclose(weights[:, -1], carry.cells[0].d, rtol=1e-5)


def test_first_act_vector_is_one_for_each_feature(semantic):
    _, carry = semantic.encode(ACTS)
    expected = np.zeros((3, FEATURES))
    for row, ids in enumerate(ACTS):
        expected[row, [int(each) for each in ids if each != PAD]] = 1
    np.testing.assert_array_equal(carry.cells[0].d, expected)
    np.testing.assert_array_equal(carry.cells[0].h, 0)
    # The order of the features does not matter.
    np.testing.assert_array_equal(semantic.encode(ACTS[:, ::-1])[1].cells[0].d, expected)


def test_cost_is_of_what_is_left_and_of_large_changes(semantic):
    _, costs, weights, *_ = run(semantic)
    _, carry = semantic.encode(ACTS)
    for row in range(2):
        d, expected = np.asarray(carry.cells[0].d[row], np.float64), 0.0
        for t in range(int((TGT_OUT[row] != PAD).sum())):
            after = np.asarray(weights[row, t], np.float64)
            expected += float((1e-4 * 100.0 ** np.abs(after - d)).sum())
            d = after
        np.testing.assert_allclose(costs[row], expected + np.abs(d).sum(), rtol=1e-5)


@pytest.mark.parametrize("conditioning", ["vector", pytest.param("attention", marks=pytest.mark.slow)])
def test_other_conditionings_read_the_act_and_cost_nothing(conditioning):
    module = make(conditioning)
    logits, costs, weights, steps, _ = run(module)
    np.testing.assert_array_equal(costs, 0)
    np.testing.assert_allclose(steps[1][0], logits[:, 1], atol=1e-5)
    assert (weights is not None) == (conditioning == "attention")
    assert np.abs(np.asarray(logits[0, 0] - logits[1, 0])).max() > 0.01


def test_unknown_conditioning_is_refused(unchecked):
    with pytest.raises(ValueError, match="conditioning must be one of sclstm, vector, attention, not 'gate'"):
        make("gate")
