"""An exported layer, read by a new process that imports JAX alone, at several batches and times."""

import json
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from layer_zoo import ZOO, D, make
from random_modules import random_module

from seqjax.interop.export import to_bytes
from seqjax.layers import LSTM, RNN
from seqjax.recurrence import Plan

pytest.importorskip("flatbuffers")

READER = """
import json, sys
import jax, jax.export, numpy as np
folder, cases = sys.argv[1], json.loads(sys.argv[2])
assert not any(name.startswith(("seqjax", "flax")) for name in sys.modules)
for name in cases:
    with open(f"{folder}/{name}.bin", "rb") as file:
        run = jax.jit(jax.export.deserialize(bytearray(file.read())).call)
    for size in ("small", "large"):
        given = np.load(f"{folder}/{name}-{size}.npz")
        carry, k = [], 0
        while f"carry{k}_0" in given:
            fields = sum(name.startswith(f"carry{k}_") for name in given)
            carry.append(tuple(given[f"carry{k}_{j}"] for j in range(fields)))
            k += 1
        y, last = run(given["x"], given["mask"], given["reset"], tuple(carry))
        np.savez(f"{folder}/{name}-{size}-out.npz", y, *jax.tree.leaves(last))
"""


def problem(layer, batch, time):
    rng = np.random.default_rng(batch)
    carry = jax.tree.map(lambda leaf: leaf + 0.5, layer.initial_carry(batch))
    x = jnp.asarray(rng.normal(size=(batch, time, D)), jnp.float32)
    mask, reset = (jnp.asarray(rng.random((batch, time)) < p) for p in (0.8, 0.3))
    return x, mask, reset, carry


@pytest.mark.slow
def test_exported_layer_equals_the_layer_in_a_new_process(tmp_path):
    layers = {name: make(name) for name in ZOO}
    for name, layer in layers.items():
        (tmp_path / f"{name}.bin").write_bytes(to_bytes(layer))
        for size, shape in (("small", (1, 3)), ("large", (5, 8))):
            x, mask, reset, carry = problem(layer, *shape)
            leaves = {f"carry{k}_{j}": leaf for k, fields in enumerate(carry) for j, leaf in enumerate(fields)}
            np.savez(tmp_path / f"{name}-{size}.npz", x=x, mask=mask, reset=reset, **leaves)
    command = [sys.executable, "-c", READER, str(tmp_path), json.dumps(list(ZOO))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, layer in layers.items():
        x, mask, reset, carry = problem(layer, 5, 8)
        y, last = jax.jit(lambda x, c, layer=layer, m=mask, r=reset: layer(x, mask=m, reset=r, carry=c))(x, carry)
        with np.load(tmp_path / f"{name}-large-out.npz") as exported:
            for a, b in zip(exported.values(), [y, *jax.tree.leaves(last)], strict=True):
                np.testing.assert_allclose(a, b, atol=1e-6)
        with np.load(tmp_path / f"{name}-small-out.npz") as exported:
            assert exported["arr_0"].shape[:2] == (1, 3)


@pytest.mark.parametrize("backend", ["auto", "cudnn"])
def test_program_is_exported_for_platforms_that_this_machine_lacks(backend):
    layer = random_module(lambda: LSTM(D, 4, plan=Plan(backend=backend), rngs=nnx.Rngs(0)))
    program = jax.export.deserialize(bytearray(to_bytes(layer, platforms=("cuda", "cpu", "tpu"))))
    assert program.platforms == ("cuda", "cpu", "tpu")
    x, mask, reset, carry = problem(layer, 2, 3)
    y, _ = program.call(x, mask, reset, tuple(map(tuple, carry)))
    layer.plan = Plan()
    np.testing.assert_allclose(y, layer(x, mask=mask, reset=reset, carry=carry)[0], atol=1e-6)


def test_program_for_one_platform_is_named_by_it():
    assert jax.export.deserialize(
        bytearray(to_bytes(random_module(lambda: RNN(D, 4, rngs=nnx.Rngs(0))), platforms=["tpu"]))
    ).platforms == ("tpu",)


@pytest.mark.parametrize("platforms", [(), ("gpu",), ("cpu", "metal")])
def test_unknown_platform_is_refused(platforms):
    with pytest.raises(ValueError, match="platforms must be one or more of cpu, cuda, rocm, tpu, not"):
        to_bytes(random_module(lambda: LSTM(D, 4, rngs=nnx.Rngs(0))), platforms=platforms)
