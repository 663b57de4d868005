"""Beam search equals greedy decoding for a beam of one, and a search of all sequences for a wide beam."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from chain import S, V, attend, every_sequence, first_carry, make_step, score, tables

from seqjax.decoding import beam_search, greedy
from seqjax.tokens import BOS, EOS, PAD

ROWS, T = 3, 4
WIDE = 3**T + 3 ** (T - 1)  # more hypotheses than there can be
LOGITS, ATTENTION = tables(ROWS)
STEP = make_step(LOGITS, ATTENTION)
MASK = jax.device_put(np.array([[True, False, False], [True, True, False], [True, True, False]]))


def search(step=STEP, rows=ROWS, **options):
    options = {"beam": 3, "max_length": T} | options
    return jax.device_get(jax.jit(lambda carry: beam_search(step, carry, **options))(first_carry(rows)))


def penalised(row, tokens, alpha=0.0, beta=0.0):
    """The penalised score in float64 (Wu et al. 2016, equation 14)."""
    total = score(LOGITS, row, tokens) / ((5 + len(tokens)) / 6) ** alpha
    if beta:
        covered = attend(ATTENTION, row, tokens).astype(np.float64).sum(axis=0)[MASK[row]]
        total += beta * np.sum(np.log(np.minimum(1, covered)))
    return total


@pytest.mark.parametrize(
    ("alpha", "beta", "min_length"),
    [(0.0, 0.0, 1), (-0.5, 0.0, 1), (1.3, 0.7, 1), (0.6, 0.2, 3)],
)
def test_wide_beam_equals_search_of_all_sequences(alpha, beta, min_length):
    n_best = 12
    options = {"length_penalty": alpha, "coverage_penalty": beta, "source_mask": MASK, "min_length": min_length}
    beams = search(beam=WIDE, n_best=n_best, **options)
    ended, _ = every_sequence(T, min_length)
    for row in range(ROWS):
        ranked = sorted(ended, key=lambda s, row=row: -penalised(row, s, alpha, beta))[:n_best]
        for n, tokens in enumerate(ranked):
            length = len(tokens)
            assert tuple(beams.tokens[row, n, :length].tolist()) == tokens
            assert not np.any(beams.tokens[row, n, length:])
            assert beams.lengths[row, n] == length
            np.testing.assert_allclose(beams.scores[row, n], score(LOGITS, row, tokens), atol=1e-5)
            np.testing.assert_allclose(beams.penalised[row, n], penalised(row, tokens, alpha, beta), atol=1e-5)
            np.testing.assert_array_equal(beams.attention[row, n, :length], attend(ATTENTION, row, tokens))
            assert not np.any(beams.attention[row, n, length:])


def test_truncated_hypotheses_come_after_all_finished_ones():
    ended, truncated = every_sequence(2)
    beams = search(beam=20, n_best=20, max_length=2, length_penalty=1.0)
    for row in range(ROWS):
        ranked = [sorted(kind, key=lambda s, row=row: -penalised(row, s, 1.0)) for kind in (ended, truncated)]
        expected = ranked[0] + ranked[1]
        assert len(expected) == 13
        for n, tokens in enumerate(expected):
            assert tuple(beams.tokens[row, n].tolist()) == tokens + (PAD,) * (2 - len(tokens))
            np.testing.assert_allclose(beams.scores[row, n], score(LOGITS, row, tokens), atol=1e-5)
            np.testing.assert_allclose(beams.penalised[row, n], penalised(row, tokens, 1.0), atol=1e-5)
        # There are no more than these.
        np.testing.assert_array_equal(beams.scores[row, 13:], -np.inf)
        np.testing.assert_array_equal(beams.penalised[row, 13:], -np.inf)
        assert not np.any(beams.lengths[row, 13:])
        assert not np.any(beams.tokens[row, 13:])


def test_beam_of_one_is_greedy():
    rows = 40  # enough that some end at once and some never
    logits, attention = tables(rows, seed=1)
    step = make_step(logits, attention)
    options = {"max_length": 7}
    both = jax.jit(lambda carry: (beam_search(step, carry, beam=1, **options), greedy(step, carry, **options)))
    beams, plain = jax.device_get(both(first_carry(rows)))
    assert len(set(plain.lengths.tolist())) > 3
    for field in ("tokens", "scores", "lengths", "attention"):
        np.testing.assert_array_equal(getattr(beams, field)[:, 0], getattr(plain, field))


def test_narrow_beam_equals_a_loop_over_hypotheses():
    """In plain Python: EOS among the K best finishes, the K best others stay live; ranked by the penalised score."""
    rows, beam, alpha, longest = 12, 3, 0.8, 8
    logits, _ = tables(rows, seed=2, spread=1.0)
    beams = search(make_step(logits), rows, beam=beam, n_best=2, max_length=longest, length_penalty=alpha)
    for row in range(rows):
        live, ended = [()], []
        for _ in range(longest):
            grown = [(*s, token) for s in live for token in range(EOS, V)]
            grown.sort(key=lambda s, row=row: -score(logits, row, s))
            ended += [s for s in grown[:beam] if s[-1] == EOS]
            live = [s for s in grown if s[-1] != EOS][:beam]
        ranked = sorted(ended, key=lambda s, row=row: -score(logits, row, s) / ((5 + len(s)) / 6) ** alpha)
        for n, tokens in enumerate(ranked[:2]):
            assert tuple(beams.tokens[row, n].tolist()) == tokens + (PAD,) * (longest - len(tokens))


def test_search_stops_when_nothing_can_overtake():
    logits = np.full((1, V, V, V), -9.0, np.float32)
    logits[..., EOS] = 0.0
    steps = []

    def step(carry, token):
        jax.debug.callback(lambda place: steps.append(int(place)), carry.place[0])
        return make_step(logits)(carry, token)

    beams = search(step, 1, beam=2, n_best=2, max_length=50)
    jax.effects_barrier()
    assert beams.lengths.tolist() == [[1, 2]]
    assert sorted(steps) == [0, 1]


@pytest.mark.parametrize(("alpha", "length"), [(1.0, 8), (0.0, 1)])
def test_search_continues_while_a_longer_sequence_may_overtake(alpha, length):
    """EOS at once has probability 0.55; otherwise it comes at the eighth position: ln 0.45 / (13 / 6) > ln 0.55."""
    logits = np.full((1, V, V, V), -30.0, np.float32)
    logits[0, 0, BOS, [EOS, 5]] = np.log([0.55, 0.45])

    def step(carry, token):
        carry, out = make_step(logits)(carry, token)
        certain = jnp.where(carry.place == 8, EOS, 5)
        return carry, jnp.where(
            (carry.place > 1)[:, None], jnp.where(jnp.arange(V)[None] == certain[:, None], 0.0, -30.0), out
        )

    beams = search(step, 1, beam=2, max_length=8, length_penalty=alpha)
    assert beams.lengths.tolist() == [[length]]


def test_forced_prefix_is_kept_and_counts_in_scores():
    prefix = jax.device_put(np.array([[4, 5, PAD], [PAD, PAD, PAD], [5, EOS, PAD]], np.int32))
    beams = search(beam=WIDE, n_best=3, prefix=prefix, min_length=3)
    ended, _ = every_sequence(T, 3)
    for row, start in ((0, (4, 5)), (1, ())):
        fit = [s for s in ended if s[: len(start)] == start]
        fit.sort(key=lambda s, row=row: -score(LOGITS, row, s))
        for n, tokens in enumerate(fit[:3]):
            assert tuple(beams.tokens[row, n, : len(tokens)].tolist()) == tokens
            np.testing.assert_allclose(beams.scores[row, n], score(LOGITS, row, tokens), atol=1e-5)
    # A prefix that ends decides everything, even against the minimum length.
    assert beams.tokens[2, 0].tolist() == [5, EOS, PAD, PAD]
    assert beams.lengths[2].tolist() == [2, 0, 0]
    np.testing.assert_array_equal(beams.scores[2, 1:], -np.inf)


def test_banned_tokens_are_never_chosen():
    beams = search(n_best=3, banned=(PAD, BOS, 5))
    assert not np.any(np.isin(beams.tokens, (BOS, 5)))
    # A token that is not banned may be chosen, even PAD.
    everything = np.zeros((1, V, V, V), np.float32)
    everything[..., PAD] = 3.0
    beams = search(make_step(everything), 1, beam=1, banned=())
    assert beams.tokens.tolist() == [[[PAD] * T]]
    assert beams.lengths.tolist() == [[T]]


def test_a_row_is_decoded_the_same_alone_as_in_a_batch():
    rows = 9
    logits, attention = tables(rows, seed=3)
    step = make_step(logits, attention)
    decode = jax.jit(
        partial(beam_search, step, beam=3, n_best=3, max_length=7, length_penalty=0.7, coverage_penalty=0.1)
    )
    carry = first_carry(rows)
    together = jax.device_get(decode(carry))
    for row in range(rows):
        alone = jax.device_get(decode(jax.tree.map(lambda leaf, row=row: np.asarray(leaf)[row : row + 1], carry)))
        jax.tree.map(lambda a, b, row=row: np.testing.assert_array_equal(a[0], b[row]), alone, together)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_best": 3}, "n_best must lie between 1 and beam=2, not 3"),
        ({"min_length": 5}, "min_length must lie between 1 and max_length=4, not 5"),
        ({"coverage_penalty": 0.1}, r"coverage_penalty must be 0, not 0.1, for a step that returns no attention"),
        ({"coverage_penalty": -0.1}, "coverage_penalty must be at least 0"),
        (
            {"prefix": jax.device_put(np.zeros((2, 5), np.int32))},
            "prefix must have at most max_length=4 columns, not 5",
        ),
        ({"carry": ()}, "carry must have an array"),
    ],
)
def test_arguments_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        beam_search(make_step(LOGITS), **({"carry": first_carry(2), "beam": 2, "max_length": 4} | options))


def test_source_mask_leaves_padding_out_of_the_coverage():
    """Without it, padding counts as never attended to, with a large but finite penalty."""
    options = {"beam": 3, "coverage_penalty": 0.5}
    with_mask, without = search(source_mask=MASK, **options), search(**options)
    assert np.all(with_mask.penalised > with_mask.scores - 5)
    assert np.all(without.penalised < without.scores - 5)
    assert np.all(np.isfinite(without.penalised))
    assert with_mask.attention.shape == (ROWS, 1, T, S)
