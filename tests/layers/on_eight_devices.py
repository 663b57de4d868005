"""Prints what each layer does on eight virtual devices; test_sharding.py runs it in its own process.

The error is that of the loss and its gradient, with the batch or an ensemble of parameters spread over the devices,
against one device. The rest is counted in the compiled program. With the argument "quick" there are few cases.
"""

import contextlib
import itertools
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
from hlo import count
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P
from layer_zoo import ZOO, D, make

from seqjax.recurrence import Plan

B, T = 88, 5  # 88 and 440 are no other sizes in the programs
AXES = {"automatic": AxisType.Auto, "explicit": AxisType.Explicit}
SIX = ("rnn", "lstm", "gru", "linear", "mingru", "minlstm")
PLANS = {
    "autodiff": Plan(backend="autodiff"),
    "carry": Plan(residuals="carry"),
    "output": Plan(residuals="output"),
    "hoisted": Plan(projection="hoisted", prefetch=False),
    "prefetched": Plan(projection="hoisted", prefetch=True),
    "in_loop": Plan(projection="in_loop"),
    "fused": Plan(projection="fused"),
    "chunks": Plan(chunk=2),
    "autodiff in chunks": Plan(backend="autodiff", chunk=2),
}


class Case:
    """A layer's loss and its gradient on one device and on eight, with masks and resets or without."""

    def __init__(self, layer, padded=True, with_key=False):
        self.graph, self.state = nnx.split(layer)
        rng = np.random.default_rng(0)
        self.x = jnp.asarray(rng.normal(size=(B, T, D)), jnp.float32)
        self.flags = tuple(jnp.asarray(rng.random((B, T)) < p) for p in (0.8, 0.3)) if padded else ()
        self.key = jax.random.key(3) if with_key else None
        self.gradient = jax.value_and_grad(self.loss, argnums=(0, 1))
        self.expected = jax.jit(self.gradient)(self.state, self.x, *self.flags)

    def loss(self, state, x, *flags):
        names = dict(zip(("mask", "reset"), flags, strict=False))
        y, carry = nnx.merge(self.graph, state)(x, **names, key=self.key)
        return jnp.sum(jnp.sin(y)) + sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(carry))

    def error(self, values, expected=None):
        expected = self.expected if expected is None else expected
        pairs = zip(jax.tree.leaves(values), jax.tree.leaves(expected), strict=True)
        return max(float(np.abs(np.asarray(a) - b).max() / max(1.0, np.abs(b).max())) for a, b in pairs)

    def on_mesh(self, axes, set_mesh=False, sharded_by="device_put"):
        """The batch spread over the devices, and the parameters on each; counts in the program too."""
        mesh = jax.make_mesh((8,), ("data",), axis_types=(AXES[axes],))
        rows, everywhere = NamedSharding(mesh, P("data")), NamedSharding(mesh, P())
        options = {}
        operands = (self.state, self.x, *self.flags)
        if sharded_by == "device_put":
            operands = (jax.device_put(self.state, everywhere), *jax.device_put(operands[1:], rows))
        else:
            options["in_shardings"] = (everywhere, *[rows] * (len(operands) - 1))
        with jax.set_mesh(mesh) if set_mesh else contextlib.nullcontext():
            program = jax.jit(self.gradient, **options).lower(*operands).compile()
            return {"error": self.error(program(*operands))} | self.counted(program)

    def counted(self, program):
        found = count(program.as_text())
        parameters = sum(leaf.nbytes for leaf in jax.tree.leaves(self.state))
        full = sorted({shape for shape in found.shapes if {B, B * T} & set(shape)})
        return {
            "in loops": [kind for kind, _, in_loop in found.collectives if in_loop],
            "kinds": sorted({kind for kind, *_ in found.collectives}),
            "bytes beyond the parameters": sum(size for _, size, _ in found.collectives) - parameters,
            "whole batch": full,
        }

    def shard_map(self):
        mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))
        rows = [P("data")] * (1 + len(self.flags))

        def local(state, *rest):
            # Parameters are replicated, so JAX sums their gradients over the devices.
            value, (gradients, x_gradient) = self.gradient(state, *rest)
            return jax.lax.psum(value, "data"), (gradients, x_gradient)

        run = jax.shard_map(local, mesh=mesh, in_specs=(P(), *rows), out_specs=(P(), (P(), P("data"))))
        return {"error": self.error(jax.jit(run)(self.state, self.x, *self.flags))}

    def ensemble(self):
        """Each device has its own parameters, all have the same data; the loss alone."""
        mesh = jax.make_mesh((8,), ("member",), axis_types=(AxisType.Auto,))
        members = jax.tree.map(lambda leaf: jnp.stack([leaf] * 8), self.state)

        def local(members, *rest):
            return self.loss(jax.tree.map(lambda leaf: leaf[0], members), *rest)[None]

        specs = (P("member"), *[P()] * (1 + len(self.flags)))
        run = jax.jit(jax.shard_map(local, mesh=mesh, in_specs=specs, out_specs=P("member")))
        return {"error": self.error(run(members, self.x, *self.flags)[3], self.expected[0])}

    def hidden_axis(self, axes):
        """The batch and the hidden axis spread over the devices."""
        mesh = jax.make_mesh((4, 2), ("data", "model"), axis_types=(AxisType.Explicit, AXES[axes]))
        x, *flags = jax.device_put((self.x, *self.flags), NamedSharding(mesh, P("data")))
        last = [NamedSharding(mesh, P(*[None] * (leaf.ndim - 1), "model")) for leaf in jax.tree.leaves(self.state)]
        state = jax.device_put(self.state, jax.tree.unflatten(jax.tree.structure(self.state), last))
        return {"error": self.error(jax.jit(self.gradient)(state, x, *flags))}


