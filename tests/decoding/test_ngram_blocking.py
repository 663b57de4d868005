"""Blocking of repeated n-grams: equal to a search of all sequences without repeats."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from chain import V, every_sequence, first_carry, make_step, score, tables

from seqjax.decoding import beam_search, greedy, sample
from seqjax.decoding.search import Search
from seqjax.tokens import PAD

ROWS, T = 3, 5
LOGITS, _ = tables(ROWS, seed=4)
STEP = make_step(LOGITS)


def repeats(tokens, n):
    grams = [tuple(tokens[start : start + n]) for start in range(len(tokens) - n + 1)]
    return len(set(grams)) < len(grams)


SIZES = [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(3, marks=pytest.mark.slow)]


@pytest.mark.parametrize("n", SIZES)
def test_wide_beam_equals_search_of_all_sequences_without_repeats(n):
    decode = jax.jit(partial(beam_search, STEP, beam=3**T, n_best=8, max_length=T, no_repeat_ngram_size=n))
    beams = jax.device_get(decode(first_carry(ROWS)))
    ended = [each for each in every_sequence(T)[0] if not repeats(each, n)]
    for row in range(ROWS):
        ranked = sorted(ended, key=lambda s, row=row: -score(LOGITS, row, s))[:8]
        for place, tokens in enumerate(ranked):
            assert tuple(beams.tokens[row, place].tolist()) == tokens + (PAD,) * (T - len(tokens))
            np.testing.assert_allclose(beams.scores[row, place], score(LOGITS, row, tokens), atol=1e-5)


@pytest.mark.parametrize("n", SIZES)
def test_greedy_takes_the_best_token_that_repeats_nothing_and_samples_repeat_nothing(n):
    rows, longest = 40, 9
    logits, _ = tables(rows, seed=5)
    step, options = make_step(logits), {"max_length": longest, "no_repeat_ngram_size": n}
    carry = first_carry(rows)
    decoded = jax.jit(lambda carry: greedy(step, carry, **options))(carry)
    for row in range(rows):
        tokens: list[int] = []
        while len(tokens) < longest and tokens[-1:] != [2]:
            allowed = [token for token in range(2, V) if not repeats([*tokens, token], n)]
            tokens.append(max(allowed, key=lambda token, row=row: score(logits, row, [*tokens, token])))
        assert decoded.tokens[row].tolist() == tokens + [PAD] * (longest - len(tokens))
    keys = jax.random.split(jax.random.key(0), rows)
    drawn = jax.jit(lambda carry: sample(step, carry, keys, temperature=3.0, **options))(carry)
    for tokens, length in zip(drawn.tokens.tolist(), drawn.lengths.tolist(), strict=True):
        assert not repeats(tokens[:length], n)


@pytest.mark.slow
def test_beam_of_one_is_greedy_and_a_forced_prefix_may_repeat():
    prefix = jnp.array([[4, 4, 4], [PAD, PAD, PAD], [5, 4, 5]])
    options = {"max_length": 7, "no_repeat_ngram_size": 2, "prefix": prefix}
    decode = jax.jit(lambda carry: (greedy(STEP, carry, **options), beam_search(STEP, carry, beam=1, **options)))
    plain, beams = decode(first_carry(ROWS))
    np.testing.assert_array_equal(beams.tokens[:, 0], plain.tokens)
    assert plain.tokens[0, :3].tolist() == [4, 4, 4]
    for tokens in np.asarray(plain.tokens)[1:]:
        assert not repeats([token for token in tokens if token], 2)


def test_size_below_0_is_named(unchecked):
    with pytest.raises(ValueError, match="no_repeat_ngram_size must be at least 0, not -1"):
        Search(max_length=3, no_repeat_ngram_size=-1)
    with pytest.raises(TypeError, match=r"no_repeat_ngram_size must be an int, not 1\.5"):
        greedy(STEP, first_carry(ROWS), max_length=3, no_repeat_ngram_size=1.5)
