"""Confusion matrix and calibration plots: their cells, bars, lines and labels."""

import numpy as np
from matplotlib import font_manager

from seqjax.metrics.classification import calibration, confusion
from seqjax.plots import fonts
from seqjax.plots.classification import calibration_figure, confusion_figure, plot_calibration, plot_confusion


def test_confusion_figure_has_labels_as_rows_and_predictions_as_columns():
    """Three texts of class "a" are predicted as "c"; none of class "c" as "a"."""
    counts = confusion(np.array([0, 2, 2, 2, 1, 2]), np.array([0, 0, 0, 0, 1, 2]), 3)
    (axis,) = confusion_figure(counts, ("a", "b", "c")).axes
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("predicted", "label")
    names = [[text.get_text() for text in ticks] for ticks in (axis.get_xticklabels(), axis.get_yticklabels())]
    assert names == [["a", "b", "c"]] * 2
    texts = {text.get_position(): text.get_text() for text in axis.texts}
    assert len(texts) == 9
    assert texts[2, 0] == "3", "at x = predicted c, y = label a"
    assert texts[0, 2] == "0"
    (image,) = axis.images
    np.testing.assert_allclose(image.get_array(), [[0.25, 0, 0.75], [0, 1, 0], [0, 0, 1]])
    assert axis.get_ylim() == (2.5, -0.5), "the first label is at the top"


def tick_names(classes) -> list[str]:
    """Names on the axes of a confusion matrix, which are the same on both."""
    (axis,) = confusion_figure(np.eye(len(classes), dtype=int), classes).axes
    names = [[text.get_text() for text in ticks] for ticks in (axis.get_xticklabels(), axis.get_yticklabels())]
    assert names[0] == names[1]
    return names[0]


def test_confusion_figure_replaces_names_that_no_font_has(tmp_path):
    """A warning of Matplotlib, for a missing glyph or for mathematics, would be an error here."""
    private = "\U0010fffd"
    assert tick_names((private, "schön", "$x_{", "a\nb")) == ["class 0", "schön", "$x_{", "class 3"]
    plot_confusion(tmp_path / "x.png", np.eye(5, dtype=int), (private, "好看", "😀", "$a$ $", "جيد"))


def test_confusion_figure_takes_an_installed_font_that_has_the_names():
    file = font_manager.findfont(font_manager.FontProperties(family="STIXGeneral"))
    own = font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans"))
    character = chr(min(fonts._characters(file) - fonts._characters(own)))
    assert tick_names((character, "b")) == [character, "b"]
    (axis,) = confusion_figure(np.eye(2, dtype=int), (character, "b")).axes
    assert len(axis.get_xticklabels()[0].get_fontfamily()) == 2
    assert fonts.font_for("ab") == fonts.font_for("") == ["sans-serif"]


def test_confusion_figure_of_many_classes_and_long_names_stays_small():
    figure = confusion_figure(np.eye(900, dtype=int), [f"class {number}" for number in range(900)])
    (axis,) = figure.axes
    assert max(figure.get_size_inches()) == 20
    assert [text.get_text() for text in axis.get_xticklabels()][:2] == ["class 0", "class 15"]
    assert len(axis.texts) == 0
    assert tick_names(("x" * 300, "b")) == ["x" * 21 + "...", "b"]


def test_calibration_figure_has_accuracy_against_confidence_and_a_histogram():
    probabilities = np.array([[0.95, 0.05], [0.93, 0.07], [0.4, 0.6], [0.55, 0.45]])
    bins = calibration(probabilities, np.array([0, 1, 1, 1]), bins=10)
    upper, lower = calibration_figure(bins).axes
    diagonal, line = upper.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    np.testing.assert_allclose(line.get_xydata(), [[0.55, 0], [0.6, 1], [0.94, 0.5]])
    assert line.get_label() == "model"
    heights = [bar.get_height() for bar in lower.patches]
    assert heights == [0, 0, 0, 0, 0, 1, 1, 0, 0, 2]
    np.testing.assert_allclose([bar.get_x() for bar in lower.patches], np.arange(10) / 10, atol=1e-12)
    np.testing.assert_allclose([bar.get_width() for bar in lower.patches], 0.1)
    assert upper.get_ylabel() == "accuracy"
    assert lower.get_ylabel() == "examples"


def test_plots_of_a_classifier_are_written(tmp_path):
    plot_confusion(tmp_path / "confusion.png", np.eye(2, dtype=int), ("a", "b"))
    plot_calibration(tmp_path / "calibration.png", np.zeros((15, 3)))
    for name in ("confusion.png", "calibration.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
