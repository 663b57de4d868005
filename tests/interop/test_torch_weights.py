"""State dicts from and to PyTorch, without PyTorch: names, shapes, messages, files."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module
from torch_oracle import draw_problem, golden_settings, make_layer, weight_shapes

from seqjax.interop.torch import from_state_dict, to_state_dict
from seqjax.layers import GRU, LSTM, RNN, Dtypes, MinGRU, Noise, Recurrent
from seqjax.recurrence import LSTMCell, Plan

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
    layer = random_module(lambda: LSTM(3, 4, **BOTH, proj_features=2, rngs=nnx.Rngs(0)))
    weights = {f"rnn.{name}": jnp.asarray(value, dtype) for name, value in to_state_dict(layer).items()}
    save_file(weights | {"head.weight": jnp.ones(3)}, tmp_path / "model.safetensors")
    other = random_module(lambda: LSTM(3, 4, **BOTH, proj_features=2, rngs=nnx.Rngs(1)), seed=1)
    from_state_dict(other, tmp_path / "model.safetensors", prefix="rnn.")
    for name, value in to_state_dict(other).items():
        np.testing.assert_array_equal(value, np.asarray(weights[f"rnn.{name}"], np.float32))


def broken(change):
    weights = to_state_dict(random_module(lambda: LSTM(3, 4, **BOTH, rngs=nnx.Rngs(0))))
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
    layer = random_module(lambda: LSTM(3, 4, **BOTH, rngs=nnx.Rngs(1)), seed=1)
    before = to_state_dict(layer)
    with pytest.raises(ValueError, match=message):
        from_state_dict(layer, broken(change))
    jax.tree.map(np.testing.assert_array_equal, to_state_dict(layer), before)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda rngs: LSTM(3, 4, peepholes=True, rngs=rngs), "PyTorch has no place for peepholes=True of the layer"),
        (lambda rngs: LSTM(3, 4, norm=True, rngs=rngs), "no place for norm=True"),
        (lambda rngs: LSTM(3, 4, coupled=True, rngs=rngs), "no place for coupled=True"),
        (lambda rngs: RNN(3, 4, learn_carry=True, rngs=rngs), "no place for learn_carry=True"),
        (lambda rngs: RNN(3, 4, activation=jax.nn.gelu, rngs=rngs), "no place for activation=gelu, only for tanh and"),
        (lambda rngs: RNN(3, 4, activation=lambda a: jnp.tanh(a), rngs=rngs), "no place for activation=<lambda>"),
        (lambda rngs: GRU(3, 4, reset_after=False, rngs=rngs), "no place for reset_after=False"),
        (lambda rngs: GRU(3, 4, reset_after=False, bias=False, rngs=rngs), "no place for reset_after=False"),
        (lambda rngs: LSTM(3, 4, reverse=True, rngs=rngs), "no place for reverse=True"),
        (lambda rngs: LSTM(3, 4, num_layers=2, residual=True, rngs=rngs), "no place for residual=True"),
        (lambda rngs: LSTM(3, 4, out_features=4, rngs=rngs), "no place for out_features"),
        (lambda rngs: GRU(3, 4, bidirectional=True, merge="sum", rngs=rngs), "no place for merge='sum'"),
        (lambda rngs: LSTM(3, 4, noise=Noise(zoneout=0.5), rngs=rngs), r"no place for noise=Noise\(.*zoneout=0.5"),
        (lambda rngs: LSTM(3, 4, noise=Noise(zoneout=(0.1, 0.0)), rngs=rngs), "no place for noise="),
        (lambda rngs: LSTM(3, 4, noise=Noise(weight_dropout=0.1), rngs=rngs), "no place for noise="),
        (lambda rngs: LSTM(3, 4, noise=Noise(input_dropout=0.1), rngs=rngs), "no place for noise="),
        (lambda rngs: GRU(3, 4, noise=Noise(recurrent_dropout=0.1), rngs=rngs), "no place for noise="),
        (lambda rngs: LSTM(3, 4, dtypes=Dtypes(compute=jnp.bfloat16), rngs=rngs), "no place for dtypes="),
        (lambda rngs: LSTM(3, 4, dtypes=Dtypes(carry=jnp.bfloat16), rngs=rngs), "no place for dtypes="),
        (lambda rngs: LSTM(3, 4, dtypes=Dtypes(output=jnp.float16), rngs=rngs), "no place for dtypes="),
        (lambda rngs: MinGRU(3, 4, rngs=rngs), "must be an RNN, LSTM or GRU, not MinGRU"),
        (lambda rngs: Recurrent(Doubled(), 3, 4, rngs=rngs), "must be an RNN, LSTM or GRU, not Recurrent"),
        (lambda rngs: with_new_option(LSTM(3, 4, rngs=rngs)), "no place for shortcut=False"),
    ],
)
def test_options_that_pytorch_lacks_are_refused(layer, message):
    with pytest.raises(ValueError, match=message):
        to_state_dict(layer(nnx.Rngs(0)))
    with pytest.raises(ValueError, match=message):
        from_state_dict(layer(nnx.Rngs(0)), {})


class Doubled(LSTMCell):
    """A cell of a user's own, which is an LSTM by its parameters alone."""


