"""The summariser: panels of long texts show the positions that count, in their order."""

import numpy as np
from flax import nnx

from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.search import Hypothesis
from seqjax.predictors.summarization import COLUMNS, Summarizer


def test_panel_shows_the_positions_with_the_largest_weights_in_the_order_of_the_text():
    words = Vocabulary.learn(["a b"], kind="word", lowercase=True, size=20, min_count=1, spacing=True)
    summarizer = Summarizer(nnx.Module(), words, (40,))
    text = " ".join(f"w{n}" for n in range(50))
    weights = np.random.default_rng(0).dirichlet(np.ones(40), 2)
    hypothesis = Hypothesis(np.array([4, len(words) + 1]), 0.0, weights, ("x", "y\uffed"))
    panel = summarizer.attention_panel(text, hypothesis)
    assert list(panel.tokens) == ["a", "y"]
    shown = [int(label[1:]) for label in panel.source]
    assert shown == sorted(shown)
    assert len(shown) == COLUMNS
    hidden = sorted(set(range(40)) - set(shown))
    assert weights.max(axis=0)[hidden].max() <= weights.max(axis=0)[shown].min()
    np.testing.assert_array_equal(panel.weights, weights[:, shown])
    short = summarizer.attention_panel("w0 w1", hypothesis._replace(attention=weights[:, :2]))
    assert list(short.source) == ["w0", "w1"]
