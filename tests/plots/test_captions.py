"""Figures of captions: what is drawn where."""

import numpy as np

from seqjax.plots.captions import DIMMED, CaptionPanel, attention_figure, lit_up, sheet_figure, strip


def picture(frames: int = 1) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (frames, 6, 6, 3), dtype=np.uint8)


def test_sheet_shows_each_picture_with_its_caption_and_the_reference_where_it_differs():
    panels = [CaptionPanel(picture(), "a cat", "a cat"), CaptionPanel(picture(), "a $dog", "a cow")]
    axes = [axis for axis in sheet_figure(panels).axes if axis.images]
    assert [axis.get_title() for axis in axes] == ["a cat", "a $dog\n(a cow)"]
    for axis in axes:
        np.testing.assert_array_equal(axis.images[0].get_array(), picture()[0])


def test_picture_is_lit_up_where_attention_looks():
    white = np.full((6, 6, 3), 255, np.uint8)
    lit = lit_up(white, np.array([0.0, 1.0, 0.0, 0.5]))
    np.testing.assert_allclose(lit[:3, 3:], 1)
    np.testing.assert_allclose(lit[:3, :3], DIMMED)
    np.testing.assert_allclose(lit[3:, 3:], (1 + DIMMED) / 2)


def test_attention_has_a_picture_for_each_word():
    weights = np.eye(4)[:2]
    figure = attention_figure([CaptionPanel(picture(), "a cat", "", ["a", "cat"], weights)])
    drawn = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title() for axis in drawn] == ["", "a", "cat"]
    np.testing.assert_allclose(drawn[2].images[0].get_array(), lit_up(picture()[0], weights[1]))
    assert attention_figure([CaptionPanel(picture(), "", "", [], None)]) is not None


def test_clip_is_a_strip_with_attention_over_time():
    frames, weights = picture(3), np.array([[0.2, 0.8, 0.0], [0, 0, 1.0]])
    heights, widths, _ = strip(frames).shape
    assert (heights, widths) == (6, 3 * 7 + 1)
    assert strip(picture(20)).shape[1] == 8 * 7 + 1
    top, heat = attention_figure([CaptionPanel(frames, "it moves", "", ["it", "moves"], weights)]).axes
    assert top.get_title() == "it moves"
    assert top.images[0].get_array().shape == (6, 18, 3)
    np.testing.assert_array_equal(heat.images[0].get_array(), weights)
    assert [label.get_text() for label in heat.get_yticklabels()] == ["it", "moves"]
