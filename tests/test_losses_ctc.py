"""The loss of CTC against brute force over all paths of tiny problems."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.decoding.ctc import frames_needed
from seqjax.losses import ctc
from seqjax.tokens import PAD
from tests.ctc_paths import BLANK, padded, text_probability
from tests.ctc_paths import problem as tiny_problem

loss = jax.jit(partial(ctc, blank=BLANK))
gradient_of = jax.jit(jax.grad(lambda logits, mask, labels: ctc(logits, mask, labels, blank=BLANK).sum()))


@pytest.fixture(scope="module")
def problem():
    return tiny_problem()


def test_loss_is_the_negative_log_probability_over_all_paths(problem):
    logits, mask, every = problem
    for text in every[1]:
        labels = jnp.array([padded(text)] * 2)
        losses = loss(logits, mask, labels)
        np.testing.assert_allclose(losses, [-np.log(row[text]) for row in every], rtol=1e-5)


def test_padding_has_no_gradient_and_changes_no_loss(problem):
    logits, mask, _ = problem
    labels = jnp.array([padded((1, 2))] * 2)
    gradient = gradient_of(logits, mask, labels)
    assert np.isfinite(gradient).all()
    assert (np.asarray(gradient)[1, -1] == 0).all()
    assert np.abs(gradient[1, 0]).max() > 0


def test_text_too_long_for_its_frames_has_an_infinite_loss_without_gradient(problem):
    logits, mask, _ = problem
    labels = jnp.array([padded((1, 1, 2)), padded((1, 1, 2))])  # needs four frames; the second row has three
    losses = loss(logits, mask, labels)
    assert np.isfinite(losses[0])
    assert losses[1] == jnp.inf
    gradient = gradient_of(logits, mask, labels)
    assert np.isfinite(gradient).all()
    assert (np.asarray(gradient)[1] == 0).all()
    assert frames_needed(np.array([1, 1, 2])) == 4


def test_blank_that_is_padding_is_refused():
    with pytest.raises(ValueError, match="a class of its own"):
        ctc(jnp.zeros((1, 2, 3)), jnp.ones((1, 2), bool), jnp.ones((1, 1), jnp.int32), blank=PAD)


def test_recursion_that_other_tests_rest_on_is_brute_force(problem):
    logits, _, every = problem
    log_probs = np.asarray(jax.nn.log_softmax(logits[0]))
    for text, probability in every[0].items():
        if text:
            assert text_probability(log_probs, np.array(text), BLANK) == pytest.approx(np.log(probability), rel=1e-5)
