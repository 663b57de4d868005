"""Plots of music, by what is on their axes."""

import numpy as np
import pytest

from seqjax.plots.music import piano_rolls_figure, plot_piano_rolls


@pytest.fixture
def rolls() -> dict[str, np.ndarray]:
    real, composed = np.zeros((8, 88), np.uint8), np.zeros((6, 88), np.uint8)
    real[2:4, 39] = 1  # C4
    composed[5, 60] = 1
    return {"real": real, "composed": composed}


def test_piano_rolls_figure_draws_time_to_the_right_and_pitch_upwards(rolls):
    figure = piano_rolls_figure(rolls, frames_per_quarter=2, prompt_frames=3)
    assert [axis.get_title() for axis in figure.axes] == ["real", "composed"]
    for axis, roll in zip(figure.axes, rolls.values(), strict=True):
        (image,) = axis.images
        np.testing.assert_array_equal(image.get_array(), roll.T)
        assert image.origin == "lower"
        assert tuple(image.get_extent()) == (0, len(roll) / 2, -0.5, 87.5)
        assert axis.get_xlabel() == "quarter notes"
        assert axis.get_ylim() == (39 - 3.5, 60 + 3.5)


def test_piano_rolls_figure_marks_the_end_of_the_prompt(rolls):
    for axis in piano_rolls_figure(rolls, frames_per_quarter=2, prompt_frames=3).axes:
        (line,) = axis.lines
        assert list(line.get_xdata()) == [1.5, 1.5]


def test_piano_rolls_figure_labels_octaves_at_their_c(rolls):
    axis = piano_rolls_figure(rolls, frames_per_quarter=2, prompt_frames=3).axes[0]
    labels = [label.get_text() for label in axis.get_yticklabels()]
    assert dict(zip(axis.get_yticks().tolist(), labels, strict=True)) == {39: "C4", 51: "C5", 63: "C6"}


def test_piano_rolls_figure_of_silence_has_all_keys():
    (axis,) = piano_rolls_figure({"silent": np.zeros((4, 88), np.uint8)}, 1, 1).axes
    assert axis.get_ylim() == (-0.5, 87.5)


def test_plot_piano_rolls_saves_a_picture(rolls, tmp_path):
    plot_piano_rolls(tmp_path / "a.png", rolls, 2, 3)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
