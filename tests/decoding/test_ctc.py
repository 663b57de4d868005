"""CTC: both searches and the alignment against brute force over all paths of tiny problems."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.decoding.automaton import token_bigrams, words
from seqjax.decoding.ctc import NONE, align, best_path, prefix_beam_search
from seqjax.tokens import PAD
from tests.ctc_paths import BLANK, CLASSES, TIME, TOKENS, padded, written
from tests.ctc_paths import problem as tiny_problem

AUTOMATON = token_bigrams([(1, 2), (1, 2, 2), (2,)], CLASSES)
OPTIONS = {"blank": BLANK, "beam": 40, "max_length": TIME, "n_best": 40}
aligned = jax.jit(partial(align, blank=BLANK))


@jax.jit  # one program for all tests: a language model of weight 0 is none
def search(logits, mask, weight, bonus):
    return prefix_beam_search(logits, mask, automaton=AUTOMATON, weight=weight, bonus=bonus, **OPTIONS)


@pytest.fixture(scope="module")
def problem():
    return tiny_problem()


def test_best_path_merges_repeated_tokens_and_drops_blanks():
    path = [[1, 1, BLANK, 1, 2, 2], [BLANK, 2, 2, BLANK, 1, 1]]
    mask = jnp.array([[True] * 6, [True] * 4 + [False] * 2])
    logits = np.eye(CLASSES, dtype=np.float32)[np.array(path)]
    tokens, lengths = jax.jit(partial(best_path, blank=BLANK))(logits, mask)
    assert tokens.tolist() == [[1, 1, 2, PAD, PAD, PAD], [2, PAD, PAD, PAD, PAD, PAD]]
    assert lengths.tolist() == [3, 1]


def test_beam_search_finds_every_text_with_its_probability(problem):
    logits, mask, every = problem
    found = search(logits, mask, 0.0, 0.0)
    for row, expected in enumerate(every):
        ranked = sorted(expected.items(), key=lambda item: -item[1])
        for place, (text, probability) in enumerate(ranked):
            assert found.tokens[row, place].tolist() == padded(text)
            assert found.lengths[row, place] == len(text)
            np.testing.assert_allclose(found.scores[row, place], np.log(probability), rtol=1e-4, atol=1e-5)
        assert (found.scores[row, len(ranked) :] == -jnp.inf).all()
        assert (found.tokens[row, len(ranked) :] == PAD).all()


def test_row_is_decoded_the_same_beside_any_other(problem):
    logits, mask, _ = problem
    both = search(logits, mask, 0.0, 0.0)
    for row in range(2):
        twice = search(logits[jnp.array([row, row])], mask[jnp.array([row, row])], 0.0, 0.0)
        for one, other in zip(twice, both, strict=True):
            np.testing.assert_array_equal(one[0], other[row])
            np.testing.assert_array_equal(one[1], other[row])


def test_language_model_and_bonus_rank_the_texts(problem):
    logits, mask, every = problem
    automaton, found = AUTOMATON, search(logits, mask, 0.7, 0.3)
    for row, expected in enumerate(every):

        def score(text: tuple[int, ...], probability: float) -> float:
            state, total = automaton.start, np.log(probability) + 0.3 * len(text)
            for token in text:
                total += 0.7 * float(automaton.scores[state, token])
                state = int(automaton.following[state, token])
            return total + 0.7 * float(automaton.final[state])

        best = max(expected, key=lambda text: score(text, expected[text]))
        assert found.tokens[row, 0].tolist() == padded(best)
        np.testing.assert_allclose(found.ranked_by[row, 0], score(best, expected[best]), rtol=1e-4)


def test_word_list_allows_its_words_alone():
    space, spellings = 3, {"ab": (1, 2), "a": (1,)}
    automaton = words(spellings, 5, space=space)

    def score(text: tuple[int, ...]) -> float:
        state, total = automaton.start, 0.0
        for token in text:
            total += float(automaton.scores[state, token])
            state = int(automaton.following[state, token])
        return total + float(automaton.final[state])

    for text, count in {(1,): 1, (1, 2): 1, (1, space, 1, 2): 2, (1, 2, space, 1, space, 1): 3}.items():
        np.testing.assert_allclose(score(text), count * np.log(1 / 2), rtol=1e-6)
    for text in [(2,), (1, space), (space, 1), (1, 2, 1), (1, space, space, 1)]:
        assert score(text) == -np.inf

    bigrams = words(spellings, 5, space=space, texts=[["a", "ab"], ["a"]], smoothing=1.0)
    automaton = bigrams
    after_start, after_a, after_ab = np.array([1, 3, 1]) / 5, np.array([2, 1, 2]) / 5, np.array([1, 1, 2]) / 4
    expected = np.log(after_start[1] * after_a[0] * after_ab[2])  # a, ab, the end
    np.testing.assert_allclose(score((1, space, 1, 2)), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="one spelling"):
        words({"to": (1,), "two": (1,)}, 5, space=space)


def test_alignment_is_the_most_likely_path_of_the_text(problem):
    logits, mask, every = problem
    for text in every[1]:
        found = aligned(logits, mask, jnp.array([padded(text)] * 2))
        for row in range(2):
            log_probs = np.asarray(jax.nn.log_softmax(logits[row]))[np.asarray(mask[row])]
            paths = [p for p in itertools.product((*TOKENS, BLANK), repeat=len(log_probs)) if written(p) == text]
            best = max(paths, key=lambda path: sum(log_probs[t, token] for t, token in enumerate(path)))
            place, expected = -1, []
            for t, token in enumerate(best):
                place += token != BLANK and (t == 0 or token != best[t - 1])
                expected.append(NONE if token == BLANK else place)
            assert found[row, : len(expected)].tolist() == expected
    assert (np.asarray(aligned(logits, mask, jnp.array([padded((1, 1, 2))] * 2)))[1] == NONE).all()