def quick():
    """The six layers, and a scan that JAX differentiates, on both kinds of axes."""
    cases = {name: Case(make(name, zoneout=0.0)) for name in SIX} | {"autodiff": Case(make("lstm-coupled"))}
    for name, axes in itertools.product(cases, AXES):
        yield f"{name}, {axes}", lambda name=name, axes=axes: cases[name].on_mesh(axes)


def everything():
    """Every option, plan and way to spread the batch."""
    for name in ZOO:
        case = Case(make(name))
        yield f"{name}, shard_map", case.shard_map
        yield f"{name}, ensemble", case.ensemble
        for axes, set_mesh in itertools.product(AXES, (False, True)):
            title = f"{name}, {axes}, {'with' if set_mesh else 'without'} set_mesh"
            yield title, lambda case=case, axes=axes, set_mesh=set_mesh: case.on_mesh(axes, set_mesh)
        for axes in AXES:
            noisy = f"{name}, {axes}, noise"
            yield noisy, lambda name=name, axes=axes: Case(make(name), with_key=True).on_mesh(axes)
        in_jit = f"{name}, in_shardings and set_mesh"
        yield in_jit, lambda case=case: case.on_mesh("automatic", set_mesh=True, sharded_by="in_shardings")
    for (plan, options), name, axes in itertools.product(PLANS.items(), ("rnn", "lstm", "gru"), AXES):
        if plan == "fused" and name == "gru":
            continue
        layer = make(name, plan=options, zoneout=0.0)
        # Without padding h is taken from the outputs.
        title = f"{name}, {plan}, {axes}"
        yield title, lambda layer=layer, axes=axes: Case(layer, padded=False).on_mesh(axes)
    for name in ZOO:
        yield f"{name}, hidden axis automatic", lambda name=name: Case(make(name, hidden=8)).hidden_axis("automatic")
        yield f"{name}, hidden axis explicit", lambda name=name: Case(make(name, hidden=8)).hidden_axis("explicit")


def outcome(run):
    try:
        return run()
    except Exception as failure:
        return {"failure": f"{type(failure).__name__}: {failure}"[:500]}


if __name__ == "__main__":
    assert jax.device_count() == 8
    cases = quick() if sys.argv[1:] == ["quick"] else everything()
    print(json.dumps({title: outcome(run) for title, run in cases}))