def with_new_option(layer):
    """A layer with an option that may be added one day; it is refused until the table names it."""
    layer.shortcut = False
    return layer


@pytest.mark.parametrize(
    "options",
    [
        {"num_layers": 2, "dropout": 0.5},
        {"residual": True},  # one layer has nothing to add
        {"merge": "sum"},  # one direction has nothing to merge
        {"plan": Plan(backend="autodiff")},
        {"forget_bias": 0.0},
        {"chrono": 30.0},
        {"dtypes": Dtypes(compute=jnp.float32, carry=jnp.float32, output=jnp.float32)},
        {"dtypes": Dtypes(param=jnp.bfloat16)},
        {"noise": Noise(zoneout=(0.0, 0.0))},
    ],
)
def test_options_without_effect_in_pytorch_are_converted(options):
    layer = random_module(lambda: LSTM(3, 4, **options, rngs=nnx.Rngs(0)))
    written = to_state_dict(layer)
    assert {value.dtype for value in written.values()} == {np.dtype("float32")}
    other = random_module(lambda: LSTM(3, 4, **options, rngs=nnx.Rngs(1)), seed=1)
    jax.tree.map(np.testing.assert_array_equal, nnx.state(from_state_dict(other, written)), nnx.state(layer))


WEIGHTS = to_state_dict(random_module(lambda: LSTM(3, 4, rngs=nnx.Rngs(0))))


class Tensor:
    """Stands for a PyTorch tensor that requires a gradient, and perhaps holds a type that NumPy lacks."""

    def __init__(self, value, dtype="torch.float32", *, detached=False):
        self.value, self.dtype, self.detached = value, dtype, detached

    def detach(self):
        return Tensor(self.value, self.dtype, detached=True)

    def cpu(self):
        return self

    def float(self):
        return Tensor(self.value, detached=self.detached)

    def __array__(self, dtype=None, copy=None):
        if not self.detached:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.value


@pytest.mark.parametrize(
    "convert",
    [
        Tensor,
        lambda value: Tensor(value, "torch.bfloat16"),
        lambda value: value.astype(np.float64),
        lambda value: jnp.asarray(value, jnp.bfloat16),
        lambda value: value.astype(np.float16),
        lambda value: value.tolist(),
    ],
)
def test_weights_of_every_floating_type_are_loaded(convert):
    layer = random_module(lambda: LSTM(3, 4, rngs=nnx.Rngs(1)), seed=1)
    from_state_dict(layer, {name: convert(value) for name, value in WEIGHTS.items()})
    for name, value in to_state_dict(layer).items():
        np.testing.assert_allclose(value, WEIGHTS[name], rtol=2**-8, atol=1e-6)


def test_biases_of_half_precision_are_added_in_float32():
    small, large = np.float16(2**-12), np.float16(1)
    biases = {"bias_ih_l0": np.full(16, large), "bias_hh_l0": np.full(16, small)}
    layer = from_state_dict(random_module(lambda: LSTM(3, 4, rngs=nnx.Rngs(0))), WEIGHTS | biases)
    np.testing.assert_array_equal(layer.forward[0].b[...], np.float32(1) + np.float32(2**-12))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((16, 3), np.int8), "'weight_ih_l0' must hold floating-point numbers, not int8"),
        (np.zeros((16, 3), complex), "'weight_ih_l0' must hold floating-point numbers, not complex128"),
        (np.full((16, 3), 1e300), "w_x of the cell _l0 has 1e.300, too large for float32"),
        ("text", "'weight_ih_l0' must hold floating-point numbers"),
        ([[1.0], [1.0, 2.0]], "'weight_ih_l0' cannot be read as an array"),
    ],
)
def test_weights_that_are_no_floats_are_refused(value, message):
    layer = random_module(lambda: LSTM(3, 4, rngs=nnx.Rngs(1)), seed=1)
    before = to_state_dict(layer)
    with pytest.raises(ValueError, match=message):
        from_state_dict(layer, WEIGHTS | {"weight_ih_l0": value})
    jax.tree.map(np.testing.assert_array_equal, to_state_dict(layer), before)


