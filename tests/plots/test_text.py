"""Plots of text measures, and pages of coloured texts."""

import re

import numpy as np

from seqjax.plots.text import (
    ColouredText,
    coloured_page,
    loss_by_distance_figure,
    plot_loss_by_distance,
    plot_score_by_length,
    score_by_length_figure,
    write_coloured_page,
)

CURVES = {
    "carry": {"source tokens": [3.0, 9.0], "exact match": [0.5, 0.1], "edits per token": [0.2, 0.4]},
    "attention": {"source tokens": [3.0, 9.0], "exact match": [0.9, 0.8], "edits per token": [0.0, 0.1]},
}


def test_score_by_length_figure_has_a_panel_for_each_measure_and_a_line_for_each_curve():
    figure = score_by_length_figure(CURVES)
    assert [axis.get_ylabel() for axis in figure.axes] == ["exact match", "edits per token"]
    for axis in figure.axes:
        assert axis.get_xlabel() == "source length in tokens"
        assert [line.get_label() for line in axis.lines] == ["carry", "attention"]
        for line, curve in zip(axis.lines, CURVES.values(), strict=True):
            np.testing.assert_array_equal(line.get_xdata(), curve["source tokens"])
            np.testing.assert_array_equal(line.get_ydata(), curve[axis.get_ylabel()])
        assert axis.get_ylim()[0] == 0
    legend = figure.axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["carry", "attention"]
    assert score_by_length_figure({"model": CURVES["carry"]}).axes[0].get_legend() is None


def test_loss_by_distance_figure_has_distances_on_a_logarithmic_axis():
    curves = {"model": {1: 3.0, 3: 2.0, 7: 1.5}, "unigram": {1: 3.5, 3: 3.5}}
    (axis,) = loss_by_distance_figure(curves, "tokens into the text").axes
    assert axis.get_xscale() == "log"
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("tokens into the text", "loss in nats")
    assert [text.get_text() for text in axis.get_xticklabels()] == ["1", "3", "7"]
    for line, (name, curve) in zip(axis.lines, curves.items(), strict=True):
        assert line.get_label() == name
        assert dict(zip(line.get_xdata(), line.get_ydata(), strict=True)) == curve
    assert axis.lines[0].get_linewidth() > axis.lines[1].get_linewidth()


def test_plots_of_texts_are_written(tmp_path):
    plot_score_by_length(tmp_path / "score.png", CURVES)
    plot_loss_by_distance(tmp_path / "loss.png", {"model": {1: 2.0}}, "tokens")
    for name in ("score.png", "loss.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def spans(page: str) -> list[tuple[str, str, str, str]]:
    """Colour, opacity, opacity of the line below, and token of each span."""
    pattern = r'<span style="background: rgba\((\d+,\d+,\d+),([\d.]+)\); border-bottom: [^(]*\(0,0,0,([\d.]+)\)">(.*?)<'
    return re.findall(pattern, page)


def test_coloured_page_has_red_above_and_blue_below_zero():
    text = ColouredText("<title>", ["good", "<b>", "bad"], np.array([2.0, 0.5, -1.0]), np.array([0.2, 0.2, 0.6]))
    page = coloured_page([text], "T & U", "legend")
    assert "<title>T &amp; U</title>" in page
    assert "<p>legend</p>" in page
    assert "<h3>&lt;title&gt;</h3>" in page
    red, blue = "200,68,44", "72,120,168"
    assert spans(page) == [
        (red, "1.00", "0.33", "good"),
        (red, "0.25", "0.33", "&lt;b&gt;"),
        (blue, "0.50", "1.00", "bad"),
    ]
    assert "</span> <span" in page


def test_coloured_page_has_no_lines_for_equal_attention_and_takes_an_empty_text(tmp_path):
    texts = [
        ColouredText("equal", ["a", "b"], np.array([1.0, -1.0]), np.full(2, 0.5), separator=""),
        ColouredText("empty", [], np.zeros(0), np.zeros(0)),
    ]
    write_coloured_page(tmp_path / "page.html", texts, "t", "l")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert [line for _, _, line, _ in spans(page)] == ["0.00", "0.00"]
    assert "</span><span" in page
    assert "<h3>empty</h3>" in page
