"""Pictures of stories: what stands on their axes."""

import numpy as np

from seqjax.plots.stories import StoryPanel, plot_stories, stories_figure


def test_each_panel_has_its_sentences_its_hops_and_bold_supports(tmp_path):
    weights = np.array([[0.9, 0.1, 0.0], [0.0, 0.2, 0.8]])
    panels = [
        StoryPanel(["Ann took $3.", "Bob ate.", "x" * 100], "Where is $3? park", weights, (0, 2)),
        StoryPanel(["Ann left."], "Who left? Ann", np.ones((1, 1))),
    ]
    figure = stories_figure(panels)
    first, second = figure.axes
    labels = first.get_yticklabels()
    assert [label.get_text() for label in labels][:2] == ["Ann took $3.", "Bob ate."]
    assert len(labels[2].get_text()) == 70
    assert [label.get_fontweight() for label in labels] == ["bold", "normal", "bold"]
    assert [label.get_text() for label in first.get_xticklabels()] == ["hop 1", "hop 2"]
    np.testing.assert_array_equal(first.images[0].get_array(), weights.T)
    assert (first.get_title(), second.get_title()) == ("Where is $3? park", "Who left? Ann")
    plot_stories(tmp_path / "a.png", panels)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