def prefixed(*prefixes):
    return {prefix + name: value for prefix in prefixes for name, value in WEIGHTS.items()}


@pytest.mark.parametrize(
    ("source", "prefix", "message"),
    [
        (prefixed("module."), "", r"lacks 'bias_hh_l0'.*; pass prefix='module.', under which it is there"),
        (prefixed("_orig_mod."), "", "pass prefix='_orig_mod.'"),
        (prefixed("lstm."), "lstm", "pass prefix='lstm.'"),
        (prefixed("decoder.", "encoder."), "", "pass prefix='decoder.' or 'encoder.'"),
        (prefixed("encoder."), "decoder.", "lacks 'decoder.bias_hh_l0'.*; pass prefix='encoder.'"),
        ({"epoch": 3, "state_dict": WEIGHTS}, "", "lacks 'bias_hh_l0'.*; there are 'epoch', 'state_dict'$"),
        ({}, "", "it is empty"),
    ],
)
def test_prefix_under_which_the_weights_are_is_named(source, prefix, message):
    with pytest.raises(ValueError, match=message):
        from_state_dict(random_module(lambda: LSTM(3, 4, rngs=nnx.Rngs(1)), seed=1), source, prefix=prefix)


def test_file_that_is_no_safetensors_file_is_named(tmp_path):
    pytest.importorskip("safetensors")
    layer = random_module(lambda: LSTM(3, 4, rngs=nnx.Rngs(1)), seed=1)
    (tmp_path / "model.pt").write_bytes(b"PK\x03\x04" + bytes(100))
    (tmp_path / "empty").write_bytes(b"")
    for name in ("model.pt", "empty"):
        with pytest.raises(ValueError, match=f"{name} is no safetensors file .* torch.load"):
            from_state_dict(layer, str(tmp_path / name))
    with pytest.raises(ValueError, match="is a folder"):
        from_state_dict(layer, tmp_path)
    with pytest.raises(FileNotFoundError):
        from_state_dict(layer, "absent.safetensors")


def test_file_in_the_home_folder_is_loaded(tmp_path, monkeypatch):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file(WEIGHTS, tmp_path / "model.safetensors")
    monkeypatch.setenv("HOME", str(tmp_path))
    layer = from_state_dict(random_module(lambda: LSTM(3, 4, rngs=nnx.Rngs(1)), seed=1), "~/model.safetensors")
    jax.tree.map(np.testing.assert_array_equal, to_state_dict(layer), WEIGHTS)


class Module:
    """Stands for a PyTorch module."""

    def __init__(self, nonlinearity):
        self.nonlinearity = nonlinearity

    def state_dict(self):
        return to_state_dict(random_module(lambda: RNN(3, 4, rngs=nnx.Rngs(0))))


def test_module_is_loaded_unless_its_activation_is_another():
    layer = from_state_dict(random_module(lambda: RNN(3, 4, rngs=nnx.Rngs(1)), seed=1), Module("tanh"))
    jax.tree.map(np.testing.assert_array_equal, to_state_dict(layer), Module("tanh").state_dict())
    with pytest.raises(ValueError, match="must have the activation of the module, relu, not tanh"):
        from_state_dict(layer, Module("relu"))


@pytest.mark.parametrize("source", [None, [1], b"model.safetensors"])
def test_source_of_another_type_is_refused(source):
    with pytest.raises(TypeError, match="source must be a state dict, a PyTorch module or the path"):
        from_state_dict(random_module(lambda: LSTM(3, 4, rngs=nnx.Rngs(0))), source)


def test_layer_of_another_library_is_refused(unchecked):
    with pytest.raises(TypeError, match="layer must be a recurrent layer of seqjax, not LSTMCell"):
        to_state_dict(nnx.LSTMCell(3, 4, rngs=nnx.Rngs(0)))
