"""Prints the error of each layer on eight virtual devices; test_sharding.py runs it in its own process.

The error is that of the loss and its gradient, with the batch or an ensemble of parameters spread over the devices,
against one device.
"""

import json
import os
import sys
from pathlib import Path

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8 --xla_backend_optimization_level=0"
sys.path.insert(0, str(Path(__file__).parents[1]))

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P
from layer_zoo import ZOO, D, make

from seqjax.recurrence import Plan

B, T = 16, 4
# Without padding h is taken from the outputs. By layer, its other changes.
UNPADDED = {"gru": {"zoneout": 0.0}, "lstm": {"plan": Plan(projection="fused")}, "rnn": {}}


def cases(name, padded=True, **changes):
    layer = make(name, **changes)
    graph, state = nnx.split(layer)
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(B, T, D)), jnp.float32)
    mask, reset = (jnp.asarray(rng.random((B, T)) < p) for p in (0.8, 0.3))

    def loss(state, x, mask, reset):
        flags = {"mask": mask, "reset": reset} if padded else {}
        y, carry = nnx.merge(graph, state)(x, **flags)
        return jnp.sum(jnp.sin(y)) + sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(carry))

    gradient = jax.value_and_grad(loss)
    expected = jax.jit(gradient)(state, x, mask, reset)

    def error(values):
        pairs = zip(jax.tree.leaves(values), jax.tree.leaves(expected), strict=True)
        return max(float(np.abs(np.asarray(a) - b).max() / max(1.0, np.abs(b).max())) for a, b in pairs)

    def shard_map():
        mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))
        specs = (P(), P("data"), P("data"), P("data"))

        def local(*arguments):
            # Parameters are replicated, so JAX sums their gradients over the devices.
            value, gradients = gradient(*arguments)
            return jax.lax.psum(value, "data"), gradients

        return jax.jit(jax.shard_map(local, mesh=mesh, in_specs=specs, out_specs=P()))(state, x, mask, reset)

    def explicit():
        mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Explicit,))
        with jax.set_mesh(mesh):
            rows = jax.device_put((x, mask, reset), NamedSharding(mesh, P("data")))
            everywhere = jax.device_put(state, NamedSharding(mesh, P()))
            return jax.jit(gradient)(everywhere, *rows)

    def ensemble():
        """Each device has its own parameters, all have the same data; the loss alone."""
        mesh = jax.make_mesh((8,), ("member",), axis_types=(AxisType.Auto,))
        members = jax.tree.map(lambda leaf: jnp.stack([leaf] * 8), state)

        def local(members, *rest):
            return loss(jax.tree.map(lambda leaf: leaf[0], members), *rest)[None]

        specs = (P("member"), P(), P(), P())
        run = jax.jit(jax.shard_map(local, mesh=mesh, in_specs=specs, out_specs=P("member")))
        return run(members, x, mask, reset)[3], expected[1]

    for run in (shard_map, explicit, ensemble):
        try:
            yield run.__name__, error(run())
        except Exception as failure:
            yield run.__name__, repr(failure)[:500]


if __name__ == "__main__":
    assert jax.device_count() == 8
    padded = {name: dict(cases(name)) for name in ZOO}
    unpadded = {f"{name}, unpadded": dict(cases(name, False, **changes)) for name, changes in UNPADDED.items()}
    print(json.dumps(padded | unpadded))
