"""Greedy decoding of the chain."""

import logging
import re

import jax
import jax.numpy as jnp
import numpy as np
from chain import V, attend, first_carry, make_step, score, tables

from seqjax.decoding import greedy
from seqjax.tokens import BOS, EOS, PAD

ROWS, T = 12, 6
LOGITS, ATTENTION = tables(ROWS, seed=4)
STEP = make_step(LOGITS, ATTENTION)


def test_greedy_takes_the_most_likely_token():
    decoded = jax.device_get(jax.jit(lambda carry: greedy(STEP, carry, max_length=T))(first_carry(ROWS)))
    ends = set()
    for row in range(ROWS):
        tokens, before, last = [], 0, BOS
        while len(tokens) < T and EOS not in tokens:
            token = EOS + int(np.argmax(LOGITS[row, before, last, EOS:]))
            before, last = last, token
            tokens.append(token)
        length = len(tokens)
        ends.add((length, tokens[-1] == EOS))
        assert decoded.tokens[row].tolist() == tokens + [PAD] * (T - length)
        assert decoded.lengths[row] == length
        np.testing.assert_allclose(decoded.scores[row], score(LOGITS, row, tokens), atol=1e-5)
        np.testing.assert_array_equal(decoded.attention[row, :length], attend(ATTENTION, row, tokens))
        assert not np.any(decoded.attention[row, length:])
    assert (1, True) in ends  # EOS first
    assert (T, False) in ends  # and never


def test_greedy_keeps_prefix_and_min_length():
    prefix = jnp.zeros((ROWS, 3), jnp.int32).at[0].set([5, 4, 3]).at[1].set([4, EOS, 5]).at[2, 0].set(3)
    options = {"max_length": T, "min_length": 4, "prefix": prefix}
    decoded = jax.device_get(jax.jit(lambda carry: greedy(STEP, carry, **options))(first_carry(ROWS)))
    assert decoded.tokens[0, :3].tolist() == [5, 4, 3]
    assert decoded.tokens[1].tolist() == [4, EOS] + [PAD] * 4
    assert decoded.tokens[2, 0] == 3
    assert decoded.lengths[1] == 2
    assert set(decoded.lengths[2:].tolist()) >= {4, T}
    assert np.all(decoded.lengths[2:] >= 4)
    for row in range(ROWS):
        tokens = decoded.tokens[row, : int(decoded.lengths[row])].tolist()
        np.testing.assert_allclose(decoded.scores[row], score(LOGITS, row, tokens), atol=1e-5)


def test_greedy_stops_when_all_rows_have_ended():
    logits = np.zeros((2, V, V, V), np.float32)
    logits[:, 0, BOS, 4] = logits[:, BOS, 4, EOS] = 1.0
    logits[1, 0, BOS, EOS] = 2.0
    steps = []

    def step(carry, token):
        jax.debug.callback(lambda place: steps.append(int(place)), carry.place[0])
        return make_step(logits)(carry, token)

    decoded = jax.jit(lambda carry: greedy(step, carry, max_length=1000))(first_carry(2))
    jax.effects_barrier()
    assert decoded.tokens[:, :3].tolist() == [[4, EOS, PAD], [EOS, PAD, PAD]]
    assert decoded.attention is None
    assert sorted(steps) == [0, 1]


def test_a_second_batch_of_the_same_shape_compiles_nothing(caplog):
    decode = jax.jit(lambda table, carry: greedy(make_step(table), carry, max_length=3))
    with jax.log_compiles(), caplog.at_level(logging.WARNING):
        for seed in range(3):
            decode(jnp.asarray(tables(ROWS, seed)[0]), first_carry(ROWS))
    assert len(re.findall(r"^Compiling jit\(<lambda>\)", "\n".join(caplog.messages), re.MULTILINE)) == 1


def test_a_forecaster_of_quantised_values_fits_as_a_step():
    """Tokens are levels of a series: each step predicts the next level, one above the last, and 0 after the top."""
    levels = V - 3  # after PAD, BOS and EOS

    def step(carry, token):
        level = jnp.where(token == BOS, carry["level"], token - 3)
        forecast = (level + 1) % levels
        return {"level": forecast}, -jnp.square((jnp.arange(V)[None] - 3 - forecast[:, None]).astype(jnp.float32))

    decoded = jax.jit(lambda carry: greedy(step, carry, max_length=5, banned=(PAD, BOS, EOS)))({"level": jnp.arange(3)})
    assert (decoded.tokens - 3).tolist() == [[1, 2, 0, 1, 2], [2, 0, 1, 2, 0], [0, 1, 2, 0, 1]]
