"""Plots of gradient norms and forget gates: their lines and bands."""

import numpy as np

from seqjax.plots.gradient_flow import gradient_flow_figure, plot_gradient_flow

NORMS = {
    "h, before training": np.array([1.0, 0.5, 0.0]),
    "c, before training": np.array([1.0, 0.9, 0.8]),
    "h, after training": np.array([2.0, 0.2, 0.02]),
}


def lines(axis):
    return {line.get_label(): line for line in axis.lines}


def test_gradient_flow_figure_draws_norms_against_steps_back_on_a_logarithmic_axis():
    (axis,) = gradient_flow_figure(NORMS, {}).axes
    drawn = lines(axis)
    assert set(drawn) == set(NORMS)
    for label, norm in NORMS.items():
        np.testing.assert_array_equal(drawn[label].get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(drawn[label].get_ydata(), np.where(norm > 0, norm, np.nan))
    assert axis.get_yscale() == "log"
    assert axis.get_xlabel() == "steps back"
    styles = {label: (line.get_color(), line.get_linestyle()) for label, line in drawn.items()}
    color = styles["h, after training"][0]
    assert styles["h, before training"] == (color, "--")
    assert styles["h, after training"] == (color, "-")
    assert styles["c, before training"][0] != color


def test_gradient_flow_figure_draws_the_share_that_is_forgotten_by_its_median_and_deciles():
    gate = np.stack([np.linspace(0.0, 1.0, 11), np.linspace(0.5, 1.0, 11)])  # T = 2 steps, H = 11 units
    gates = {"before training": gate, "after training": 0.5 * gate}
    _, axis = gradient_flow_figure(NORMS, gates).axes
    drawn = lines(axis)
    for name, forgotten in (("before training", [0.5, 0.25]), ("after training", [0.75, 0.625])):
        line = drawn[f"{name}, median unit"]
        np.testing.assert_array_equal(line.get_xdata(), [1, 2])
        np.testing.assert_allclose(line.get_ydata(), forgotten)
    first, second = (collection.get_paths()[0].vertices for collection in axis.collections)
    assert (first[first[:, 0] == 1, 1].min(), first[first[:, 0] == 1, 1].max()) == (0.09999999999999998, 0.9)
    np.testing.assert_allclose([second[second[:, 0] == 2, 1].min(), second[second[:, 0] == 2, 1].max()], [0.525, 0.725])
    assert axis.get_yscale() == "log"


def test_plot_gradient_flow_is_saved_as_a_picture(tmp_path):
    plot_gradient_flow(tmp_path / "flow.png", NORMS, {})
    assert (tmp_path / "flow.png").read_bytes().startswith(b"\x89PNG")
