"""Random settings against PyTorch itself."""

import dataclasses

import jax
import numpy as np
import pytest
from flax import nnx
from torch_oracle import draw_problem, draw_setting, in_our_names, largest_error, our_numbers, torch_numbers

from seqjax.interop.torch import from_state_dict, to_state_dict
from seqjax.layers import GRU, LSTM, RNN, Dtypes
from tests.marks import slow_but

torch = pytest.importorskip("torch")


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


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "float64"])
def test_module_of_every_floating_type_is_loaded_with_its_gradients_on(dtype):
    module = torch.nn.GRU(3, 4, num_layers=2, bidirectional=True, dtype=getattr(torch, dtype))
    for source in (module, module.state_dict(), dict(module.named_parameters())):
        layer = GRU(3, 4, num_layers=2, bidirectional=True, rngs=nnx.Rngs(0))
        written = to_state_dict(from_state_dict(layer, source))
        for name, value in module.state_dict().items():
            if name.startswith("weight"):
                np.testing.assert_array_equal(written[name], value.float().numpy())


def test_written_weights_of_a_bfloat16_layer_are_loaded_by_pytorch():
    layer = LSTM(3, 4, dtypes=Dtypes(param="bfloat16"), rngs=nnx.Rngs(0))
    written = {name: torch.from_numpy(value) for name, value in to_state_dict(layer).items()}
    module = torch.nn.LSTM(3, 4)
    module.load_state_dict(written)
    np.testing.assert_array_equal(module.weight_ih_l0.detach().numpy(), np.float32(layer.forward[0].w_x[...]).T)


def test_relu_module_is_refused_by_a_tanh_layer():
    with pytest.raises(ValueError, match="must have the activation of the module, relu, not tanh"):
        from_state_dict(RNN(3, 4, rngs=nnx.Rngs(0)), torch.nn.RNN(3, 4, nonlinearity="relu"))
