"""Samples follow the step's distribution, and each row has its own randomness."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from chain import V, first_carry, make_step, score, tables

from seqjax.decoding import greedy, sample
from seqjax.tokens import BOS, EOS, PAD

COUNT = 20_000
LOGITS = np.array([5.0, 3.0, 0.3, 1.2, 0.9, -0.4], np.float32)  # PAD and BOS are likely, but banned
# Upper 0.1 percent of chi-square by degrees of freedom.
CRITICAL = {1: 10.83, 2: 13.82, 3: 16.27}


@cache
def draws(**options):
    """The first tokens of many rows with the same distribution."""

    def step(carry, token):
        return carry, jnp.broadcast_to(jnp.asarray(LOGITS), (len(token), V))

    run = jax.jit(lambda keys: sample(step, jnp.zeros(COUNT), keys, max_length=1, **options))
    return jax.device_get(run(jax.random.split(jax.random.key(7), COUNT)))


def repeated(rows):
    """The first carry of the first table, for each of the rows."""
    return jax.tree.map(lambda leaf: np.repeat(leaf, rows), first_carry(1))


def softmax(logits):
    p = np.exp(logits - np.max(logits))
    return p / p.sum()


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, (2, 3, 4, 5)),
        ({"top_k": 3, "temperature": 2.0}, (2, 3, 4)),
        ({"top_p": 0.6, "temperature": 0.5}, (3, 4)),  # .542 and .297
        ({"top_p": 0.58, "top_k": 2}, (3, 4)),  # .574 of the two that top_k left
        ({"top_p": 0.57, "top_k": 2}, (3,)),
        ({"top_p": 1e-6}, (3,)),
    ],
)
def test_frequencies_match_the_truncated_distribution(options, kept):
    sampled = draws(**options)
    counts = np.bincount(sampled.tokens[:, 0], minlength=V)
    assert counts[list(kept)].sum() == COUNT  # nothing else
    if len(kept) > 1:
        expected = COUNT * softmax(LOGITS[list(kept)] / options.get("temperature", 1.0))
        assert np.sum((counts[list(kept)] - expected) ** 2 / expected) < CRITICAL[len(kept) - 1]
    # Scores are those of the whole distribution.
    np.testing.assert_allclose(sampled.scores, np.log(softmax(LOGITS))[sampled.tokens[:, 0]], atol=1e-5)


def test_sequence_frequencies_are_products_of_the_chain():
    """Whole sequences, by a chi-square test."""
    logits, _ = tables(1, seed=5, spread=1.0)
    logits[..., :EOS] = -np.inf  # so that banned tokens have no probability
    step = make_step(logits)
    carry = repeated(COUNT)
    run = jax.jit(lambda keys: sample(step, carry, keys, max_length=2))
    sampled = np.asarray(run(jax.random.split(jax.random.key(8), COUNT)).tokens)
    statistic, total = 0.0, 0.0
    pairs = [(EOS, PAD)] + [(a, b) for a in range(3, V) for b in range(EOS, V)]
    for pair in pairs:
        p = np.exp(score(logits, 0, [token for token in pair if token != PAD]))
        total += p
        statistic += (np.sum(np.all(sampled == pair, axis=1)) - COUNT * p) ** 2 / (COUNT * p)
    np.testing.assert_allclose(total, 1)
    assert statistic < 32.91  # 0.1 percent of chi-square with 12 degrees of freedom


def test_a_row_is_sampled_the_same_alone_as_in_a_batch_and_rows_differ():
    rows = 6
    logits, _ = tables(1, seed=6, spread=0.3)
    data = np.asarray(jax.random.key_data(jax.random.split(jax.random.key(9), rows)))

    @jax.jit
    def program(carry, data):
        keys = jax.random.wrap_key_data(data)
        return sample(make_step(logits), carry, keys, max_length=12, min_length=12, top_p=0.9)

    def run(data):
        return jax.device_get(program(repeated(len(data)), data))

    together = run(data)
    assert len(np.unique(together.tokens, axis=0)) == rows
    for row in (0, 4):
        alone = run(data[row : row + 1])
        jax.tree.map(lambda a, b, row=row: np.testing.assert_array_equal(a[0], b[row]), alone, together)


def test_low_temperature_is_greedy():
    logits, _ = tables(5, seed=7)
    keys = jax.random.split(jax.random.key(0), 5)

    @jax.jit
    def both(carry):
        step = make_step(logits)
        cold = sample(step, carry, keys, max_length=5, temperature=1e-6)
        return cold, greedy(step, carry, max_length=5)

    jax.tree.map(np.testing.assert_array_equal, *both(first_carry(5)))


def test_a_second_call_continues_from_the_carry_and_the_last_token():
    """At a low temperature, so that keys make no difference; EOS is banned, so that no row ends."""
    logits, attention = tables(5, seed=7)
    keys = jax.random.split(jax.random.key(0), 5)
    options = {"temperature": 1e-6, "banned": (PAD, BOS, EOS)}

    @jax.jit
    def both(carry):
        run = partial(sample, make_step(logits, attention), keys=keys, **options)
        half = run(carry, max_length=3)
        return run(carry, max_length=6), half, run(half.carry, max_length=3, first=half.tokens[:, -1])

    whole, first, second = jax.device_get(both(first_carry(5)))
    np.testing.assert_array_equal(whole.tokens, np.concatenate([first.tokens, second.tokens], axis=1))
    np.testing.assert_array_equal(whole.attention, np.concatenate([first.attention, second.attention], axis=1))
    np.testing.assert_allclose(whole.scores, first.scores + second.scores, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.0}, "temperature must be above 0, not 0.0"),
        ({"top_k": 0}, "top_k must be at least 1, not 0"),
        ({"top_p": 0.0}, "top_p must be above 0 and at most 1, not 0.0"),
        ({"top_p": 1.5}, "top_p must be above 0 and at most 1, not 1.5"),
    ],
)
def test_arguments_out_of_range_are_named(options, message):
    step, keys = make_step(tables(1)[0]), jax.random.split(jax.random.key(0), 1)
    with pytest.raises(ValueError, match=message):
        sample(step, first_carry(1), keys, max_length=3, **options)
