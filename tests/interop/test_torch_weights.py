"""State dicts from and to PyTorch, without PyTorch: names, shapes, messages, files."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from torch_oracle import draw_problem, golden_settings, make_layer, weight_shapes

from seqjax.interop.torch import from_state_dict, to_state_dict
from seqjax.layers import GRU, LSTM, RNN, MinGRU

SETTINGS = golden_settings()
BOTH = {"num_layers": 2, "bidirectional": True}


@pytest.mark.parametrize("number", range(len(SETTINGS)))
def test_state_dict_round_trip(number):
    layer = make_layer(SETTINGS[number], "float32")
    weights = draw_problem(SETTINGS[number], seed=0).weights
    assert from_state_dict(layer, weights) is layer
    written = to_state_dict(layer)
    assert {name: value.shape for name, value in written.items()} == weight_shapes(SETTINGS[number])
    assert all(value.flags.c_contiguous and value.flags.writeable for value in written.values())
    for name in weights:
        if name.startswith("weight"):
            np.testing.assert_allclose(written[name], weights[name], rtol=1e-6)
    again = from_state_dict(make_layer(SETTINGS[number], "float32"), written)
    jax.tree.map(np.testing.assert_array_equal, nnx.state(again), nnx.state(layer))


@pytest.mark.parametrize("dtype", [np.float32, jnp.bfloat16])
def test_safetensors_file_is_loaded(tmp_path, dtype):
    save_file = pytest.importorskip("safetensors.flax").save_file
    layer = LSTM(3, 4, **BOTH, proj_features=2, rngs=nnx.Rngs(0))
    weights = {f"rnn.{name}": jnp.asarray(value, dtype) for name, value in to_state_dict(layer).items()}
    save_file(weights | {"head.weight": jnp.ones(3)}, tmp_path / "model.safetensors")
    other = LSTM(3, 4, **BOTH, proj_features=2, rngs=nnx.Rngs(1))
    from_state_dict(other, tmp_path / "model.safetensors", prefix="rnn.")
    for name, value in to_state_dict(other).items():
        np.testing.assert_array_equal(value, np.asarray(weights[f"rnn.{name}"], np.float32))


def broken(change):
    weights = to_state_dict(LSTM(3, 4, **BOTH, rngs=nnx.Rngs(0)))
    change(weights)
    return weights


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("bias_hh_l1_reverse"), r"lacks 'bias_hh_l1_reverse', expected with shape \(16,\)"),
        (lambda w: w.update(weight_ih_l2=np.zeros((16, 8))), r"no place for 'weight_ih_l2'; expected \['bias_hh_l0'"),
        (
            lambda w: w.update(weight_ih_l0=np.zeros((16, 5))),
            r"'weight_ih_l0' must have shape \(16, 3\), not \(16, 5\)$",
        ),
        (
            lambda w: w.update(weight_hh_l0=np.zeros((12, 4))),
            r"'weight_hh_l0' must have shape \(16, 4\), not \(12, 4\) \(3 gates, as of torch.nn.GRU, where .* has 4\)",
        ),
    ],
)
def test_wrong_state_dict_is_refused_and_changes_nothing(change, message):
    layer = LSTM(3, 4, **BOTH, rngs=nnx.Rngs(1))
    before = to_state_dict(layer)
    with pytest.raises(ValueError, match=message):
        from_state_dict(layer, broken(change))
    jax.tree.map(np.testing.assert_array_equal, to_state_dict(layer), before)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda rngs: LSTM(3, 4, peepholes=True, rngs=rngs), r"no place for \['p_f', 'p_i', 'p_o'\]"),
        (lambda rngs: RNN(3, 4, learn_carry=True, rngs=rngs), r"no place for \['initial_h'\]"),
        (lambda rngs: LSTM(3, 4, coupled=True, rngs=rngs), "no LSTM with coupled gates"),
        (lambda rngs: GRU(3, 4, reset_after=False, rngs=rngs), "no GRU that resets before the product"),
        (lambda rngs: GRU(3, 4, reset_after=False, bias=False, rngs=rngs), "no GRU that resets before the product"),
        (lambda rngs: MinGRU(3, 4, rngs=rngs), "must be an RNN, LSTM or GRU, not MinGRU"),
    ],
)
def test_options_that_pytorch_lacks_are_refused(layer, message):
    with pytest.raises(ValueError, match=message):
        to_state_dict(layer(nnx.Rngs(0)))
    with pytest.raises(ValueError, match=message):
        from_state_dict(layer(nnx.Rngs(0)), {})
