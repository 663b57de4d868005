"""Random settings against PyTorch itself."""

import dataclasses

import jax
import numpy as np
import pytest
from torch_oracle import draw_problem, draw_setting, in_our_names, largest_error, our_numbers, torch_numbers

from tests.marks import slow_but

pytest.importorskip("torch")


SIGNATURES, PROBLEMS = 31, 10  # 310 settings; the problems of one signature share a compilation


def signatures():
    """One signature with the largest sizes, then random ones."""
    rng = np.random.default_rng(20)
    largest = dataclasses.replace(draw_setting(rng, largest=33), in_features=33, hidden_features=33, proj_features=0)
    return [largest] + [draw_setting(rng, largest=33) for _ in range(SIGNATURES - 1)]


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("number", slow_but(6, range(SIGNATURES)))
def test_layer_equals_pytorch_in_outputs_carries_and_gradients(number):
    setting = signatures()[number]
    for seed in range(PROBLEMS):
        problem = draw_problem(setting, seed=1000 * number + seed)
        for dtype, tolerance in (("float32", 1e-5), ("float64", 1e-10)):
            with jax.enable_x64(dtype == "float64"):
                expected = torch_numbers(setting, problem, dtype)
                expected = expected._replace(d_weights=in_our_names(setting, expected.d_weights))
                assert largest_error(our_numbers(setting, problem, dtype), expected) < tolerance, (setting, seed, dtype)
