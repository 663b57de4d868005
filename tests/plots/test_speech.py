"""Plots of speech, by what is on their axes."""

import numpy as np

from seqjax.plots.speech import SpectrogramPanel, confusions_figure, plot_spectrograms, spectrogram_figure


def test_letters_stand_at_their_times():
    frames = np.random.default_rng(0).normal(size=(50, 8))
    letters = [(0.1, "h"), (0.2, "i"), (0.3, " "), (0.4, "$")]
    figure = spectrogram_figure(
        [SpectrogramPanel("hi $", frames, 0.01, letters), SpectrogramPanel("", frames, 0.01, [])]
    )
    first, second = figure.axes
    (image,) = first.images
    np.testing.assert_array_equal(image.get_array(), frames.T)
    assert image.get_extent() == [0, 0.5, 0, 8]
    texts = [text for text in first.texts if text.get_text()]
    assert [(text.xy[0], text.get_text()) for text in texts] == [(0.1, "h"), (0.2, "i"), (0.3, "\u2423"), (0.4, "$")]
    assert first.get_title(loc="left") == "hi $"
    assert second.get_title(loc="left") == "(no words)"


def test_picture_is_written_without_warnings(tmp_path):
    panel = SpectrogramPanel("a b", np.zeros((5, 3)), 0.01, [(0.01, " ")])
    plot_spectrograms(tmp_path / "a.png", [panel])
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_bars_are_the_numbers_of_the_confusions():
    figure = confusions_figure([(("five", "nine"), 3), (("the", ""), 1)])
    (axis,) = figure.axes
    assert [bar.get_width() for bar in axis.patches] == [3, 1]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["five \u2192 nine", "the \u2192 (nothing)"]
    (empty,) = confusions_figure([]).axes
    assert any(text.get_text() == "no word is wrong" for text in empty.texts)
