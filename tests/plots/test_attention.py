"""Attention plots: their cells and labels."""

import numpy as np
import pytest

from seqjax.plots.attention import AttentionPanel, attention_figure, plot_attention

WEIGHTS = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]])


def labels(axis):
    return [text.get_text() for text in axis.get_xticklabels()], [text.get_text() for text in axis.get_yticklabels()]


def test_attention_figure_has_tokens_as_rows_and_the_source_as_columns():
    short = AttentionPanel(["x"], ["y", "z"], np.array([[1.0], [1.0]]))
    first, second = attention_figure([AttentionPanel(["a", "$", "c"], ["A", "$$"], WEIGHTS), short]).axes
    (image,) = first.images
    np.testing.assert_array_equal(image.get_array(), WEIGHTS)
    assert labels(first) == (["a", "$", "c"], ["A", "$$"])
    left, right, bottom, top = image.get_extent()
    assert (left, right, bottom, top) == (-0.5, 2.5, 1.5, -0.5), "the first token is at the top"
    assert image.get_clim() == (0, 1)
    assert labels(second) == (["x"], ["y", "z"])


def test_attention_figure_turns_labels_of_words_only():
    panel = AttentionPanel(["one", "two", "three"], ["a", "b"], WEIGHTS)
    (words,) = attention_figure([panel]).axes
    (characters,) = attention_figure([panel._replace(source=["a", "b", "c"])]).axes
    assert [axis.get_xticklabels()[0].get_rotation() for axis in (words, characters)] == [60, 0]


def test_plot_attention_writes_any_script_and_an_empty_hypothesis(tmp_path):
    path = tmp_path / "a.png"
    plot_attention(path, [AttentionPanel(["很", "$x$", "\u202e"], [], np.zeros((0, 3)))])
    assert path.read_bytes().startswith(b"\x89PNG")


def test_plot_attention_needs_a_folder(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        plot_attention(tmp_path / "nowhere" / "a.png", [AttentionPanel(["a"], ["b"], np.ones((1, 1)))])
