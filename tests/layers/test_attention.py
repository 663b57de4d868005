"""Attention against loops over rows, queries and positions in NumPy, and in edge cases."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.layers import Attention

B, Q, S, D, M = 3, 2, 4, 5, 5
LENGTHS = np.array([4, 2, 0])
MASK = np.arange(S) < LENGTHS[:, None]
RNG = np.random.default_rng(0)
QUERY, VALUES = (RNG.normal(size=shape).astype(np.float32) for shape in ((B, Q, D), (B, S, M)))
SCORES = ["additive", "dot", "general"]


def run(layer, query, values, mask=MASK):
    @jax.jit
    def attend(query, values, mask):
        return layer(query, layer.project(values, mask))

    return attend(jnp.asarray(query), jnp.asarray(values), jnp.asarray(mask))


def make(score):
    layer = random_module(lambda: Attention(D, M, score=score, rngs=nnx.Rngs(0)))
    if score == "additive":
        layer.key.bias[...] = jnp.asarray(np.arange(D, dtype=np.float32) / 3)
    return layer


def score_of(layer, query, value):
    """The score of one query and one position by the papers' equations, in float64."""
    if layer.score == "dot":
        return query @ value
    w_m = np.asarray(layer.key.kernel[...], np.float64)
    if layer.score == "general":
        return query @ (value @ w_m)
    w_q, v = (np.asarray(weight[...], np.float64) for weight in (layer.query.kernel, layer.v.kernel))
    return (np.tanh(query @ w_q + value @ w_m + np.asarray(layer.key.bias[...])) @ v)[0]


@pytest.mark.parametrize("score", SCORES)
def test_attention_equals_the_papers_equations(score):
    layer = make(score)
    context, weights = map(np.asarray, run(layer, QUERY, VALUES))
    for row in range(B):
        for q in range(Q):
            scores = [score_of(layer, QUERY[row, q], VALUES[row, s]) for s in range(LENGTHS[row])]
            expected = np.exp(scores) / np.sum(np.exp(scores))
            np.testing.assert_allclose(weights[row, q, : LENGTHS[row]], expected, atol=1e-6)
            mean = expected @ VALUES[row, : LENGTHS[row]] if len(scores) else np.zeros(M)
            np.testing.assert_allclose(context[row, q], mean, atol=1e-6)


@pytest.mark.parametrize("score", SCORES)
def test_attention_weights_sum_to_one_and_ignore_padding(score):
    layer = make(score)

    def total(query, values):
        context, weights = run(layer, query, values)
        return jnp.sum(context**2) + jnp.sum(weights[..., 0]), (context, weights)

    both = jax.jit(jax.grad(total, argnums=(0, 1), has_aux=True))
    garbage = np.where(MASK[..., None], VALUES, np.nan)
    slopes, (context, weights) = both(QUERY, garbage)
    np.testing.assert_allclose(np.asarray(weights)[:2].sum(axis=-1), 1, atol=1e-6)
    np.testing.assert_array_equal(np.where(MASK[:, None], 0, weights), 0)
    jax.tree.map(np.testing.assert_array_equal, (slopes, (context, weights)), both(QUERY, VALUES))
    # A source with no real position has no context and no gradient.
    np.testing.assert_array_equal(context[2], 0)
    np.testing.assert_array_equal(weights[2], 0)
    to_query, to_values = slopes
    np.testing.assert_array_equal(to_query[2], 0)
    np.testing.assert_array_equal(np.where(MASK[..., None], 0, to_values), 0)
    assert np.isfinite(to_values).all()
    assert np.all(np.any(np.asarray(to_query)[:2] != 0, axis=-1))


def test_attention_does_not_overflow_for_large_scores():
    _, weights = run(make("dot"), 100 * QUERY, 100 * VALUES)
    np.testing.assert_allclose(np.asarray(weights)[:2].sum(axis=-1), 1, atol=1e-6)


def test_attention_to_a_source_of_length_zero():
    context, weights = run(make("general"), QUERY, VALUES[:, :0], MASK[:, :0])
    assert weights.shape == (B, Q, 0)
    np.testing.assert_array_equal(context, 0)


def test_attention_refuses_bad_arguments(unchecked):
    with pytest.raises(ValueError, match="score must be 'additive', 'dot' or 'general', not 'cosine'"):
        Attention(3, 4, score="cosine", rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match="not 'dot', for queries of size 3 and a memory of size 4"):
        Attention(3, 4, score="dot", rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match="hidden_features must be at least 1, not 0"):
        Attention(3, 4, score="additive", hidden_features=0, rngs=nnx.Rngs(0))
