"""Greedy decoding, sampling, beam search and rollout refuse arguments that they would misread."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from chain import V, first_carry, make_step, tables

from seqjax.decoding import beam_search, greedy, roll_out, sample
from seqjax.decoding.search import Search, decode_with
from seqjax.tokens import BOS, EOS, PAD

pytestmark = pytest.mark.usefixtures("unchecked")

ROWS, T = 2, 4
LOGITS, ATTENTION = tables(ROWS)
STEP, ATTENDING = make_step(LOGITS), make_step(LOGITS, ATTENTION)
KEYS = jax.random.split(jax.random.key(0), ROWS)
SEARCHES = {
    "greedy": greedy,
    "sample": lambda step, carry, **options: sample(step, carry, KEYS, **options),
    "beam": lambda step, carry, **options: beam_search(step, carry, beam=2, **options),
}
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"prefix": [[77], [3]]}, ValueError, "prefix must hold ids between 0 and 5, the last of 6 tokens, not 77"),
        ({"prefix": np.array([[-1], [3]])}, ValueError, "prefix must hold ids between 0 and 5.*, not -1"),
        ({"prefix": jnp.array([[V], [3]])}, ValueError, "prefix must hold ids between 0 and 5.*, not 6"),
        ({"prefix": jnp.array([[3]])}, ValueError, r"prefix must have shape \[2, P\], not \[1, 1\]"),
        ({"prefix": jnp.array([3, 4])}, ValueError, r"prefix must have shape \[2, P\], not \[2\]"),
        ({"prefix": jnp.array([[3.0], [4.0]])}, TypeError, "prefix must hold ints, not values of type float32"),
        ({"banned": range(V)}, ValueError, "banned must leave at least one of the 6 tokens"),
        ({"banned": (0, 1, 3, 4, 5), "min_length": 2}, ValueError, "banned must leave a token besides EOS"),
        ({"banned": (V,)}, ValueError, "banned ids must be between 0 and 5, the last of 6 tokens, not 6"),
        ({"banned": (-1,)}, ValueError, "banned ids must be between 0 and 5.*, not -1"),
        ({"banned": ("<unk>",)}, TypeError, "banned must hold ints, not '<unk>'"),
        ({"max_length": 0}, ValueError, "max_length must be at least 1, not 0"),
        ({"max_length": -3}, ValueError, "max_length must be at least 1, not -3"),
        ({"max_length": 4.0}, TypeError, r"max_length must be an int, not 4\.0"),
        ({"min_length": 0}, ValueError, "min_length must be at least 1, not 0"),
        ({"min_length": 5}, ValueError, "min_length must lie between 1 and max_length=4, not 5"),
        ({"carry": first_carry(3)._replace(row=jnp.arange(2))}, ValueError, "carry must have arrays with one row"),
        ({"carry": jnp.zeros(())}, ValueError, "carry must have arrays with one row"),
        (
            {"step": lambda c, t: (c, jnp.zeros((ROWS, 1, V)))},
            ValueError,
            "step must return logits of shape",
        ),
        ({"step": lambda c, t: ((c, c), jnp.zeros((ROWS, V)))}, TypeError, "step must return a carry of the structure"),
    ],
)
def test_every_search_names_what_it_cannot_take(search, options, error, message):
    arguments = {"step": STEP, "carry": first_carry(ROWS), "max_length": T} | options
    with pytest.raises(error, match=message):
        search(arguments.pop("step"), arguments.pop("carry"), **arguments)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"temperature": NAN}, ValueError, "temperature must be above 0, not nan"),
        ({"temperature": -1.0}, ValueError, r"temperature must be above 0, not -1\.0"),
        ({"temperature": INF}, ValueError, "temperature must be finite, not inf"),
        ({"temperature": 1e-40}, ValueError, "temperature must lie between 1e-30 and"),
        ({"temperature": "1"}, TypeError, "temperature must be one number, not '1'"),
        ({"temperature": jnp.ones(2)}, TypeError, "temperature must be one number"),
        ({"top_k": -1}, ValueError, "top_k must be at least 1, not -1"),
        ({"top_k": 2.5}, TypeError, r"top_k must be an int, not 2\.5"),
        ({"top_p": NAN}, ValueError, "top_p must be finite, not nan"),
        ({"top_p": -0.5}, ValueError, r"top_p must be above 0 and at most 1, not -0\.5"),
        ({"keys": jax.random.key(0)}, ValueError, r"keys must be one for each row, \[2\], as jax.random.split"),
        ({"keys": jax.random.split(jax.random.key(0), 3)}, ValueError, r"keys must be one for each row.*not \[3\]"),
        ({"keys": jax.random.PRNGKey(0)}, TypeError, "keys must be typed keys"),
        ({"keys": 0}, TypeError, "keys must be typed keys.*, not 0"),
        ({"first": jnp.array([3])}, ValueError, r"first must have shape \[2\], not \[1\]"),
        ({"first": [3, V]}, ValueError, "first must hold ids between 0 and 5.*, not 6"),
    ],
)
def test_sample_names_what_it_cannot_take(options, error, message):
    arguments = {"keys": KEYS, "max_length": T} | options
    with pytest.raises(error, match=message):
        sample(STEP, first_carry(ROWS), **arguments)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"beam": 0}, ValueError, "beam must be at least 1, not 0"),
        ({"beam": 2.0}, TypeError, r"beam must be an int, not 2\.0"),
        ({"n_best": 0}, ValueError, "n_best must be at least 1, not 0"),
        ({"n_best": 3}, ValueError, "n_best must lie between 1 and beam=2, not 3"),
        ({"length_penalty": NAN}, ValueError, "length_penalty must be finite, not nan"),
        ({"length_penalty": INF}, ValueError, "length_penalty must be finite, not inf"),
        ({"length_penalty": -500.0}, ValueError, r"length_penalty must lie between -98\.7 and 98\.7 with max_length=4"),
        ({"length_penalty": 500}, ValueError, "length_penalty must lie between .*, not 500"),
        ({"coverage_penalty": NAN}, ValueError, "coverage_penalty must be finite, not nan"),
        ({"coverage_penalty": -1.0}, ValueError, "coverage_penalty must be at least 0"),
        ({"source_mask": jnp.ones((1, 3), bool)}, ValueError, r"source_mask must have shape \[2, 3\] .*not \[1, 3\]"),
        ({"source_mask": jnp.ones((2, 3), int)}, TypeError, "source_mask must be of type bool, not int32"),
    ],
)
def test_beam_search_names_what_it_cannot_take(options, error, message):
    with pytest.raises(error, match=message):
        beam_search(ATTENDING, first_carry(ROWS), **{"beam": 2, "max_length": T} | options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"temperature": NAN}, ValueError, "temperature must be at least 0, not nan"),
        ({"temperature": INF}, ValueError, "temperature must be finite, not inf"),
        ({"top_p": 0.0}, ValueError, r"top_p must be above 0 and at most 1, not 0\.0"),
        ({"top_k": 0}, ValueError, "top_k must be at least 1, not 0"),
        ({"length_penalty": NAN}, ValueError, "length_penalty must be finite, not nan"),
        ({"banned": (-1,)}, ValueError, "banned ids must be at least 0, not -1"),
        ({"beam": 1.5}, TypeError, r"beam must be an int, not 1\.5"),
    ],
)
def test_search_options_are_checked_before_anything_is_decoded(options, error, message):
    with pytest.raises(error, match=message):
        Search(**{"max_length": T} | options)


def test_decode_with_needs_a_key_for_each_row():
    with pytest.raises(ValueError, match=r"keys must be one for each row, \[2\]"):
        decode_with(STEP, first_carry(ROWS), Search(max_length=T, temperature=1.0), jax.random.key(0))


def test_roll_out_checks_its_steps():
    def step(carry, value, now=None):
        return carry, value

    with pytest.raises(ValueError, match="steps must be at least 1, not 0"):
        roll_out(step, jnp.zeros(2), jnp.zeros(2), 0)
    with pytest.raises(ValueError, match=r"inputs must have shape \[B, 3, \.\.\.\] with steps=3, not \[2, 4\]"):
        roll_out(step, jnp.zeros(2), jnp.zeros(2), 3, jnp.zeros((2, 4)))


def test_a_traced_temperature_and_probability_equal_fixed_ones_and_compile_nothing_anew():
    traced = []

    @jax.jit
    def run(temperature, top_p):
        traced.append(temperature)
        return sample(STEP, first_carry(ROWS), KEYS, max_length=T, temperature=temperature, top_p=top_p)

    for temperature, top_p in ((0.5, 0.9), (2.0, 0.7), (1.0, 1.0)):
        fixed = sample(STEP, first_carry(ROWS), KEYS, max_length=T, temperature=temperature, top_p=top_p)
        jax.tree.map(np.testing.assert_array_equal, run(temperature, top_p), fixed)
    assert len(traced) == 1


def test_valid_extremes_are_taken():
    carry = first_carry(ROWS)

    def run(search, **options):
        return jax.jit(lambda carry: search(STEP, carry, max_length=T, **options))(carry)

    only_eos = run(greedy, banned=(PAD, BOS, 3, 4, 5))
    np.testing.assert_array_equal(np.asarray(only_eos.tokens)[:, 0], EOS)
    assert run(greedy, prefix=[[], []]).tokens.shape == (ROWS, T)
    assert np.isfinite(run(beam_search, beam=2, length_penalty=-90).penalised).all()
    assert np.isfinite(run(sample, keys=KEYS, temperature=1e-30, top_k=100).scores).all()
