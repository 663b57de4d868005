"""The search: its options, each kind of decoding, and batches whose rows do not affect each other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from chain import EOS, Carry, attend, every_sequence, make_step, score, tables

from seqjax.decoding.search import BatchedSearch, Search, decode_with
from seqjax.tokens import BOS, PAD, UNK

ROWS, LENGTH = 5, 3
LOGITS, ATTENTION = tables(ROWS, seed=3)
FREE = (PAD, BOS)  # leaves UNK to the chain, whose tokens are 2 to 5


def start(params, rows):
    """A chain for each row of tables, by its number."""
    zeros = jnp.zeros(len(rows), jnp.int32)
    return make_step(*params), Carry(rows, zeros, zeros)


@pytest.fixture(scope="module")
def search() -> BatchedSearch:
    return BatchedSearch(start, batch_size=4)


def decode(search, rows, keys=None, **options):
    rows = np.array(rows, np.int32)
    return search((LOGITS, ATTENTION), rows, Search(max_length=LENGTH, banned=FREE, **options), keys)


def greedy_by_loop(row: int) -> list[int]:
    before, last, tokens = 0, BOS, []
    while len(tokens) < LENGTH and last != EOS:
        logits = LOGITS[row, before, last].copy()
        logits[list(FREE)] = -np.inf
        before, last = last, int(logits.argmax())
        tokens.append(last)
    return tokens


def test_search_greedy_equals_a_loop(search):
    for row, (hypothesis,) in enumerate(decode(search, range(ROWS))):
        tokens = greedy_by_loop(row)
        assert [*hypothesis.ids] == [token for token in tokens if token != EOS]
        assert hypothesis.score == pytest.approx(score(LOGITS, row, tokens), abs=1e-5)
        np.testing.assert_allclose(
            hypothesis.attention, attend(ATTENTION, row, tokens)[: len(hypothesis.ids)], atol=1e-6
        )


@pytest.mark.parametrize("options", [{}, {"beam": 3}, {"temperature": 1.0}])
def test_search_gives_no_sequence_below_the_minimum_length(search, options):
    keys = jax.random.split(jax.random.key(0), ROWS)
    lengths = {
        shortest: [len(best.ids) for (best,) in decode(search, range(ROWS), keys, min_length=shortest, **options)]
        for shortest in (1, LENGTH)
    }
    assert min(lengths[1]) < LENGTH - 1 <= min(lengths[LENGTH]), "EOS included"


def test_search_wide_beam_equals_brute_force(search):
    ended, _ = every_sequence(LENGTH)
    for row, hypotheses in enumerate(decode(search, range(ROWS), beam=30, n_best=3)):
        best = sorted(ended, key=lambda tokens: -score(LOGITS, row, tokens))[:3]
        assert [tuple(hypothesis.ids) for hypothesis in hypotheses] == [tokens[:-1] for tokens in best]
        assert [hypothesis.score for hypothesis in hypotheses] == pytest.approx(
            [score(LOGITS, row, tokens) for tokens in best], abs=1e-4
        )


def test_search_result_of_an_input_does_not_depend_on_the_others(search):
    options = {"beam": 30, "n_best": 3}
    among = decode(search, range(ROWS), **options)
    programs = search._decode._cache_size()
    for rows in ([4], [3, 1, 2]):
        hypotheses = decode(search, rows, **options)
        for row, each in zip(rows, hypotheses, strict=True):
            for a, b in zip(each, among[row], strict=True):
                assert a.score == b.score
                np.testing.assert_array_equal(a.ids, b.ids)
                np.testing.assert_array_equal(a.attention, b.attention)
    assert search._decode._cache_size() == programs, "other numbers of inputs compile nothing"
    assert decode(search, [], **options) == []


def test_search_samples_depend_on_the_key_of_their_input(search):
    keys = jax.random.split(jax.random.key(0), ROWS)
    options = {"temperature": 1.0, "n_best": 8}
    among = decode(search, range(ROWS), keys, **options)
    alone = decode(search, [3], keys[3:4], **options)
    for a, b in zip(alone[0], among[3], strict=True):
        np.testing.assert_array_equal(a.ids, b.ids)
    assert len({tuple(hypothesis.ids) for hypothesis in among[3]}) > 2
    other = decode(search, [3], keys[2:3], **options)
    assert [tuple(a.ids) for a in other[0]] != [tuple(a.ids) for a in among[3]]
    for hypothesis in among[3]:
        tokens = [*hypothesis.ids, EOS][:LENGTH]
        assert hypothesis.score == pytest.approx(score(LOGITS, 3, tokens), abs=1e-5)


def test_search_top_k_of_one_is_greedy(search):
    keys = jax.random.split(jax.random.key(0), ROWS)
    for row, hypotheses in enumerate(decode(search, range(ROWS), keys, temperature=1.0, top_k=1, n_best=2)):
        for hypothesis in hypotheses:
            assert [*hypothesis.ids] == [token for token in greedy_by_loop(row) if token != EOS]


def test_search_takes_any_step():
    """A step without attention, whose inputs are a tree of arrays: it counts down from a number to 0."""

    def countdown(params, inputs):
        def step(carry, token):
            return carry - 1, jax.nn.one_hot(jnp.where(carry > 0, params["token"], EOS), 8)

        return step, inputs["number"]

    search = BatchedSearch(countdown, batch_size=4)
    inputs = {"number": np.array([2, 0, 3, 1, 2]), "unused": np.zeros((5, 2, 3))}
    hypotheses = search({"token": jnp.int32(5)}, inputs, Search(max_length=3))
    assert [[*best.ids] for (best,) in hypotheses] == [[5, 5], [], [5, 5, 5], [5], [5, 5]]
    assert hypotheses[0][0].attention is None


def test_search_never_chooses_banned_tokens():
    assert Search(max_length=1).banned == (PAD, BOS, UNK)

    def start(params, inputs):
        return lambda carry, token: (carry, jnp.broadcast_to(jnp.arange(6.0)[::-1], (len(token), 6))), inputs

    (best,), *_ = BatchedSearch(start, batch_size=1)(None, np.zeros(1), Search(max_length=2, banned=(0, 1, 2, 3)))
    assert [*best.ids] == [4, 4]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"max_length": 0}, "max_length must be at least 1, not 0"),
        ({"beam": 0}, "beam must be at least 1, not 0"),
        ({"beam": 2, "n_best": 3}, "n_best must be at most beam=2 without sampling, not 3"),
        ({"min_length": 4}, "min_length must lie between 1 and max_length=3, not 4"),
        ({"min_length": 0}, "min_length must be at least 1, not 0"),
        ({"temperature": -1.0}, "temperature must be at least 0"),
        ({"temperature": float("nan")}, "temperature must be at least 0"),
    ],
)
def test_search_options_are_checked(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        Search(**{"max_length": 3} | options)


def test_search_samples_need_keys():
    with pytest.raises(ValueError, match="keys must be given, not None, with a temperature above 0"):
        decode_with(lambda carry, token: (carry, carry), jnp.zeros((2, 6)), Search(max_length=2, temperature=1.0))
