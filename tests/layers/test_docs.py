"""docs/layers.md: its programs run, and its tables have every argument."""

import dataclasses
import inspect
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.interop.torch import to_state_dict
from seqjax.layers import GRU, LSTM, RNN, Dtypes, LinearRNN, MinGRU, MinLSTM, Noise, Recurrent
from seqjax.recurrence import Plan

TEXT = (Path(__file__).parents[2] / "docs" / "layers.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_first_program_mesh_and_custom_cell_run(capsys):
    names = {}
    exec(PROGRAMS[0], names)
    assert names["y"].shape == (8, 100, 128)
    assert "total" in capsys.readouterr().out
    expected = jax.jit(lambda x: names["layer"](x)[0])(names["x"])
    exec(PROGRAMS[1], names)
    np.testing.assert_allclose(names["y"], expected, atol=1e-6)
    with jax.numpy_rank_promotion("allow"):  # the cell of a user
        exec(PROGRAMS[-1], names)
        y, _ = jax.jit(names["layer"].__call__)(np.ones((2, 3, 16), np.float32))
    assert y.shape == (2, 3, 128)


def test_program_about_weights_runs(tmp_path, monkeypatch):
    save_file = pytest.importorskip("safetensors.numpy").save_file
    layer = random_module(lambda: GRU(2, 3, rngs=nnx.Rngs(0)))
    layer.forward[0].b_h[...] = jax.device_put(np.zeros(3, np.float32))  # for Flax has no place for it
    weights = {f"encoder.rnn.{name}": value for name, value in to_state_dict(layer).items()}
    save_file(weights, tmp_path / "model.safetensors")
    monkeypatch.chdir(tmp_path)
    from seqjax.interop.flax import to_linen

    exec(PROGRAMS[2], {"layer": layer, "params": to_linen(layer)[0]})


def test_every_option_has_a_row_and_its_default():
    arguments = {}
    for kind in (RNN, LSTM, GRU, LinearRNN, MinGRU, MinLSTM, Recurrent):
        for name, parameter in inspect.signature(kind.__init__).parameters.items():
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                arguments[name] = parameter.default
    for group in (Noise, Dtypes):
        arguments |= {field.name: field.default for field in dataclasses.fields(group)}
    for name, default in arguments.items():
        assert f"`{name}" in TEXT, name
        if shown := re.search(rf"`{name}=([^`]+)`", TEXT):
            value = eval(shown[1], {"jnp": jnp, "Dtypes": Dtypes, "Noise": Noise, "Plan": Plan})
            assert value == default, name
