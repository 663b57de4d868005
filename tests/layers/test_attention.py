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


@pytest.mark.parametrize("score", ["additive", "general"])
def test_attention_with_coverage_equals_the_papers_equations(score):
    """Two rows a source; the coverage of a row is the sum of its own weights (See et al. 2017, equations 10 and 11)."""
    layer = random_module(lambda: Attention(D, M, score=score, coverage=True, rngs=nnx.Rngs(0)))
    query = RNG.normal(size=(2 * B, 3, D)).astype(np.float32)
    before = RNG.uniform(size=(2 * B, S)).astype(np.float32)

    @jax.jit
    def attend(query, values, mask, coverage):
        memory = layer.project(values, mask)
        return layer.with_coverage(query, memory, coverage)

    context, weights, after = attend(query, jnp.asarray(VALUES), jnp.asarray(MASK), before)
    w_c = np.asarray(layer.coverage[...], np.float64)
    for row in range(2 * B):
        values, covered = VALUES[row // 2, : LENGTHS[row // 2]], before[row].astype(np.float64)
        for t in range(3):
            scores = []
            for s, value in enumerate(values):
                if score == "general":
                    scores.append(score_of(layer, query[row, t], value) + w_c[0] * covered[s])
                else:
                    parts = (layer.query.kernel, layer.key.kernel, layer.key.bias, layer.v.kernel)
                    w_q, w_m, b, v = (np.asarray(each[...]) for each in parts)
                    scores.append((np.tanh(query[row, t] @ w_q + value @ w_m + covered[s] * w_c + b) @ v)[0])
            expected = np.exp(scores) / np.sum(np.exp(scores))
            np.testing.assert_allclose(weights[row, t, : len(values)], expected, atol=1e-5)
            mean = expected @ values if len(values) else np.zeros(M)
            np.testing.assert_allclose(context[row, t], mean, atol=1e-5)
            covered[: len(values)] += expected
        np.testing.assert_allclose(after[row], covered, atol=1e-5)


def test_attention_without_coverage_refuses_one():
    layer = make("dot")
    memory = layer.project(jnp.asarray(VALUES), jnp.asarray(MASK))
    with pytest.raises(ValueError, match="coverage must be True for attention with coverage"):
        layer.with_coverage(jnp.asarray(QUERY), memory, jnp.zeros((B, S)))


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
