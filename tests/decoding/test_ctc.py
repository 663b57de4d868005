"""CTC: the loss, both searches and the alignment against brute force over all paths of tiny problems."""

import itertools
from collections import defaultdict

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.decoding.automaton import token_bigrams, words
from seqjax.decoding.ctc import NONE, align, best_path, frames_needed, prefix_beam_search
from seqjax.losses import ctc
from seqjax.tokens import PAD

TIME, CLASSES, BLANK = 4, 4, 3  # tokens 1 and 2; 0 is PAD, which the tiny networks may give some probability too
TOKENS = (1, 2)


def written(path: tuple[int, ...]) -> tuple[int, ...]:
    """The text of a path: repeated classes merged, then blanks removed."""
    return tuple(key for key, _ in itertools.groupby(path) if key != BLANK)


def texts(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of every text, summed over all its paths."""
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product((*TOKENS, BLANK), repeat=len(log_probs)):
        found[written(path)] += np.exp(sum(log_probs[t, token] for t, token in enumerate(path)))
    return dict(found)


@pytest.fixture(scope="module")
def problem():
    """Logits of two rows, the second with one frame of padding, in which stands NaN."""
    logits = np.random.default_rng(0).normal(0, 2, (2, TIME, CLASSES)).astype(np.float32)
    logits[..., PAD] = -1e9  # a network learns never to write PAD; it makes the brute force small
    logits[1, -1] = np.nan
    mask = np.array([[True] * TIME, [True] * (TIME - 1) + [False]])
    every = [texts(np.asarray(jax.nn.log_softmax(row[real]))) for row, real in zip(logits, mask, strict=True)]
    return jnp.asarray(logits), jnp.asarray(mask), every


def padded(text: tuple[int, ...]) -> list[int]:
    return [*text, *[PAD] * (TIME - len(text))]


def test_loss_is_the_negative_log_probability_over_all_paths(problem):
    logits, mask, every = problem
    for text in every[1]:
        labels = jnp.array([padded(text)] * 2)
        losses = ctc(logits, mask, labels, blank=BLANK)
        np.testing.assert_allclose(losses, [-np.log(row[text]) for row in every], rtol=1e-5)


def test_padding_has_no_gradient_and_changes_no_loss(problem):
    logits, mask, _ = problem
    labels = jnp.array([padded((1, 2))] * 2)
    gradient = jax.grad(lambda logits: ctc(logits, mask, labels, blank=BLANK).sum())(logits)
    assert np.isfinite(gradient).all()
    assert (np.asarray(gradient)[1, -1] == 0).all()
    assert np.abs(gradient[1, 0]).max() > 0


def test_text_too_long_for_its_frames_has_an_infinite_loss_without_gradient(problem):
    logits, mask, _ = problem
    labels = jnp.array([padded((1, 1, 2)), padded((1, 1, 2))])  # needs four frames; the second row has three
    losses, gradient = jax.value_and_grad(lambda x: ctc(x, mask, labels, blank=BLANK)[0])(logits)
    assert np.isfinite(losses)
    assert ctc(logits, mask, labels, blank=BLANK)[1] == jnp.inf
    gradient = jax.grad(lambda x: ctc(x, mask, labels, blank=BLANK).sum())(logits)
    assert (np.asarray(gradient)[1] == 0).all()
    assert frames_needed(np.array([1, 1, 2])) == 4


def test_blank_that_is_padding_is_refused():
    with pytest.raises(ValueError, match="a class of its own"):
        ctc(jnp.zeros((1, 2, 3)), jnp.ones((1, 2), bool), jnp.ones((1, 1), jnp.int32), blank=PAD)


def test_best_path_merges_repeated_tokens_and_drops_blanks():
    path = [[1, 1, BLANK, 1, 2, 2], [BLANK, 2, 2, BLANK, 1, 1]]
    mask = jnp.array([[True] * 6, [True] * 4 + [False] * 2])
    tokens, lengths = best_path(jax.nn.one_hot(jnp.array(path), CLASSES), mask, blank=BLANK)
    assert tokens.tolist() == [[1, 1, 2, PAD, PAD, PAD], [2, PAD, PAD, PAD, PAD, PAD]]
    assert lengths.tolist() == [3, 1]


def test_beam_search_finds_every_text_with_its_probability(problem):
    logits, mask, every = problem
    search = jax.jit(lambda *x: prefix_beam_search(*x, blank=BLANK, beam=40, max_length=TIME, n_best=40))
    found = search(logits, mask)
    for row, expected in enumerate(every):
        ranked = sorted(expected.items(), key=lambda item: -item[1])
        for place, (text, probability) in enumerate(ranked):
            assert found.tokens[row, place].tolist() == padded(text)
            assert found.lengths[row, place] == len(text)
            np.testing.assert_allclose(found.scores[row, place], np.log(probability), rtol=1e-4, atol=1e-5)
        assert (found.scores[row, len(ranked) :] == -jnp.inf).all()
        assert (found.tokens[row, len(ranked) :] == PAD).all()


def test_row_is_decoded_the_same_alone(problem):
    logits, mask, _ = problem
    options = {"blank": BLANK, "beam": 3, "max_length": TIME, "n_best": 2}
    both = prefix_beam_search(logits, mask, **options)
    for row in range(2):
        alone = prefix_beam_search(logits[row : row + 1], mask[row : row + 1], **options)
        for one, other in zip(alone, both, strict=True):
            np.testing.assert_array_equal(one[0], other[row])


def test_language_model_and_bonus_rank_the_texts(problem):
    logits, mask, every = problem
    automaton = token_bigrams([(1, 2), (1, 2, 2), (2,)], CLASSES)
    found = prefix_beam_search(
        logits, mask, blank=BLANK, beam=40, max_length=TIME, automaton=automaton, weight=0.7, bonus=0.3
    )
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
        found = align(logits, mask, jnp.array([padded(text)] * 2), blank=BLANK)
        for row in range(2):
            log_probs = np.asarray(jax.nn.log_softmax(logits[row]))[np.asarray(mask[row])]
            paths = [p for p in itertools.product((*TOKENS, BLANK), repeat=len(log_probs)) if written(p) == text]
            best = max(paths, key=lambda path: sum(log_probs[t, token] for t, token in enumerate(path)))
            place, expected = -1, []
            for t, token in enumerate(best):
                place += token != BLANK and (t == 0 or token != best[t - 1])
                expected.append(NONE if token == BLANK else place)
            assert found[row, : len(expected)].tolist() == expected
    assert (np.asarray(align(logits, mask, jnp.array([padded((1, 1, 2))] * 2), blank=BLANK))[1] == NONE).all()
