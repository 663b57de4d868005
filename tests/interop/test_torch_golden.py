"""Thirty settings against numbers of PyTorch in float64, written by tests/golden/make.py."""

from pathlib import Path

import jax
import numpy as np
import pytest
from torch_oracle import Numbers, draw_problem, golden_settings, in_our_names, largest_error, our_numbers

from tests.marks import slow_but

SETTINGS = golden_settings()
GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "torch.npz")


def golden(number):
    def group(name):
        prefix = f"{number}/{name}/"
        return {key.removeprefix(prefix): GOLDEN[key] for key in GOLDEN.files if key.startswith(prefix)}

    d_weights = in_our_names(SETTINGS[number], group("d_weights"))
    return Numbers(GOLDEN[f"{number}/y"], group("carry"), GOLDEN[f"{number}/d_x"], group("d_carry"), d_weights)


def test_golden_file_has_thirty_settings():
    assert len(SETTINGS) == len({key.split("/")[0] for key in GOLDEN.files if "/" in key}) == 30


@pytest.mark.parametrize("number", slow_but(10, sorted(range(len(SETTINGS)), key=lambda number: number % 3)))
def test_layer_equals_golden_numbers_in_float64(number):
    with jax.enable_x64(True):
        ours = our_numbers(SETTINGS[number], draw_problem(SETTINGS[number], seed=number), "float64")
    assert largest_error(ours, golden(number)) < 1e-10


# Two layers, both directions: every cell once.
@pytest.mark.parametrize("number", range(4, len(SETTINGS), 6))
def test_layer_equals_golden_numbers_in_float32(number):
    ours = our_numbers(SETTINGS[number], draw_problem(SETTINGS[number], seed=number), "float32")
    assert largest_error(ours, golden(number)) < 1e-5
